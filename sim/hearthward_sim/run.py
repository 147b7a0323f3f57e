"""Run a scenario: a heater node's real firmware against the plant, in virtual time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import shutil

import msgspec

from .actions import (
    Clock,
    Command,
    Draw,
    Hub,
    Power,
    Reboot,
    Relay,
    Set,
    Speed,
    Status,
    Window,
)
from .build import Firmware
from .hubside import HubSide
from .node import Program, free_port
from .parameters import Home
from .scenario import Scenario, Step
from .trace import Trace
from .world import World

NODE = "heater"
PROGRESS_EVERY = 3600.0

type Progress = Callable[[float], None]


async def run_scenario(
    scenario: Scenario,
    home: Home,
    firmware: Firmware,
    directory: Path,
    progress: Progress = lambda done: None,
    speed: float | None = None,
) -> Trace:
    """Run a scenario from its start to its end and return what happened.

    `progress` hears the share that is done; `speed` bounds how many times faster than real time
    it goes. The node starts as new: preferences of an earlier
    run in `directory` are removed.
    """
    home = _adjusted(home, scenario)
    shutil.rmtree(directory / NODE, ignore_errors=True)
    (directory / NODE).mkdir(parents=True)
    program = Program(
        name=NODE,
        # A copy, so that a reboot starts the same program though another was built meanwhile.
        binary=Path(
            shutil.copy2(firmware.programs[NODE], directory / NODE / "program")
        ),
        preload=firmware.preload,
        directory=directory / NODE,
        api_port=free_port(),
        ota_port=free_port(),
        seed=scenario.seed,
    )
    world = World(
        home,
        [program],
        directory,
        start=scenario.start,
        seed=scenario.seed,
        virtual=True,
    )
    trace = Trace(home, scenario.tick)
    hub = HubSide(world, trace, NODE)
    waiting = list(scenario.steps)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        told = 0.0
        while world.now < scenario.length:
            for step in _due(waiting, world.now):
                await _do(step, world, hub, trace)
            world.step(scenario.tick)
            trace.record(world.plant)
            await hub.tend()
            if speed is not None:
                await asyncio.sleep(begun + world.now / speed - loop.time())
            if world.now - told >= PROGRESS_EVERY:
                told = world.now
                progress(told / scenario.length)
        trace.boots = world.node(NODE).boots
        await hub.close()
    finally:
        world.close()
    return trace


def _due(waiting: list[Step], now: float) -> list[Step]:
    """Take what is to be done now, but at most one command.

    Two commands at one instant may or may not reach the node in one read, and it answers them
    differently; a tick apart they are always two.
    """
    due: list[Step] = []
    while waiting and waiting[0].at <= now:
        due.append(waiting.pop(0))
        if isinstance(due[-1].action, Command):
            break
    return due


async def _do(step: Step, world: World, hub: HubSide, trace: Trace) -> None:
    action = step.action
    match action:
        case Command():
            hub.command(action)
        case Hub():
            await hub.send(action)
        case Power() | Reboot() | Clock():
            world.apply(action)
        case Speed() | Status():
            raise ValueError(f"{type(action).__name__} has no meaning in a scenario")
        case _:
            world.plant.apply(action)
    trace.do(world.now, _words(step))


def _words(step: Step) -> str:
    table: dict[str, object] = msgspec.to_builtins(step.action)
    what = str(table.pop("do"))
    details = ", ".join(
        f"{name} {value}" for name, value in table.items() if value is not None
    )
    if isinstance(step.action, Relay | Window | Draw | Set) and None in table.values():
        details += " as before"
    return f"{what}: {details}" if details else what


def _adjusted(home: Home, scenario: Scenario) -> Home:
    """Return the home with a scenario's own figures in it."""
    table = msgspec.to_builtins(home)
    for section, figures in scenario.home.items():
        if section not in table:
            raise ValueError(f"The home has no figures called '{section}'")
        table[section] |= figures
    return msgspec.convert(table, Home)
