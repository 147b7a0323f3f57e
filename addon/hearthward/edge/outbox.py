"""What a device said and the lifelog does not hold yet."""

import asyncio
from collections.abc import Iterable, Sequence
import logging

from msgspec.structs import replace

from hearthward.home.errors import HomeError
from hearthward.lifelog import LifelogError
from hearthward.model.message import State, StateBody, UpMessage

from .gateway import Gateway

_LOGGER = logging.getLogger(__name__)

# With the lifelog away, only the newest state of each point is kept beyond this many messages.
_BACKLOG = 1_000


class Outbox:
    """Hands messages to the gateway, in order; an alarm waits only for alarms.

    While the lifelog is away, or takes nothing but alarms, the others wait here.
    """

    def __init__(self, gateway: Gateway, retry: float = 1.0) -> None:
        """Try again every `retry` seconds while nothing can be stored."""
        self._gateway = gateway
        self._urgent = _Queue(gateway, retry)
        self._other = _Queue(gateway, retry)

    def put(self, message: UpMessage) -> None:
        """Add a message; never blocks."""
        urgent = self._gateway.is_urgent(message)
        (self._urgent if urgent else self._other).put(message)

    async def flush(self) -> None:
        """Wait until everything that was put is durable, or nobody stores it any more."""
        await self._urgent.flush()
        await self._other.flush()

    async def run(self) -> None:
        """Store what arrives until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._urgent.run())
            group.create_task(self._other.run())


class _Queue:
    """Messages on their way.

    What arrives while a batch is stored becomes the next one, so a lone message waits for
    nobody and a crowd shares a commit.
    """

    def __init__(self, gateway: Gateway, retry: float = 1.0) -> None:
        """Try again every `retry` seconds while nothing can be stored."""
        self._gateway = gateway
        self._retry = retry
        self._waiting: list[UpMessage] = []
        self._arrived = asyncio.Event()
        self._stored = asyncio.Event()
        self._in_hand = False
        self._running = True

    def put(self, message: UpMessage) -> None:
        """Add a message; never blocks."""
        self._waiting.append(message)
        self._arrived.set()

    async def flush(self) -> None:
        """Wait until everything that was put is durable, or nobody stores it any more."""
        while self._running and (self._waiting or self._in_hand):
            await self._stored.wait()

    async def run(self) -> None:
        """Store what arrives until cancelled."""
        self._running = True
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                batch, self._waiting = self._waiting, []
                self._in_hand = True
                await self._store(list(_merged(batch)))
                self._in_hand = False
                self._stored.set()
                self._stored = asyncio.Event()
        finally:
            self._running = False
            self._stored.set()

    async def _store(self, messages: Sequence[UpMessage]) -> None:
        """Give messages to the gateway until it has taken them."""
        warned = False
        while True:
            try:
                await self._gateway.receive(messages)
            except LifelogError as error:
                if not warned:
                    _LOGGER.error("States and events wait: %s", error)
                warned = True
                await asyncio.sleep(self._retry)
                self._thin()
            except HomeError as error:
                # The device was deleted or revoked while it spoke.
                _LOGGER.debug("Dropped: %s", error)
                return
            else:
                return

    def _thin(self) -> None:
        """Keep what still matters when too much waits: the newest states, all else."""
        if len(self._waiting) <= _BACKLOG:
            return
        newest: dict[object, UpMessage] = {}
        for message in self._waiting:
            key: object = id(message)
            if isinstance(message, State):
                points = (seen.point for seen in message.body.observations)
                key = (message.device, *points)
            newest.pop(key, None)
            newest[key] = message
        self._waiting = list(newest.values())


def _merged(messages: Iterable[UpMessage]) -> Iterable[UpMessage]:
    """Join states that follow each other, as the gateway handles them together."""
    run: list[State] = []
    for message in messages:
        joins = isinstance(message, State) and message.id is None
        if run and not (joins and message.device == run[0].device):
            yield _joined(run)
            run = []
        if isinstance(message, State) and joins:
            run.append(message)
        else:
            yield message
    if run:
        yield _joined(run)


def _joined(run: Sequence[State]) -> State:
    """Return states as one; what was seen later than the first keeps its own time."""
    first = run[0]
    observations = tuple(
        seen if state.ts == first.ts else replace(seen, ts=state.ts)
        for state in run
        for seen in state.body.observations
    )
    return State(
        device=first.device, ts=first.ts, body=StateBody(observations=observations)
    )
