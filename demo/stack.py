"""The whole home: simulated house, firmware, hub and Home Assistant, started together."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
import json
from pathlib import Path
from typing import Self

from . import integration
from .entities import Entities
from .home import NODES, SimulatedHome
from .home_assistant import HomeAssistant
from .hub import Hub
from .process import Process, free_port

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens on loopback."""

    home_assistant: int
    hub: int
    nodes: Mapping[str, int]

    @classmethod
    def following(cls, first: int) -> Self:
        """Return ports in a row."""
        nodes = {node: first + 2 + index for index, node in enumerate(NODES)}
        return cls(first, first + 1, nodes)

    @classmethod
    def free(cls) -> Self:
        """Return ports that nobody uses now."""
        return cls(free_port(), free_port(), {node: free_port() for node in NODES})

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """Return the ports of the last run in this directory, None without one."""
        file = directory / "ports.json"
        return cls(**json.loads(file.read_text())) if file.exists() else None

    def save(self, directory: Path) -> None:
        """Keep the ports for the next run in this directory."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "ports.json").write_text(json.dumps(asdict(self)))

    def with_home_assistant(self, port: int) -> Self:
        """Return the same ports with another one for Home Assistant."""
        return replace(self, home_assistant=port)

    @property
    def all(self) -> tuple[int, ...]:
        """Return every port."""
        return (self.home_assistant, self.hub, *self.nodes.values())


@dataclass(slots=True)
class Stack:
    """Every process of a home; `speed` is how many times real time the house runs."""

    directory: Path
    ports: Ports
    speed: float = 1
    home: SimulatedHome = field(init=False)
    hub: Hub = field(init=False)
    home_assistant: HomeAssistant = field(init=False)

    def __post_init__(self) -> None:
        """Describe the processes."""
        self.home = SimulatedHome(
            self.directory / "home", self.ports.nodes, speed=self.speed
        )
        self.hub = Hub(self.directory / "hub", self.ports.hub, self.ports.nodes)
        self.home_assistant = HomeAssistant(
            self.directory / "homeassistant",
            self.ports.home_assistant,
            ROOT / "custom_components",
        )

    async def start(self) -> None:
        """Start everything at once and wait until all of it is ready."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.home.start())
            tasks.create_task(self.hub.start())
            tasks.create_task(self.home_assistant.start())

    async def set_up(self, devices: Iterable[str] = NODES) -> None:
        """Pair Home Assistant with the hub and let devices into the home."""
        client = self.home_assistant.client
        await integration.pair(client, self.hub)
        await integration.approve(client, devices)
        await self.wait_for_entities()

    async def wait_for_entities(self) -> Entities:
        """Wait until the zones have entities with a state; return all entities."""
        return await integration.wait_for_entities(self.home_assistant.client)

    async def stop(self) -> None:
        """Stop everything, Home Assistant first so that it misses nothing."""
        await self.home_assistant.stop()
        await self.hub.stop()
        await self.home.stop()

    async def wait_until_one_ends(self) -> Process:
        """Wait until any process ends; return it."""
        processes = (
            self.home_assistant.process,
            self.hub.process,
            self.home.process,
        )
        waiting = {
            asyncio.create_task(process.wait()): process for process in processes
        }
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return waiting[done.pop()]
