"""Commands to devices: checked, recorded, sent once, answered.

A command is in the lifelog before it leaves, and its answer before anybody hears of it. The
idempotency key is the command's id: whoever repeats it is given the first result, also after
the hub was restarted.
"""

import asyncio
import logging
import time
from typing import Protocol
import uuid

import msgspec

from hearthward.lifelog import Lifelog
from hearthward.model.command import Command, CommandBody, CommandResult, CommandStatus
from hearthward.model.device import Device, DeviceStatus, Point
from hearthward.model.entry import Draft, Entry, EntryKind, EntryQuery, Order
from hearthward.model.message import AckBody

from .checks import CommandRejectedError, check
from .errors import HomeError
from .registry import Registry

_LOGGER = logging.getLogger(__name__)

# How long a device has to answer.
ACK_TIMEOUT = 5.0

# More commands than this are never under way at once.
_RECENT_COMMANDS = 200

_REDACTED = "•••"

_INTERRUPTED = (
    "The hub stopped before the device answered: look at the device's state and, if "
    "needed, send a new command"
)


class UnknownPointError(HomeError):
    """The device has no such point."""

    code = "unknown_point"


class KeyReusedError(HomeError):
    """The idempotency key belongs to another command."""

    code = "key_reused"


class DeviceOfflineError(Exception):
    """The device cannot be reached now."""


class Link(Protocol):
    """What an adapter offers for commands."""

    async def send(self, command: Command) -> AckBody:
        """Send a command and return what the device answered.

        Raises:
            DeviceOfflineError: It was not sent.

        """


