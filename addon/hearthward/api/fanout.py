"""Bring what is stored to every client of the stream at once.

One task follows the lifelog for all clients that are in step with it: it encodes a message once,
as the frame that goes over the wire, and hands the same bytes to every connection. A thousand
clients cost a thousand writes and no task switch. A client that does not take what it is given
is let go and has to catch up by itself.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
import logging
import struct
import time

import msgspec

from hearthward.lifelog import Lifelog, LifelogUnavailableError
from hearthward.model.entry import Entry
from hearthward.model.stream import Entries, Heartbeat, StreamMessage, Unstored

HEARTBEAT = 15.0

# A client with more than this in its buffer is not in step any more.
BUFFER = 1024 * 1024

# While there is much to tell, one message holds at most so many entries.
_ENTRIES = 1_000

# Other work gets its turn after so many clients.
_SLICE = 100

# Giving something to all clients that takes longer than this (s) is the work of a crowd.
_CROWD = 0.002
_SHARE = 2
_LONGEST = 0.03

_RETRY = 1.0

_LOGGER = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


class Listener:
    """A connection that is in step; `after` is the last entry that it was given."""

    __slots__ = ("after", "let_go", "transport")

    def __init__(self, transport: asyncio.Transport, after: int) -> None:
        """Begin after the seq `after`."""
        self.transport = transport
        self.after = after
        self.let_go = asyncio.get_running_loop().create_future()

    @property
    def keeps_up(self) -> bool:
        """Tell whether the connection takes what it is given."""
        return (
            not self.transport.is_closing()
            and self.transport.get_write_buffer_size() <= BUFFER
        )

    def release(self) -> None:
        """End the carrying; the client goes on by itself."""
        if not self.let_go.done():
            self.let_go.set_result(None)


class Fanout:
    """Carries the clients that are in step with the lifelog."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Follow `lifelog`, as soon as it runs."""
        self._lifelog = lifelog
        self._listeners: set[Listener] = set()
        self._open: set[asyncio.Transport] = set()
        self._heard = time.monotonic()
        self.position = lifelog.last
        lifelog.on_unstored(lambda entries: self.tell(Unstored(entries=entries)))

    async def run(self) -> None:
        """Carry until the lifelog closes."""
        try:
            while True:
                try:
                    if not (entries := await self._gather()):
                        return
                    await self._share(entries)
                except LifelogUnavailableError as error:
                    _LOGGER.warning("The stream waits: %s", error)
                    await asyncio.sleep(_RETRY)
                except Exception:
                    # All clients hang on this task: it must not end before the hub does.
                    _LOGGER.exception("The stream failed and goes on")
                    await asyncio.sleep(_RETRY)
        finally:
            for listener in self._listeners:
                listener.release()

    async def carry(self, transport: asyncio.Transport, after: int) -> int:
        """Give a connection every entry after `after`; return the last one it was given.

        That is when it does not keep up, or the lifelog closes.
        """
        listener = Listener(transport, after)
        self._listeners.add(listener)
        try:
            await listener.let_go
        finally:
            self._listeners.discard(listener)
        return listener.after

    def open(self, transport: asyncio.Transport) -> None:
        """Tell a connection what is told to all."""
        self._open.add(transport)

    def close(self, transport: asyncio.Transport) -> None:
        """Tell it nothing any more."""
        self._open.discard(transport)

    def tell(self, message: StreamMessage) -> None:
        """Send a message to all clients now, those that catch up too."""
        data = frame(_encode(message))
        for transport in self._open:
            if not transport.is_closing():
                transport.write(data)

    async def _gather(self) -> tuple[Entry, ...]:
        """Wait for entries and return all that were stored meanwhile; none at the end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    batch = await self._lifelog.next(self.position)
                break
            self._beat()
        if batch is None:
            return ()
        entries = batch.entries
        while len(entries) < _ENTRIES and entries[-1].seq < self._lifelog.last:
            batch = await self._lifelog.next(entries[-1].seq)
            if batch is None:
                break
            entries += batch.entries
        return entries

    def _beat(self) -> None:
        """Show all that the hub is there although nothing happens."""
        for listener in self._listeners:
            if not listener.keeps_up:
                listener.release()
        self.tell(Heartbeat(seq=self._lifelog.last, ts=time.time()))

    async def _share(self, entries: tuple[Entry, ...]) -> None:
        """Give entries to all; a crowd has to wait a while for the next ones."""
        began = time.monotonic()
        await self._give(entries)
        spent = time.monotonic() - began
        if spent > _CROWD:
            # Most of the time is left to other work; what is stored meanwhile gathers.
            await asyncio.sleep(min(_SHARE * spent, _LONGEST))

    async def _give(self, entries: tuple[Entry, ...]) -> None:
        """Give entries to all who are in step."""
        self.position = entries[-1].seq
        frames: dict[int, bytes] = {}
        for number, listener in enumerate(tuple(self._listeners), start=1):
            self._write(listener, entries, frames)
            if number % _SLICE == 0:
                await asyncio.sleep(0)

    def _write(
        self, listener: Listener, entries: tuple[Entry, ...], frames: dict[int, bytes]
    ) -> None:
        """Give entries to one client, those only that it has not."""
        after = listener.after
        if after >= self.position or listener.let_go.done():
            return
        if not listener.keeps_up:
            listener.release()
            return
        if after not in frames:
            # Nearly always all of them, encoded once for all.
            frames[after] = _frame(entry for entry in entries if entry.seq > after)
        listener.transport.write(frames[after])
        listener.after = self.position


def _frame(entries: Iterable[Entry]) -> bytes:
    return frame(_encode(Entries(entries=tuple(entries))))


def frame(payload: bytes) -> bytes:
    """Return a text as a server's WebSocket frame (RFC 6455, 5.2: final, not masked)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload
