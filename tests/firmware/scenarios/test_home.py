"""A live home: `hearthward sim home` as the demo and the other tests use it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import os
from pathlib import Path
import signal
import sys
from typing import Any

import pytest

from hearthward.model.command import CommandBody
from hearthward.model.message import Observation
from hearthward_sim.build import Firmware
from hearthward_sim.client import NodeClient
from hearthward_sim.control import SOCKET, inject
from hearthward_sim.node import free_port

PATIENCE = 90.0
COMMAND = Path(sys.executable).with_name("hearthward")


class LiveHome:
    """A home in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path) -> None:
        """Remember how to speak to it."""
        self.process = process
        self._socket = directory / SOCKET

    async def do(self, **action: Any) -> dict[str, Any]:
        """Do something to the home."""
        return await inject(self._socket, action)

    async def status(self) -> dict[str, Any]:
        """Ask how the home is."""
        return await self.do(do="status")


@asynccontextmanager
async def a_home(directory: Path, port: int, speed: float) -> AsyncIterator[LiveHome]:
    """Run a home with a heater, and end it."""
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "sim", "home", f"--directory={directory}"),
        *(f"--node=heater={port}", f"--speed={speed}", "--with-parent"),
    )
    home = LiveHome(process, directory)
    try:
        async with asyncio.timeout(PATIENCE):
            while not (directory / SOCKET).exists():
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield home
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()


async def until(
    seen: list[Observation], point: str, wanted: Callable[[Observation], bool]
) -> None:
    """Wait until the node has said something of a point."""
    async with asyncio.timeout(PATIENCE):
        while not any(o.point == point and wanted(o) for o in seen):
            await asyncio.sleep(0.05)


def is_ok(observation: Observation) -> bool:
    """Tell whether a sensor state is sound."""
    return observation.text == "ok"


def was_set(observation: Observation) -> bool:
    """Tell whether a climate has the target that the test sets."""
    return (observation.body or {}).get("target_temperature") == 21.5


async def connect(port: int, seen: list[Observation]) -> NodeClient:
    """Follow the node, as soon as it answers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            client = NodeClient(port, seen.append)
            try:
                await client.join()
            except Exception:  # noqa: BLE001 - whatever keeps it from answering yet
                await client.disconnect()
                await asyncio.sleep(0.1)
            else:
                return client


@pytest.mark.parametrize("speed", [1.0, 100.0])
async def test_what_is_done_to_the_home_reaches_its_node(
    speed: float, firmware: Firmware, tmp_path: Path
) -> None:
    """Break and mend a sensor, cut the power; in real time and in paced virtual time."""
    port = free_port()
    seen: list[Observation] = []
    async with a_home(tmp_path, port, speed) as home:
        client = await connect(port, seen)
        await until(seen, "living_room.sensor_state", is_ok)
        client.command("living_room.zone", CommandBody(target_temperature=21.5))

        await home.do(do="sensor", channel="living_room.air", fault="broken")
        await until(seen, "living_room.sensor_state", lambda o: o.text == "fallback")

        # A mended sensor proves itself for minutes; after a boot it is believed at once.
        await home.do(do="sensor", channel="living_room.air", fault="none")
        await home.do(do="reboot", node="heater", seconds=0.5)
        async with asyncio.timeout(PATIENCE):
            while client.connected:
                await asyncio.sleep(0.05)
        seen.clear()
        client = await connect(port, seen)
        await until(seen, "living_room.sensor_state", is_ok)
        status = await home.status()
        assert status["nodes"]["heater"]["boots"] == 2
        assert status["speed"] == speed
        # What was set is there again after the power cut.
        await until(seen, "living_room.zone", was_set)
        await client.disconnect()


async def test_the_home_ends_with_all_that_it_started(
    firmware: Firmware, tmp_path: Path
) -> None:
    """SIGTERM ends it in order; even when it is killed its nodes do not stay behind."""
    port = free_port()
    async with a_home(tmp_path, port, 1.0) as home:
        node: int = (await home.status())["nodes"]["heater"]["pid"]
        assert _lives(node)
        home.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await home.process.wait() == 0
        assert not _lives(node)
    (tmp_path / SOCKET).unlink(missing_ok=True)
    async with a_home(tmp_path, port, 1.0) as home:
        node = (await home.status())["nodes"]["heater"]["pid"]
        home.process.kill()
        async with asyncio.timeout(PATIENCE):
            while _lives(node):
                await asyncio.sleep(0.05)


async def test_a_wrong_action_is_refused_with_what_is_wrong(
    firmware: Firmware, tmp_path: Path
) -> None:
    """The home says what it did not understand, and lives on."""
    async with a_home(tmp_path, free_port(), 1.0) as home:
        for action, objection in (
            ({"do": "dance"}, "dance"),
            ({"do": "window", "zone": "attic", "open": 1}, "no zone 'attic'"),
            ({"do": "sensor", "channel": "attic.air", "fault": "broken"}, "attic.air"),
            ({"do": "power", "node": "toaster", "on": True}, "no node 'toaster'"),
            ({"do": "speed", "times": 10}, "real time"),
            ({"do": "clock", "lost": True}, "speed 1"),
            ({"do": "draw", "litres": 3}, "litres"),
        ):
            with pytest.raises(ValueError, match=objection):
                await home.do(**action)
        assert (await home.status())["nodes"]["heater"]["running"]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
