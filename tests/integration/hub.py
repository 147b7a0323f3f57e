"""A real hub within the test, with devices that do what the test says."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
import time
from typing import Any
from uuid import uuid4

import msgspec

from hearthward.api.parts import Parts
from hearthward.config import EmbeddingSettings, Settings
from hearthward.edge.gateway import Gateway
from hearthward.edge.parcel import Parcel
from hearthward.home.commands import DeviceOfflineError
from hearthward.hub import open_parts, serve
from hearthward.model.command import Command, CommandStatus
from hearthward.model.device import Device
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.message import (
    AckBody,
    Event,
    EventBody,
    Hello,
    HelloBody,
    Observation,
    State,
    StateBody,
    Status,
    StatusBody,
)
from hearthward.model.search import SearchQuery
from hearthward.ops.backup import backups, restore
from hearthward.ops.backup.journal import Journal

HUB_ID = "test-hub"


class TestAdapter:
    """Take the commands of the test's devices and answer as the test wants."""

    __test__ = False

    def __init__(self) -> None:
        """Acknowledge everything until told otherwise."""
        self.commands: list[Command] = []
        self.answer: CommandStatus = CommandStatus.ACKNOWLEDGED
        self.detail: str | None = None
        self.echo: Callable[[str, Mapping[str, object]], Awaitable[None]] | None = None

    async def send(self, command: Command) -> AckBody:
        """Note a command and answer it."""
        self.commands.append(command)
        if self.answer is CommandStatus.OFFLINE:
            raise DeviceOfflineError(self.detail)
        if self.echo is not None:
            await self.echo(command.device, {command.point: command.body.value})
        return AckBody(command=command.id, status=self.answer, detail=self.detail)

    @property
    def last(self) -> tuple[str, str, dict[str, Any]]:
        """Return device, point and body of the last command."""
        command = self.commands[-1]
        body = {
            name: value
            for name in command.body.__struct_fields__
            if (value := getattr(command.body, name)) is not None
        }
        return command.device, command.point, body


class RunningHub:
    """A hub that can be stopped and started, and whose devices can be played."""

    def __init__(self, folder: Path, port: int, **info: str) -> None:
        """Take a folder for its data, a port on loopback and who it says it is."""
        self.adapter = TestAdapter()
        self.url = f"http://127.0.0.1:{port}"
        self._settings = Settings(
            data_dir=folder,
            host="127.0.0.1",
            port=port,
            name="Test hub",
            announce=False,
            discovery=False,
            # Loading the model would take longer than most tests; words are enough here.
            embedding=EmbeddingSettings(bundled=False),
        )
        self.info = {"id": HUB_ID, "version": "1.2.3"} | info
        self._stack = AsyncExitStack()
        self.parts: Parts
        self._gateway: Gateway

    async def start(self, *, network: bool = True) -> None:
        """Start, or start again on the same data; without `network` nobody reaches it yet."""
        parts = await self._stack.enter_async_context(open_parts(self._settings))
        self.parts = replace(
            parts, info=msgspec.structs.replace(parts.info, **self.info)
        )
        self._gateway = self.parts.gateway
        self.parts.commands.connect("test", self.adapter)
        if network:
            await self.serve()

    async def serve(self) -> None:
        """Let clients in, watch how the hub does, and make what happens findable."""
        await self._stack.enter_async_context(serve(self.parts, network=True))
        for service in (self.parts.statistics.run(), self.parts.search.run()):
            self._stack.push_async_callback(_end, asyncio.create_task(service))

    async def indexed(self) -> None:
        """Wait until what happened last that a person would read can be found."""
        marker = uuid4().hex
        draft = Draft(ts=time.time(), kind=EntryKind.NOTE, text=marker)
        await self.parts.lifelog.append([draft])
        async with asyncio.timeout(20):
            while not (await self.parts.search.find(SearchQuery(q=marker))).hits:
                await asyncio.sleep(0.01)

    async def reject(self, count: int = 1) -> None:
        """Let strangers send messages, which are rejected."""
        await self.parts.intake.receive(
            [
                Parcel(
                    adapter="http",
                    address="/api/v1/messages",
                    payload=f"not even JSON {number}".encode(),
                    received=time.time(),
                )
                for number in range(count)
            ]
        )

    async def stop(self) -> None:
        """Stop; the data stays."""
        await self._stack.aclose()

    async def restore(self) -> None:
        """Bring the stopped hub back to its newest backup."""
        settings = self._settings
        journal = Journal(backups.folder(settings.data_dir, settings.backup), None)
        await asyncio.to_thread(
            restore.restore, journal, settings.data_dir, settings.home, None
        )

    async def pairing_code(self) -> str:
        """Return a new pairing code."""
        return (await self.parts.pairing.open(None)).code

    async def introduce(self, device: str, body: HelloBody) -> Device:
        """Let a device say hello."""
        await self._gateway.receive([Hello(device=device, ts=time.time(), body=body)])
        return self.parts.registry.require(device)

    async def admit(self, device: str, body: HelloBody) -> None:
        """Introduce a device, approve it and bring it online."""
        await self.introduce(device, body)
        await self.parts.registry.approve(device, "test")
        await self.set_online(device, True)

    async def set_online(
        self, device: str, online: bool, problem: str | None = None
    ) -> None:
        """Bring a device online or offline."""
        await self._gateway.receive(
            [
                Status(
                    device=device,
                    ts=time.time(),
                    body=StatusBody(online=online, problem=problem),
                )
            ]
        )

    async def say(self, device: str, **points: object) -> None:
        """Let a device report the states of points; `__` in a name stands for the dot."""
        await self.say_points(
            device, {name.replace("__", "."): value for name, value in points.items()}
        )

    async def say_points(self, device: str, points: Mapping[str, object]) -> None:
        """Let a device report the states of points."""
        await self._gateway.receive(
            [
                State(
                    device=device,
                    ts=time.time(),
                    body=StateBody(
                        observations=tuple(
                            _observation(point, value)
                            for point, value in points.items()
                        )
                    ),
                )
            ]
        )

    async def happen(
        self, device: str, point: str, event: str, data: dict[str, object] | None = None
    ) -> None:
        """Let an event happen on a device."""
        await self._gateway.receive(
            [
                Event(
                    device=device,
                    ts=time.time(),
                    body=EventBody(point=point, event=event, data=data),
                )
            ]
        )


async def _end(task: asyncio.Task[None]) -> None:
    """End a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _observation(point: str, value: object) -> Observation:
    """Return what a point reports: a number, words, a climate's body or nothing valid."""
    match value:
        case None:
            return Observation(point=point)
        case str():
            return Observation(point=point, text=value)
        case dict():
            return Observation(
                point=point, value=value.get("current_temperature"), body=value
            )
        case bool() | int() | float():
            return Observation(point=point, value=float(value))
    raise TypeError(value)
