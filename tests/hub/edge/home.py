"""What the tests of the edge work with: a hub in this process, nodes in theirs."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
import os
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
import socket
import subprocess
import time
from typing import Any, Self

from zeroconf.asyncio import AsyncZeroconf

from hearthward.api.parts import Parts
from hearthward.config import EsphomeNode, Settings
from hearthward.hub import open_parts
from hearthward.model.command import CommandBody, CommandResult
from hearthward.model.device import Device, DeviceStatus, PointKind, PointState
from hearthward.model.entry import Entry, EntryKind, EntryQuery
from hearthward_sim.node import free_port

PATIENCE = 60.0
"""How long a test waits for what must come, s."""


class NodeProcess:
    """A node as a process; `port` is that of its native API."""

    def __init__(self, program: Path, preload: Path, folder: Path) -> None:
        """Prepare the process."""
        self.port = free_port()
        self._program = program
        self._environment = os.environ | {
            "LD_PRELOAD": str(preload),
            "HEARTHWARD_API_PORT": str(self.port),
            "ESPHOME_PREFDIR": str(folder),
        }
        folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Switch the node on."""
        self._process = subprocess.Popen(
            [self._program],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def await_ready(self) -> None:
        """Wait until the node listens."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "the node does not start"
                time.sleep(0.01)
            else:
                return

    def signal(self, number: Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """Have the node say goodbye, as it does before it sleeps."""
        self._end(SIGTERM)

    def kill(self) -> None:
        """Cut the power."""
        self._end(SIGKILL)

    def _end(self, number: Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


class Home:
    """A hub's parts and its ESPHome adapter, running."""

    def __init__(
        self,
        folder: Path,
        nodes: Sequence[EsphomeNode] = (),
        zeroconf: AsyncZeroconf | None = None,
    ) -> None:
        """Keep the hub's data in `folder`."""
        self.parts: Parts
        self._settings = Settings(
            data_dir=folder, host="127.0.0.1", announce=False, esphome=tuple(nodes)
        )
        self._zeroconf = zeroconf

    async def __aenter__(self) -> Self:
        """Start the hub."""
        self._stack = AsyncExitStack()
        self.parts = await self._stack.enter_async_context(open_parts(self._settings))
        self._running = asyncio.create_task(self.parts.esphome.run(self._zeroconf))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the hub."""
        self._running.cancel()
        await asyncio.wait([self._running])
        await self._stack.aclose()
        if not self._running.cancelled() and (error := self._running.exception()):
            raise error

    async def restart(self) -> None:
        """Stop the hub and start it again on the same data."""
        await self.__aexit__()
        await self.__aenter__()

    async def add(
        self, port: int, host: str = "127.0.0.1", key: str | None = None
    ) -> Device:
        """Add a node and let it in; return the device when it has said all."""
        device = await self.parts.esphome.add(host, port, key)
        await self.parts.registry.approve(device.id, "test")
        states = [
            point.id
            for point in device.points
            if point.kind not in (PointKind.BUTTON, PointKind.EVENT)
        ]
        state = self.parts.lifelog.state
        await self.until(lambda: all(state(device.id, point) for point in states))
        return await self.device(
            device.id, lambda found: found.status is DeviceStatus.ACTIVE
        )

    async def device(self, device: str, condition: Callable[[Device], bool]) -> Device:
        """Wait until a device meets a condition and return it."""

        def met() -> Device | None:
            found = self.parts.registry.get(device)
            return found if found is not None and condition(found) else None

        await self.until(lambda: met() is not None)
        found = self.parts.registry.get(device)
        assert found is not None
        return found

    async def online(self, device: str, online: bool = True) -> Device:
        """Wait until a device is online, or offline."""
        return await self.device(device, lambda found: found.online is online)

    async def says(self, device: str, point: str, **expected: object) -> PointState:
        """Wait until a point says this: its value, its text, or details of its body."""

        def met() -> bool:
            state = self.parts.lifelog.state(device, point)
            if state is None:
                return False
            said = {"value": state.value, "text": state.text, **(state.body or {})}
            return said.items() >= expected.items()

        try:
            await self.until(met)
        except TimeoutError:
            state = self.parts.lifelog.state(device, point)
            raise AssertionError(f"{point} is {state}, not {expected}") from None
        state = self.parts.lifelog.state(device, point)
        assert state is not None
        return state

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, looking after each commit."""
        lifelog = self.parts.lifelog
        last = lifelog.last
        if condition():
            return
        async with asyncio.timeout(PATIENCE):
            async for _ in lifelog.follow(last):
                if condition():
                    return

    async def command(
        self, device: str, point: str, key: str | None = None, **body: Any
    ) -> CommandResult:
        """Command a point."""
        return await self.parts.commands.execute(
            device, point, CommandBody(**body), issued_by="test", key=key
        )

    async def entries(
        self, kind: EntryKind, device: str, point: str | None = None
    ) -> tuple[Entry, ...]:
        """Return what the lifelog holds of a device."""
        query = EntryQuery(kind=kind, device=device, point=point, limit=1000)
        return (await self.parts.lifelog.history(query)).entries
