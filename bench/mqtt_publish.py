"""Publish to a broker from a process of its own: `python -m bench.mqtt_publish PORT`.

For each line `TOPIC FIRST COUNT RATE` it publishes so many messages with QoS 1, each in a packet of
its own, and prints one line of JSON when the broker has them all: the seconds that it took. TOPIC has
`{device}` in it. A RATE of 0 is as fast as the broker takes them. It packs and counts by itself, as
a client library would be the slowest of all that take part. Messages of a rate hold the time at
which they were published.
"""

import asyncio
import struct
import sys
import time

import msgspec

from bench.appends import Seen
from bench.posts import state

# What the broker has not acknowledged yet.
WINDOW = 2_000
PIECE = 100

_MIDS = 65_000


class Publisher:
    """A connection that does nothing but publish."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take a connection to a broker."""
        self._reader = reader
        self._writer = writer
        self._sent = 0
        self._taken = 0
        self._progress = asyncio.Event()

    async def enter(self) -> None:
        """Say hello to the broker (MQTT 5, clean, no keep-alive)."""
        name = f"bench-{time.time_ns()}".encode()
        head = struct.pack("!H4sBBHB", 4, b"MQTT", 5, 2, 0, 0)
        self._writer.write(_packet(0x10, head + _text(name)))
        answer = await self._reader.readexactly(2)
        await self._reader.readexactly(answer[1])

    async def listen(self) -> None:
        """Count what the broker has taken."""
        while head := await self._reader.readexactly(2):
            await self._reader.readexactly(head[1])
            if head[0] >> 4 == 4:
                self._taken += 1
                self._progress.set()

    async def publish(self, topic: str, numbers: range, rate: int) -> float:
        """Publish messages; return the seconds until the broker had all of them."""
        began = time.perf_counter()
        for first in range(numbers.start, numbers.stop, 1 if rate else PIECE):
            if rate:
                pause = began + (first - numbers.start) / rate - time.perf_counter()
                await asyncio.sleep(max(0.0, pause))
            stop = min(first + (1 if rate else PIECE), numbers.stop)
            self._writer.write(
                b"".join(
                    self._message(topic, number, now=bool(rate))
                    for number in range(first, stop)
                )
            )
            await self._room(WINDOW)
        await self._room(1)
        return time.perf_counter() - began

    def _message(self, topic: str, number: int, *, now: bool) -> bytes:
        seen = Seen(number)
        message = state(seen)
        if now:
            message = msgspec.structs.replace(message, ts=time.time())
        name = topic.replace("{device}", seen.device).encode()
        self._sent += 1
        mid = struct.pack("!HB", self._sent % _MIDS + 1, 0)
        return _packet(0x32, _text(name) + mid + msgspec.json.encode(message))

    async def _room(self, window: int) -> None:
        while self._sent - self._taken >= window:
            self._progress.clear()
            await self._progress.wait()


def _text(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text


def _packet(kind: int, body: bytes) -> bytes:
    return bytes([kind, *_length(len(body))]) + body


def _length(size: int) -> list[int]:
    digits = []
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | 128 if size else digit)
        if not size:
            return digits


async def main(port: int) -> None:
    """Publish what is asked for."""
    publisher = Publisher(*await asyncio.open_connection("127.0.0.1", port))
    await publisher.enter()
    listening = asyncio.create_task(publisher.listen())
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        topic, first, count, rate = line.split()
        numbers = range(int(first), int(first) + int(count))
        print(await publisher.publish(topic, numbers, int(rate)), flush=True)
    listening.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
