"""Stand between a broker and the hub, and see when the hub acknowledges."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import struct
import time

import msgspec

_PUBLISH = 3
_PUBACK = 4
_QOS_1 = 0x02


class _Said(msgspec.Struct):
    ts: float = 0.0


type See = Callable[[int, bytes], None]

_decode = msgspec.json.Decoder(_Said).decode


class Relay:
    """A relay of MQTT 5 connections; `latencies` are from a message's `ts` to its PUBACK, s."""

    def __init__(self, port: int) -> None:
        """Lead to the broker on a port."""
        self.latencies: list[float] = []
        self.port = 0
        self._broker = port

    async def start(self) -> None:
        """Listen on a port of its own."""
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._broker)
        published: dict[int, float] = {}

        def down(kind: int, body: bytes) -> None:
            if kind >> 4 == _PUBLISH and kind & _QOS_1:
                mid, payload = _message(body)
                with suppress(msgspec.MsgspecError):
                    published[mid] = _decode(payload).ts

        def up(kind: int, body: bytes) -> None:
            if kind >> 4 == _PUBACK:
                ts = published.pop(struct.unpack("!H", body[:2])[0], 0.0)
                if ts:
                    self.latencies.append(time.time() - ts)

        with suppress(asyncio.IncompleteReadError, OSError):
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(reader, ours, up))
                group.create_task(_pass(theirs, writer, down))
        ours.close()
        writer.close()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, see: See
) -> None:
    """Pass packets on, each as soon as it is there."""
    while True:
        kind = (await reader.readexactly(1))[0]
        length = bytearray(await reader.readexactly(1))
        while length[-1] & 128:
            length += await reader.readexactly(1)
        size = sum((digit & 127) << 7 * place for place, digit in enumerate(length))
        body = await reader.readexactly(size)
        see(kind, body)
        writer.write(bytes([kind]) + length + body)


def _message(body: bytes) -> tuple[int, bytes]:
    """Return the packet identifier and the payload of a PUBLISH."""
    topic = struct.unpack("!H", body[:2])[0]
    mid = struct.unpack("!H", body[2 + topic : 4 + topic])[0]
    properties = body[4 + topic]
    return mid, body[5 + topic + properties :]