class Commands:
    """The way down to the devices of a home."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        ack_timeout: float = ACK_TIMEOUT,
    ) -> None:
        """Record in `lifelog`; give a device `ack_timeout` seconds to answer."""
        self._lifelog = lifelog
        self._registry = registry
        self._ack_timeout = ack_timeout
        self._links: dict[str, Link] = {}
        self._under_way: dict[
            tuple[str, str], tuple[Command, asyncio.Task[CommandResult]]
        ] = {}

    def connect(self, adapter: str, link: Link) -> None:
        """Send the commands of an adapter's devices over `link`."""
        self._links[adapter] = link

    async def settle(self) -> None:
        """Answer the commands that the last run of the hub left open."""
        answered = {
            msgspec.convert(entry.body, CommandResult).seq
            for entry in await self._recent(EntryKind.ACK)
        }
        for entry in await self._recent(EntryKind.COMMAND):
            if entry.seq in answered:
                continue
            command = msgspec.convert(entry.body, Command)
            if await self._lifelog.find(command.device, _ack_key(command.id)) is None:
                await self._interrupted(entry)

    async def execute(
        self,
        device: str,
        point: str,
        body: CommandBody,
        *,
        issued_by: str,
        key: str | None = None,
    ) -> CommandResult:
        """Run a command, or return the result of the one with the same key.

        Cancelling the caller does not cancel the command.

        Raises:
            UnknownDeviceError: There is no such device.
            UnknownPointError: It has no such point.
            KeyReusedError: The key belongs to another command.
            LifelogUnavailableError: Nothing was sent, as it could not be recorded.

        """
        found, target = self._find(device, point)
        command = Command(
            id=key or uuid.uuid4().hex,
            ts=time.time(),
            device=device,
            point=point,
            body=body,
            issued_by=issued_by,
        )
        identity = (device, command.id)
        if identity in self._under_way:
            first, task = self._under_way[identity]
            _require_same(first, command)
        else:
            # Begun at once: it is on its way to the disk before this call returns.
            task = asyncio.create_task(
                self._run(found, target, command),
                name=f"command {command.id}",
                eager_start=True,
            )
            self._under_way[identity] = (command, task)
            task.add_done_callback(lambda _: self._under_way.pop(identity))
        return await asyncio.shield(task)

    async def _recent(self, kind: EntryKind) -> tuple[Entry, ...]:
        query = EntryQuery(kind=kind, limit=_RECENT_COMMANDS, order=Order.DESC)
        return (await self._lifelog.history(query)).entries

    def _find(self, device: str, point: str) -> tuple[Device, Point]:
        found = self._registry.require(device)
        for candidate in found.points:
            if candidate.id == point:
                return found, candidate
        raise UnknownPointError(
            f"{found.name} has no point {point}", device=device, point=point
        )

    async def _run(
        self, device: Device, point: Point, command: Command
    ) -> CommandResult:
        recorded = _redacted(point, command)
        last = self._lifelog.last
        [seq] = await self._lifelog.append([_draft(recorded)])
        if seq <= last:
            return await self._repeated(recorded)
        answer = await self._ask(device, point, command)
        result = CommandResult(
            id=command.id, status=answer.status, seq=seq, detail=answer.detail
        )
        await self._lifelog.append([_ack_draft(device.id, point.id, result)])
        return result

    async def _ask(self, device: Device, point: Point, command: Command) -> AckBody:
        """Send a command if it may be sent; return what became of it."""

        def outcome(status: CommandStatus, detail: str) -> AckBody:
            return AckBody(command=command.id, status=status, detail=detail)

        link = self._links.get(device.adapter)
        if device.status not in (DeviceStatus.APPROVED, DeviceStatus.ACTIVE):
            advice = (
                "approve it first"
                if device.status is DeviceStatus.PENDING
                else "it takes no commands"
            )
            return outcome(
                CommandStatus.REJECTED, f"{device.name} is {device.status}: {advice}"
            )
        try:
            body = check(point, command.body)
        except CommandRejectedError as error:
            return outcome(CommandStatus.REJECTED, str(error))
        if link is None:
            return outcome(CommandStatus.OFFLINE, f"{device.name} is offline")
        try:
            async with asyncio.timeout(self._ack_timeout):
                return await link.send(msgspec.structs.replace(command, body=body))
        except DeviceOfflineError:
            return outcome(CommandStatus.OFFLINE, f"{device.name} is offline")
        except TimeoutError:
            return outcome(
                CommandStatus.TIMEOUT,
                f"{device.name} did not answer within {self._ack_timeout:g} s; "
                "it may still have done it",
            )

    async def _repeated(self, command: Command) -> CommandResult:
        """Return the result of the earlier command with the same key."""
        earlier = await self._lifelog.find(command.device, _command_key(command.id))
        assert earlier is not None
        _require_same(msgspec.convert(earlier.body, Command), command)
        ack = await self._lifelog.find(command.device, _ack_key(command.id))
        if ack is None:
            return await self._interrupted(earlier)
        return msgspec.convert(ack.body, CommandResult)

    async def _interrupted(self, entry: Entry) -> CommandResult:
        """Close a command whose answer nobody heard, as nothing may be sent twice."""
        command = msgspec.convert(entry.body, Command)
        result = CommandResult(
            id=command.id,
            status=CommandStatus.TIMEOUT,
            seq=entry.seq,
            detail=_INTERRUPTED,
        )
        await self._lifelog.append([_ack_draft(command.device, command.point, result)])
        return result


def _require_same(first: Command, second: Command) -> None:
    """Refuse a key that belongs to another command."""
    if (first.point, first.body) != (second.point, second.body):
        raise KeyReusedError(
            f"The idempotency key {first.id} belongs to another command: "
            "use a new one for each",
            key=first.id,
        )


def _redacted(point: Point, command: Command) -> Command:
    """Return the command as it may be written down."""
    if point.mode != "password" or command.body.value is None:
        return command
    return msgspec.structs.replace(command, body=CommandBody(value=_REDACTED))


def _draft(command: Command) -> Draft:
    return Draft(
        ts=command.ts,
        kind=EntryKind.COMMAND,
        device=command.device,
        point=command.point,
        body=msgspec.to_builtins(command),
        key=_command_key(command.id),
    )


def _ack_draft(device: str, point: str, result: CommandResult) -> Draft:
    return Draft(
        ts=time.time(),
        kind=EntryKind.ACK,
        device=device,
        point=point,
        text=result.status.value,
        body=msgspec.to_builtins(result),
        key=_ack_key(result.id),
    )


def _command_key(command: str) -> str:
    """Return the key of a `command` entry, which no message of a device can have."""
    return f"command {command}"


def _ack_key(command: str) -> str:
    """Return the key of a command's `ack` entry."""
    return f"ack {command}"
