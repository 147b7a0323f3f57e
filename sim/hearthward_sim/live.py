"""A home to live with: plant and nodes at real time or some times faster, until told to stop.

At speed 1 the nodes run in real time, as on their boards. At any other speed all of them live in
virtual time, paced against the real clock.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
import os
from pathlib import Path
import shutil
import signal
from typing import Any

import msgspec

from .actions import (
    AnyAction,
    Clock,
    Command,
    Hub,
    Power,
    Reboot,
    Speed,
    Status,
    parse_action,
)
from .build import Firmware
from .control import SOCKET, serve_control
from .node import Program, free_port
from .parameters import Home
from .world import World

# At speed 1 a press of a button reaches its node within this, s.
REAL_TICK = 0.1
# In virtual time a step is at most this long, s of home time, and in real time at most REAL_TICK.
VIRTUAL_TICK = 1.0
# How far behind the real clock a paced home may fall before it gives up catching up, s.
MOST_BEHIND = 1.0
# The home as the demo finds it: an evening on which it has been away from its warmth for a while.
COLD_EVENING = (
    {"do": "weather", "mean": -6.0, "swing": 3.0},
    {
        "do": "temperatures",
        "values": {
            "living_room.air": 17.5,
            "living_room.mass": 16.5,
            "living_room.floor": 17.5,
            "bathroom.air": 18.5,
            "bathroom.mass": 18.0,
            "bathroom.floor": 19.0,
            "hot_water.water": 38.0,
            "coolant": 24.0,
        },
    },
)

type NodePorts = tuple[str, int, int | None]


async def live_home(
    home: Home,
    firmware: Firmware,
    directory: Path,
    ports: Sequence[NodePorts],
    *,
    start: datetime,
    speed: float,
    seed: int,
    with_parent: bool,
) -> None:
    """Run a home with these nodes until SIGTERM or SIGINT.

    `ports` are each node's name, API port and, if it matters, update port. `with_parent` ends the
    home when the process that started it ends. Preferences and logs of the nodes stay in
    `directory`, and so does the program that a node was updated to.
    """
    programs = [
        _install(firmware, directory / name, name, api_port, ota_port)
        for name, api_port, ota_port in ports
    ]
    live = Live(home, programs, directory, start=start, speed=speed, seed=seed)
    await live.run(
        [parse_action(dict(item)) for item in COLD_EVENING], with_parent=with_parent
    )


def _install(
    firmware: Firmware, directory: Path, name: str, api_port: int, ota_port: int | None
) -> Program:
    """Give a node its own copy of the program, since an update over the air replaces it."""
    directory.mkdir(parents=True, exist_ok=True)
    built, own = firmware.programs[name], directory / "program"
    if not own.exists() or own.stat().st_mtime < built.stat().st_mtime:
        shutil.copy2(built, own)
    return Program(
        name=name,
        binary=own,
        preload=firmware.preload,
        directory=directory,
        api_port=api_port,
        ota_port=ota_port or free_port(),
    )


class Live:
    """A running home."""

    def __init__(
        self,
        home: Home,
        programs: Sequence[Program],
        directory: Path,
        *,
        start: datetime,
        speed: float,
        seed: int,
    ) -> None:
        """Build it; speed 1 is real time."""
        self._speed = speed
        self._virtual = speed != 1.0
        self._directory = directory
        self._world = World(
            home, programs, directory, start=start, seed=seed, virtual=self._virtual
        )
        self._stop = asyncio.Event()
        self._parent = os.getppid()

    async def run(self, first: Sequence[AnyAction], *, with_parent: bool) -> None:
        """Run until SIGTERM or SIGINT, or until the parent has gone when asked to.

        `first` is done before anything is switched on.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        for action in first:
            await self._handle(action)
        control = await serve_control(self._directory / SOCKET, self._handle)
        try:
            await self._pace(with_parent=with_parent)
        finally:
            control.close()
            self._world.close()

    async def _pace(self, *, with_parent: bool) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._stop.is_set():
            tick = min(VIRTUAL_TICK, REAL_TICK * self._speed)
            self._world.step(tick)
            if with_parent and os.getppid() != self._parent:
                return
            due = max(due + tick / self._speed, loop.time() - MOST_BEHIND)
            try:
                async with asyncio.timeout_at(due):
                    await self._stop.wait()
            except TimeoutError:
                pass

    async def _handle(self, action: AnyAction) -> dict[str, Any] | None:
        match action:
            case Status():
                return self._status()
            case Speed():
                self._change_speed(action.times)
            case Power() | Reboot() | Clock():
                if isinstance(action, Clock) and not self._virtual:
                    raise ValueError(
                        "The wall clock is the machine's own at speed 1; start the home "
                        "at another speed to lose it"
                    )
                self._world.apply(action)
            case Command() | Hub():
                raise ValueError(
                    "A live home takes no commands here: give them to its hub or its API"
                )
            case _:
                self._world.plant.apply(action)
        return None

    def _change_speed(self, times: float) -> None:
        if times <= 0.0:
            raise ValueError("The speed must be above 0")
        if not self._virtual and times != 1.0:
            raise ValueError(
                "A home started at speed 1 runs in real time; start it at another speed"
            )
        self._speed = times

    def _status(self) -> dict[str, Any]:
        plant = self._world.plant
        return {
            "time": self._world.local_time().isoformat(),
            "now": self._world.now,
            "speed": self._speed,
            "outside": plant.outside.temperature,
            "state": msgspec.to_builtins(plant.state),
            "zones": {
                zone.id: msgspec.to_builtins(now)
                for zone, now in zip(plant.home.zone, plant.state.zones, strict=True)
            },
            "outputs": dict(plant.outputs),
            "nodes": {
                name: {
                    "running": node.running,
                    "pid": node.pid,
                    "boots": node.boots,
                    "api_port": node.program.api_port,
                    "ota_port": node.program.ota_port,
                }
                for name, node in self._world.nodes.items()
            },
        }
