"""A network between the hub and a node that can encrypt, be cut and tell lies.

The host firmware speaks plain text. The relay puts ESPHome's Noise framing in front of it
(responder of Noise_NNpsk0_25519_ChaChaPoly_SHA256 with the kept library `noiseprotocol`), so
that a whole encrypted session reaches real firmware. It can also rename the node, give it
another MAC address and hide its entities.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable
import contextlib
from dataclasses import dataclass, field
from typing import Any, Self

from aioesphomeapi.api_pb2 import (  # type: ignore[attr-defined]  # generated
    NoiseEncryptionSetKeyRequest,
    NoiseEncryptionSetKeyResponse,
)
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO
from cryptography.exceptions import InvalidTag
from noise.connection import NoiseConnection

_PROTOCOL = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
_PROLOGUE = b"NoiseAPIInit\x00\x00"

_HELLO_RESPONSE = 2
_DEVICE_INFO_RESPONSE = 10
_SET_KEY_REQUEST = 124
_SET_KEY_RESPONSE = 125

type Packet = tuple[int, bytes]
type Read = Callable[[], Any]


class WrongProtocolError(Exception):
    """The hub encrypts when it should not, or the other way round."""


@dataclass
class Disguise:
    """What the relay changes about the node."""

    name: str | None = None
    mac: str | None = None
    sleeps: bool = False
    hidden: set[str] = field(default_factory=set)

    def apply(self, packet: Packet) -> Packet | None:
        """Return the packet as the hub shall see it, or None to swallow it."""
        number, payload = packet
        kind = MESSAGE_TYPE_TO_PROTO.get(number)
        if kind is None:
            return packet
        message = kind.FromString(payload)
        if kind.__name__.startswith("ListEntities") and (
            getattr(message, "name", None) in self.hidden
        ):
            return None
        if number in (_HELLO_RESPONSE, _DEVICE_INFO_RESPONSE):
            if self.name is not None:
                message.name = self.name
            if self.mac is not None and number == _DEVICE_INFO_RESPONSE:
                message.mac_address = self.mac
            if self.sleeps and number == _DEVICE_INFO_RESPONSE:
                message.has_deep_sleep = True
            return number, message.SerializeToString()
        return packet


class Relay:
    """Listens on a port of its own and passes on to a node's."""

    def __init__(
        self,
        upstream: int,
        *,
        psk: str | None = None,
        host: str = "127.0.0.1",
        disguise: Disguise | None = None,
    ) -> None:
        """Lead to the port `upstream`; encrypt with `psk` if there is one."""
        self.port = 0
        self.disguise = disguise or Disguise()
        self.sessions = 0
        self.takes_key = True
        self._upstream = upstream
        self.psk = psk
        self._host = host
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        await self.cut()

    async def mend(self) -> None:
        """Listen, on the same port as before the cut."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Cut the cable: drop what is open and refuse what comes."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._session(reader, writer)
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        except WrongProtocolError:
            # What ESPHome says to a client that speaks the other protocol.
            words = b"Bad indicator byte"
            writer.write(b"\0" + words if self.psk is None else _frame(b"\x01" + words))
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        noise = None
        if self.psk is not None:
            noise = await self._handshake(reader, writer, base64.b64decode(self.psk))
            if noise is None:
                return
        self.sessions += 1
        node_reader, node_writer = await asyncio.open_connection(
            "127.0.0.1", self._upstream
        )
        pumps = [
            asyncio.create_task(self._down(node_reader, noise, writer)),
            asyncio.create_task(self._up(reader, noise, writer, node_writer)),
        ]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                pump.result()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            node_writer.close()

    async def _down(
        self,
        node_reader: asyncio.StreamReader,
        noise: NoiseConnection | None,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Pass on what the node says."""
        while True:
            packet = self.disguise.apply(await _read_plain(node_reader))
            if packet is not None:
                writer.write(_encode(noise, packet))
                await writer.drain()

    async def _up(
        self,
        reader: asyncio.StreamReader,
        noise: NoiseConnection | None,
        writer: asyncio.StreamWriter,
        node_writer: asyncio.StreamWriter,
    ) -> None:
        """Pass on what the hub says."""
        while True:
            packet = (
                _read_noise(noise, await _read_frame(reader))
                if noise
                else await _read_plain(reader)
            )
            if packet[0] == _SET_KEY_REQUEST:
                await self._set_key(packet[1], noise, writer)
            else:
                node_writer.write(_plain(packet))
                await node_writer.drain()

    async def _set_key(
        self,
        payload: bytes,
        noise: NoiseConnection | None,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Do what firmware without a key in its YAML does when it is given one."""
        success = self.takes_key and noise is not None
        answer = NoiseEncryptionSetKeyResponse(success=success).SerializeToString()
        packet = (_SET_KEY_RESPONSE, answer)
        writer.write(_encode(noise, packet))
        await writer.drain()
        if success:
            self.psk = NoiseEncryptionSetKeyRequest.FromString(payload).key.decode()
            raise ConnectionResetError

    async def _handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, psk: bytes
    ) -> NoiseConnection | None:
        noise = NoiseConnection.from_name(_PROTOCOL)
        noise.set_as_responder()
        noise.set_psks(psk)
        noise.set_prologue(_PROLOGUE)
        noise.start_handshake()
        assert await _read_frame(reader) == b""
        name = self.disguise.name or "all-kinds"
        mac = (self.disguise.mac or "02:00:00:00:00:01").replace(":", "")
        writer.write(_frame(b"\x01" + name.encode() + b"\0" + mac.encode() + b"\0"))
        try:
            noise.read_message((await _read_frame(reader))[1:])
        except InvalidTag:
            writer.write(_frame(b"\x01Handshake MAC failure"))
            await writer.drain()
            return None
        writer.write(_frame(b"\0" + noise.write_message()))
        return noise


@contextlib.asynccontextmanager
async def relay(upstream: int, **options: Any) -> AsyncGenerator[Relay]:
    """Open a relay to a node's port."""
    async with Relay(upstream, **options) as opened:
        yield opened


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(3)
    if header[0] != 1:
        raise WrongProtocolError
    return await reader.readexactly(int.from_bytes(header[1:], "big"))


def _frame(payload: bytes) -> bytes:
    return b"\x01" + len(payload).to_bytes(2, "big") + payload


def _encode(noise: NoiseConnection | None, packet: Packet) -> bytes:
    return _noise_frame(noise, packet) if noise else _plain(packet)


def _noise_frame(noise: NoiseConnection, packet: Packet) -> bytes:
    number, payload = packet
    inner = number.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload
    return _frame(noise.encrypt(inner))


def _read_noise(noise: NoiseConnection, frame: bytes) -> Packet:
    inner = noise.decrypt(frame)
    return int.from_bytes(inner[:2], "big"), bytes(inner[4:])


async def _read_plain(reader: asyncio.StreamReader) -> Packet:
    if await reader.readexactly(1) != b"\0":
        raise WrongProtocolError
    length = await _read_varint(reader)
    number = await _read_varint(reader)
    return number, await reader.readexactly(length)


async def _read_varint(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7


def _plain(packet: Packet) -> bytes:
    number, payload = packet
    return b"\0" + _varint(len(payload)) + _varint(number) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
