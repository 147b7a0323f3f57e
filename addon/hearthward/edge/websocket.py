"""Devices, gateways and scripts that keep a WebSocket open.

A message is answered when it is durable. Until then it waits here, and when too much waits,
nothing more is read: the device keeps the rest. A device whose socket goes is offline, whatever
ended it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
import logging
import time
from typing import NamedTuple

import msgspec

from hearthward.home.commands import DeviceOfflineError
from hearthward.home.registry import Registry
from hearthward.lifelog import LifelogError, LifelogUnavailableError
from hearthward.model.command import Command
from hearthward.model.device import DeviceStatus
from hearthward.model.edge import EdgeMessage, Rejected, Stored, Welcome
from hearthward.model.message import AckBody, CommandMessage, Status, StatusBody

from . import awaiting
from .decode import split
from .gateway import Gateway
from .intake import Intake
from .parcel import BusyError, DecodeError, Parcel, Receipt
from .positions import Positions

ADAPTER = "websocket"

# What one connection may have waiting before it is not read any more.
_MESSAGES = 1_000
_BYTES = 4 * 1024 * 1024

# How soon a batch that could not be stored is tried again, and how long what was received
# before the end of a connection is tried, in seconds.
_RETRY = 1.0
_FAREWELL = 5.0

# How soon a batch is tried again when more arrives.
_SOON = 0.5

_LOGGER = logging.getLogger(__name__)

type Send = Callable[[Sequence[EdgeMessage]], Awaitable[None]]


class _Head(msgspec.Struct, frozen=True):
    """What names a message."""

    type: str = ""
    device: str | None = None
    id: str | None = None
    seq: int | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


class _Letter(NamedTuple):
    """A message on its way into the lifelog."""

    number: int
    head: _Head
    parcel: Parcel


class Connection:
    """One open socket, which speaks for `device` or, without one, for any."""

    def __init__(
        self, adapter: WebsocketAdapter, send: Send, device: str | None, layout: Layout
    ) -> None:
        """Answer with `send`."""
        self.device = device
        self.spoken_for: set[str] = set()
        self._adapter = adapter
        self.send = send
        self._layout = layout
        self._number = 0
        self._waiting: list[_Letter] = []
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def take(self, frame: bytes) -> None:
        """Take what came in a frame; return when there is room for the next one."""
        for payload in _split(frame):
            self._take(payload)
        while self._is_full():
            self._room.clear()
            await self._room.wait()

    async def run(self) -> None:
        """Store and answer what arrives until cancelled."""
        while True:
            await self._arrived.wait()
            letters, receipt = await self._store(self._collect())
            await self._adapter.attach(self, letters, receipt)
            # Who is gone sends again what it has no answer to.
            with suppress(ConnectionError):
                await self.send(list(_answers(letters, receipt)))
            if not self._waiting:
                self._idle.set()

    async def finish(self) -> None:
        """Wait a while until everything that came is stored."""
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._idle.wait()
        except TimeoutError:
            _LOGGER.warning("A connection ended before what it brought was stored")

    async def deliver(self, message: CommandMessage) -> None:
        """Send a command down."""
        try:
            await self.send([message])
        except ConnectionError as error:
            raise DeviceOfflineError from error

    def _take(self, payload: bytes) -> None:
        self._number += 1
        head = _head(payload)
        if head.type == "ack" and self._layout.profile is None:
            self._adapter.acknowledge(self, payload)
            return
        parcel = Parcel(
            adapter=ADAPTER,
            address=self._layout.address,
            payload=payload,
            received=time.time(),
            device=self.device,
            profile=self._layout.profile,
        )
        self._waiting.append(_Letter(self._number, head, parcel))
        self._bytes += len(payload)
        self._idle.clear()
        self._arrived.set()

    def _is_full(self) -> bool:
        return len(self._waiting) >= _MESSAGES or self._bytes >= _BYTES

    def _collect(self) -> list[_Letter]:
        """Return what arrived, and make room."""
        self._arrived.clear()
        letters, self._waiting, self._bytes = self._waiting, [], 0
        self._room.set()
        return letters

    async def _store(self, letters: list[_Letter]) -> tuple[list[_Letter], Receipt]:
        """Hand messages in until they are taken; return them, and what became of them.

        What arrives meanwhile joins them: with an alarm among them they need not wait.
        """
        while True:
            try:
                parcels = [letter.parcel for letter in letters]
                return letters, await self._adapter.intake.receive(parcels)
            except BusyError as error:
                wait = error.retry_after
            except LifelogUnavailableError as error:
                _LOGGER.debug("A batch waits: %s", error)
                wait = _RETRY
            if len(letters) >= _MESSAGES:
                await asyncio.sleep(wait)
                continue
            await asyncio.sleep(min(wait, _SOON))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait - _SOON):
                    await self._arrived.wait()
            letters += self._collect()


class Layout(NamedTuple):
    """How the messages of a connection are to be read; see `Parcel`."""

    address: str
    profile: str | None = None


class WebsocketAdapter:
    """The open connections of devices, and the way down to them."""

    def __init__(
        self, intake: Intake, gateway: Gateway, registry: Registry, positions: Positions
    ) -> None:
        """Hand what arrives to `intake`, and who comes and goes to `gateway`."""
        self.intake = intake
        self._gateway = gateway
        self._registry = registry
        self._positions = positions
        self._awaiting = awaiting.Awaiting()
        self._connections: dict[str, Connection] = {}

    async def open(self, connection: Connection, hub: str) -> None:
        """Welcome a connection; its device is online from now on."""
        device = connection.device
        seq = None if device is None else self._positions.get(device)
        await connection.send(
            [Welcome(hub=hub, ts=time.time(), device=device, seq=seq)]
        )
        if device is not None:
            await self._attach(connection, device)

    async def close(self, connection: Connection) -> None:
        """Note that a connection is gone; the devices it spoke for are offline."""
        gone = [
            device
            for device in connection.spoken_for
            if self._connections.get(device) is connection
        ]
        for device in gone:
            del self._connections[device]
        try:
            for device in gone:
                await self._tell(device, online=False)
            await self._positions.save(gone)
        except LifelogError as error:
            # The registry takes everybody for offline when the hub starts again.
            _LOGGER.debug("That a connection ended was not stored: %s", error)

    async def send(self, command: Command) -> AckBody:
        """Send a command over its device's connection and return the answer.

        Raises:
            DeviceOfflineError: There is none.

        """
        connection = self._connections.get(command.device)
        if connection is None:
            raise DeviceOfflineError
        return await self._awaiting.ask(command, connection.deliver)

    async def attach(
        self, connection: Connection, letters: Sequence[_Letter], receipt: Receipt
    ) -> None:
        """Note which devices a connection has spoken for, and how far they counted."""
        rejected = {rejection.index for rejection in receipt.rejected}
        spoken = {}
        for index, letter in enumerate(letters):
            # The payload of a profile may name anybody.
            device = connection.device or letter.head.device
            if device is not None and index not in rejected:
                spoken[device] = letter.head.seq
        for device, seq in spoken.items():
            await self._attach(connection, device)
            if seq is not None:
                self._positions.note(device, seq)

    def acknowledge(self, connection: Connection, payload: bytes) -> None:
        """Take a device's answer to a command."""
        try:
            ack = awaiting.read(payload, connection.device)
        except DecodeError as error:
            _LOGGER.warning("An acknowledgement cannot be understood: %s", error)
            return
        if not self._awaiting.answer(ack):
            _LOGGER.debug("%s answered too late", ack.device)

    async def _attach(self, connection: Connection, device: str) -> None:
        """Send a device's commands over a connection from now on: the newest one wins."""
        known = self._registry.get(device)
        if known is None or known.adapter != ADAPTER:
            return
        if self._connections.get(device) is not connection:
            self._connections[device] = connection
            connection.spoken_for.add(device)
            await self._tell(device, online=True)

    async def _tell(self, device: str, *, online: bool) -> None:
        known = self._registry.get(device)
        if known is None or known.status is DeviceStatus.REVOKED:
            return
        body = StatusBody(online=online)
        await self._gateway.receive([Status(device=device, ts=time.time(), body=body)])


def _split(frame: bytes) -> Sequence[bytes]:
    try:
        return split(frame)
    except DecodeError:
        return [frame]


def _head(payload: bytes) -> _Head:
    try:
        return _decode_head(payload)
    except ValueError, RecursionError:
        return _Head()


def _answers(letters: Sequence[_Letter], receipt: Receipt) -> Iterator[EdgeMessage]:
    rejected = {rejection.index: rejection for rejection in receipt.rejected}
    for index, (number, head, _) in enumerate(letters):
        if (rejection := rejected.get(index)) is None:
            yield Stored(number=number, id=head.id, seq=head.seq)
        else:
            yield Rejected(
                number=number,
                reason=rejection.reason,
                detail=rejection.detail,
                id=head.id,
                seq=head.seq,
            )
