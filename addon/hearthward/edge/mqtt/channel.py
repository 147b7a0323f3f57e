"""One session with the broker: kept connected, emptied at once, acknowledged when it is safe."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
import logging
import random
import time

from hearthward.edge.parcel import BusyError
from hearthward.lifelog import LifelogError

from .link import Address, Link, LinkError, Received, Session
from .topics import ROOT

_LOGGER = logging.getLogger(__name__)

# Messages that are stored together.
_BATCH = 1_000

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_RETRY = 1.0

# How soon what is held is tried again when more comes from the same source.
_SOON = 0.5

type Store = Callable[[Sequence[Received]], Awaitable[None]]


@dataclass(slots=True)
class _Held:
    """What has to wait of a source, and until when, by the monotonic clock."""

    due: float
    messages: list[Received]


class Channel:
    """A session, on one connection after the other.

    What arrives is taken off the wire first and looked at later, so that the broker's queue stays
    short; at most the session's receive maximum waits here. `store` makes messages durable; only then
    the broker hears of it. What cannot be stored now is held, and tried again later: it keeps nobody
    waiting who comes after it.
    """

    def __init__(
        self,
        session: Session,
        filters: Iterable[str],
        store: Store,
        opened: Callable[[Link], Awaitable[None]] | None = None,
    ) -> None:
        """Subscribe to `filters`; tell `opened` of every new connection."""
        self.link: Link | None = None
        self._session = session
        self._filters = tuple(filters)
        self._store = store
        self._opened = opened
        self._waiting: deque[Received] = deque()
        self._held: dict[str, _Held] = {}
        self._full = False
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many messages wait to be stored."""
        return len(self._waiting) + sum(
            len(held.messages) for held in self._held.values()
        )

    async def run(self, address: Address) -> None:
        """Keep connected and store what arrives until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work())
            await self._keep(address)

    async def _keep(self, address: Address) -> None:
        wait = _FIRST_WAIT
        while True:
            link = Link(address, self._session, self._take)
            try:
                await link.open()
                await link.subscribe(self._filters)
                if self._opened is not None:
                    await self._opened(link)
                self.link = link
                wait = _FIRST_WAIT
                _LOGGER.info("Connected to the MQTT broker as %s", link.name)
                reason = await link.run()
                _LOGGER.warning("The MQTT broker is gone: %s", reason)
            except LinkError as error:
                _LOGGER.warning("No MQTT: %s; next try in %.0f s", error, wait)
            finally:
                self.link = None
                await link.leave()
            # Not all hubs and devices at once, when a broker comes back.
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(2 * wait, _LONGEST_WAIT)

    def _take(self, message: Received) -> None:
        """Take a message; the broker itself minds how many of QoS 1 are not acknowledged."""
        if message.qos == 0 and self.waiting >= self._session.receive_maximum:
            if not self._full:
                _LOGGER.error(
                    "Too much waits: messages of QoS 0 are lost. Publish with QoS 1"
                )
            self._full = True
            return
        self._full = False
        self._waiting.append(message)
        self._arrived.set()

    async def _work(self) -> None:
        while True:
            await self._pause()
            if fresh := self._fresh():
                await self._handle(fresh)
            if due := self._due():
                await self._handle(due)

    async def _pause(self) -> None:
        """Wait until something arrives, or has waited long enough."""
        due = min((held.due for held in self._held.values()), default=None)
        pause = None if due is None else max(0.0, due - time.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._arrived.wait()

    def _fresh(self) -> list[Received]:
        """Return what arrived; what comes after something held is held behind it."""
        fresh = []
        soon = time.monotonic() + _SOON
        for _ in range(min(len(self._waiting), _BATCH)):
            message = self._waiting.popleft()
            held = self._held.get(_source(message)) if self._held else None
            if held is None:
                fresh.append(message)
            else:
                # It may be an alarm, which opens the way for all of them.
                held.messages.append(message)
                held.due = min(held.due, soon)
        if not self._waiting:
            self._arrived.clear()
        return fresh

    def _due(self) -> list[Received]:
        """Return what was held for long enough."""
        now = time.monotonic()
        sources = [source for source, held in self._held.items() if held.due <= now]
        return [
            message for source in sources for message in self._held.pop(source).messages
        ]

    def _hold(self, batch: Sequence[Received], wait: float) -> None:
        """Try messages again after so many seconds, those of a source in their order."""
        due = time.monotonic() + wait
        for messages in _by_source(batch):
            held = self._held.setdefault(_source(messages[0]), _Held(due, []))
            held.messages += messages
            held.due = max(held.due, due)

    async def _handle(self, batch: Sequence[Received]) -> None:
        """Store and acknowledge, or hold what has to wait."""
        try:
            await self._store(batch)
        except BusyError as error:
            sources = _by_source(batch)
            if len(sources) == 1:
                self._hold(batch, error.retry_after)
            else:
                await self._divide(sources)
        except LifelogError as error:
            _LOGGER.error("MQTT messages wait at the broker: %s", error)
            self._hold(batch, _RETRY)
        except Exception:
            if len(batch) == 1:
                # Not acknowledged: the broker gives it again at the next connection.
                _LOGGER.exception("A message on %s is left alone", batch[0].topic)
                return
            _LOGGER.exception("%d MQTT messages could not be handled", len(batch))
            # Some of them may be well.
            half = len(batch) // 2
            await self._divide([batch[:half], batch[half:]])
        else:
            _acknowledge(batch)

    async def _divide(self, parts: Sequence[Sequence[Received]]) -> None:
        """Store in parts, so that one that tells too much keeps nobody else waiting."""
        await asyncio.gather(*(self._handle(part) for part in parts))


def _by_source(batch: Sequence[Received]) -> list[list[Received]]:
    """Return messages by who sent them, as far as topics tell."""
    sources: dict[str, list[Received]] = {}
    for message in batch:
        sources.setdefault(_source(message), []).append(message)
    return list(sources.values())


def _source(message: Received) -> str:
    """Return what of a topic names who sent it; of what a profile reads, all of it."""
    topic = message.topic
    return topic.rpartition("/")[0] if topic.startswith(f"{ROOT}/") else topic


def _acknowledge(batch: Sequence[Received]) -> None:
    for link, messages in groupby(batch, lambda message: message.link):
        link.acknowledge(message.mid for message in messages if message.qos)
