"""Read from a hub from a process of its own: `python -m bench.gets HOST PORT RATE SECONDS`.

The paths are the lines of the standard input, taken in turn. Requests go out when they are due,
whether or not the ones before are answered, over connections that stay open; each latency is from
when it was due to the whole answer. It prints one line of JSON. Raw connections: a client library
would measure itself. `TOKEN` is in the environment.
"""

import argparse
import asyncio
from collections import deque
import os
import sys
from time import perf_counter
from typing import override

import msgspec


class Got(msgspec.Struct):
    """The latencies of answers in seconds, by path, and how many were no success."""

    latencies: dict[str, list[float]]
    failures: int


class _Connection(asyncio.Protocol):
    """One request at a time, with keep-alive; `done` is told of the whole answer."""

    def __init__(self, free: deque[_Connection], wake: asyncio.Event) -> None:
        """Return to `free` after each answer."""
        self._free = free
        self._wake = wake
        self._buffer = bytearray()
        self._size = -1
        self._answer: asyncio.Future[int]
        self._status = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._free.append(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        raise SystemExit("The hub closed a connection")

    def get(self, request: bytes) -> asyncio.Future[int]:
        """Send a request; the result is the status of its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._size < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            self._status = int(head.split(b" ", 2)[1])
            _, _, rest = head.partition(b"content-length:")
            self._size = end + 4 + int(rest.split(b"\r\n", 1)[0])
        if len(self._buffer) >= self._size:
            self._buffer.clear()
            self._size = -1
            self._free.append(self)
            self._wake.set()
            self._answer.set_result(self._status)


async def _main(
    host: str, port: int, paths: list[str], rate: float, seconds: float, number: int
) -> Got:
    free: deque[_Connection] = deque()
    wake = asyncio.Event()
    loop = asyncio.get_running_loop()
    for _ in range(number):
        await loop.create_connection(lambda: _Connection(free, wake), host, port)
    requests = {
        path: (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {os.environ['TOKEN']}\r\n\r\n"
        ).encode()
        for path in paths
    }
    got = Got({path: [] for path in paths}, 0)

    async def get(path: str, due: float) -> None:
        while not free:
            wake.clear()
            await wake.wait()
        status = await free.popleft().get(requests[path])
        got.latencies[path].append(perf_counter() - due)
        got.failures += status != 200

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for turn in range(int(rate * seconds)):
            due = began + turn / rate
            if (early := due - perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(get(paths[turn % len(paths)], due))
    return got


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--connections", type=int, default=50)
    options = parser.parse_args()
    found = asyncio.run(
        _main(
            options.host,
            options.port,
            sys.stdin.read().split(),
            options.rate,
            options.seconds,
            options.connections,
        )
    )
    print(msgspec.json.encode(found).decode())
