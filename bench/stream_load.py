"""Many clients of the hub's stream in a process of their own: `python -m bench.stream_load …`.

Raw connections: a client library would measure itself. It prints `ready`, listens until its
standard input ends, and prints what it found as JSON.
"""

import argparse
from array import array
import asyncio
import base64
from collections.abc import Iterable, Iterator
import os
import sys
import time
from typing import NamedTuple, override

import msgspec
import numpy as np

# Latencies are counted by tenths of a millisecond, up to this many.
_BINS = 100_000
_PER_SECOND = 10_000


class Found(msgspec.Struct):
    """What the clients received; `latencies` counts entries by tenths of a millisecond."""

    clients: int
    entries: int
    gaps: int
    last: int
    latencies: list[tuple[int, int]]


class _Entry(msgspec.Struct):
    seq: int
    ts: float
    kind: str


class _Message(msgspec.Struct):
    type: str
    seq: int = 0
    entries: list[_Entry] = []


class _Heard(NamedTuple):
    """A message and when it arrived at each client that received these very bytes."""

    message: _Message
    arrivals: array[float]


def _decode(payload: bytes, heard: dict[bytes, _Heard]) -> _Heard:
    """Decode what a thousand clients receive alike only once."""
    if (known := heard.get(payload)) is None:
        message = msgspec.json.decode(payload, type=_Message)
        known = heard[payload] = _Heard(message, array("d"))
    return known


def _latencies(heard: Iterable[_Heard]) -> np.ndarray:
    """Count the time from each entry to each of its arrivals."""
    counts = np.zeros(_BINS, int)
    for message, arrivals in heard:
        for entry in message.entries:
            if entry.kind == "state":
                late = (np.array(arrivals) - entry.ts) * _PER_SECOND
                np.add.at(counts, np.clip(late, 0, _BINS - 1).astype(int), 1)
    return counts


class _Client(asyncio.Protocol):
    """One client of the stream; `seq` is the last entry that it has."""

    def __init__(self, request: bytes, heard: dict[bytes, _Heard]) -> None:
        """Prepare the handshake."""
        self.seq = -1
        self.first = 0
        self.gaps = 0
        self.lost = False
        self._request = request
        self._heard = heard
        self._buffer = bytearray()
        self._upgraded = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    @override
    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._buffer += data
        if not self._upgraded:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(head.decode(errors="replace"))
            self._upgraded = True
            self._buffer = bytearray(rest)
        for payload in self._frames():
            self._take(payload, now)

    def _frames(self) -> Iterator[bytes]:
        """Yield the payloads of whole frames; a server's are not masked (RFC 6455, 5.2)."""
        buffer = self._buffer
        while len(buffer) >= 2:
            size, start = buffer[1] & 0x7F, 2
            if size >= 126:
                start = 4 if size == 126 else 10
                if len(buffer) < start:
                    return
                size = int.from_bytes(buffer[2:start])
            if len(buffer) < start + size:
                return
            if buffer[0] & 0x0F == 1:
                yield bytes(buffer[start : start + size])
            del buffer[: start + size]

    def _take(self, payload: bytes, now: float) -> None:
        message, arrivals = _decode(payload, self._heard)
        if message.type == "snapshot":
            self.seq = self.first = message.seq
        elif message.type == "entries":
            arrivals.append(now)
            if message.entries[0].seq != self.seq + 1:
                self.gaps += 1
            self.seq = message.entries[-1].seq


async def _main(host: str, port: int, token: str, number: int) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /api/v1/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    heard: dict[bytes, _Heard] = {}
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(number):
        _, client = await loop.create_connection(
            lambda: _Client(request, heard), host, port
        )
        clients.append(client)
    while any(client.seq < 0 for client in clients):
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    last = max(client.seq for client in clients)
    # Those that are behind get a moment.
    for _ in range(100):
        if all(client.seq == last for client in clients):
            break
        await asyncio.sleep(0.05)
    counts = _latencies(heard.values())
    found = Found(
        clients=sum(not client.lost for client in clients),
        entries=sum(client.seq - client.first for client in clients),
        gaps=sum(client.gaps + (client.seq != last) for client in clients),
        last=last,
        latencies=[(int(slot), int(counts[slot])) for slot in counts.nonzero()[0]],
    )
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("clients", type=int)
    options = parser.parse_args()
    asyncio.run(_main(options.host, options.port, os.environ["TOKEN"], options.clients))
