"""What transports work with: messages to send, and where to hand what comes back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
import logging

from hearthward.model.message import AckBody, CommandMessage

from .buffer import Buffer, Outgoing

_LOGGER = logging.getLogger(__name__)

type Commanded = Callable[[CommandMessage], Awaitable[AckBody]]


class Outbox:
    """Messages of the buffer on their way, each handed out once a connection."""

    def __init__(self, buffer: Buffer, device: str, commanded: Commanded) -> None:
        """Hand out what is in `buffer`; give commands to `commanded`."""
        self.device = device
        self.commanded = commanded
        self.problem: str | None = None
        self._buffer = buffer
        self._in_flight: set[int] = set()
        self._changed = asyncio.Event()
        self._stored: list[int] = []
        self._answered = asyncio.Event()

    def wake(self) -> None:
        """Look again: something was put into the buffer."""
        self._changed.set()
        self._changed = asyncio.Event()

    def reset(self) -> None:
        """Begin anew: what had no answer is handed out again."""
        self._in_flight.clear()

    async def take(self, limit: int) -> Sequence[Outgoing]:
        """Wait for messages that are not under way and return them."""
        while True:
            changed = self._changed
            room = limit - len(self._in_flight)
            if room > 0:
                found = await self._buffer.first(room, self._in_flight)
                if found:
                    self._in_flight.update(message.seq for message in found)
                    return found
            await changed.wait()

    def stored(self, seqs: Iterable[int]) -> None:
        """Have messages forgotten that the hub has."""
        self._stored.extend(seqs)
        self.problem = None
        self._answered.set()

    async def settle(self) -> None:
        """Forget what is stored until cancelled; a crowd of answers shares one sync."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            seqs, self._stored = self._stored, []
            await self._buffer.remove(seqs)
            self._in_flight.difference_update(seqs)
            self.wake()

    def rejected(self, seq: int, detail: str) -> None:
        """Say why the hub does not believe a message; it keeps that as a dead letter."""
        _LOGGER.warning("The hub rejected message %s: %s", seq, detail)

    async def go_on_from(self, seq: int) -> None:
        """Go on counting from what the hub has heard already."""
        await self._buffer.go_on_from(seq)

    async def drained(self) -> None:
        """Wait until nothing waits any more."""
        while True:
            changed = self._changed
            if not await self._buffer.count():
                return
            await changed.wait()


def numbered(message: Outgoing) -> bytes:
    """Return a message's JSON with its seq."""
    return b'{"seq":%d,' % message.seq + message.body[1:]
