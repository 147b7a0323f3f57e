"""A node on the bench: its real firmware wired to the plant, time in our hands, an API client beside.

Home time passes only in `run` and `until`, so nothing here depends on how fast this machine is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from shutil import copy2
import socket
from tempfile import gettempdir
from zoneinfo import ZoneInfo

from aioesphomeapi import (
    ClimateInfo,
    ClimateMode,
    ClimatePreset,
    ClimateState,
    DeviceInfo,
    EntityInfo,
    EntityState,
    Event,
)
from aioesphomeapi.client import APIClient

from hearthward_sim.actions import PlantAction, Temperatures
from hearthward_sim.build import Firmware, build
from hearthward_sim.node import Program
from hearthward_sim.parameters import load_home
from hearthward_sim.world import World

MONDAY = datetime(2026, 1, 12, 5, 0, tzinfo=ZoneInfo("Europe/Berlin"))
# The client's own liveness checks go by the real clock, which has no say here.
NEVER = 1e6
PACE = 0.02

type Key = tuple[int, int]
type PointId = str


class Bench:
    """One node, its plant and a client."""

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        start: datetime = MONDAY,
        step: float = 1.0,
    ) -> None:
        """Prepare a node that is still without power."""
        self.name = name
        self._directory = directory
        self._step = step
        self._start = start
        firmware = _firmware(name)
        # A copy: a node replaces its program in an update, and others build meanwhile.
        binary = Path(copy2(firmware.programs[name], directory / "program"))
        self._program = Program(
            name=name,
            binary=binary,
            preload=firmware.preload,
            directory=directory / name,
            api_port=_free_port(),
            ota_port=_free_port(),
        )
        self.world = World(
            load_home(), [self._program], directory, start=start, virtual=True
        )
        self.pumps: list[Callable[[], None]] = []
        """What is called after each step, for peers of the node beside the plant."""
        self.info: DeviceInfo
        self.entities: dict[PointId, EntityInfo] = {}
        self.states: dict[PointId, EntityState] = {}
        self.events: list[tuple[PointId, str]] = []
        self.heard: list[tuple[float, PointId, EntityState]] = []
        self._points: dict[Key, PointId] = {}
        self._client: APIClient | None = None

    @property
    def log(self) -> str:
        """Return what the node has logged."""
        return (self._program.directory / "node.log").read_text(errors="replace")

    @property
    def program(self) -> Path:
        """Return the file of the node's program."""
        return self._program.binary

    @property
    def ota_port(self) -> int:
        """Return the port that takes updates."""
        return self._program.ota_port

    @property
    def outputs(self) -> dict[str, float]:
        """Return what the node drives."""
        return self.world.plant.outputs

    def apply(self, *actions: PlantAction) -> None:
        """Do something to the home."""
        for action in actions:
            self.world.plant.apply(action)

    def heat(self, **temperatures: float) -> None:
        """Put coolant or zones at temperatures; `living_room__air` is `living_room.air`."""
        values = {key.replace("__", "."): value for key, value in temperatures.items()}
        self.apply(Temperatures(values=values))

    async def start(self) -> None:
        """Switch the node on and connect."""
        await self.run(3)
        await self.connect()

    async def connect(self) -> None:
        """Connect a client, learn the entities and follow their states."""
        client = APIClient(
            "127.0.0.1", self._program.api_port, keepalive=NEVER,
            addresses=["127.0.0.1"], provide_time=False,
        )  # fmt: skip
        await self._live(client.connect(log_errors=False))
        self._client = client
        self.info, entities, _ = await self._live(
            client.device_info_and_list_entities()
        )
        zones = {device.device_id: device.name for device in self.info.devices}
        self._points = {
            (entity.device_id, entity.key): _point_id(entity, zones)
            for entity in entities
        }
        self.entities = {
            self._points[entity.device_id, entity.key]: entity for entity in entities
        }
        self.states = {}
        client.subscribe_states(self._take)
        await self.run(2)

    async def disconnect(self) -> None:
        """Let the client hang up."""
        if self._client is not None:
            await self._client.disconnect(force=True)
            self._client = None

    async def restart(self) -> None:
        """Ask the program to save and end, start it again and connect."""
        await self.disconnect()
        node = self.world.nodes[self.name]
        node.stop()
        node.switch_on(self.world.now)
        await self.start()

    async def power_cut(self) -> None:
        """Take the power away without warning, give it back and connect."""
        await self.disconnect()
        node = self.world.nodes[self.name]
        node.cut()
        node.switch_on(self.world.now)
        await self.start()

    async def close(self) -> None:
        """Stop everything."""
        await self.disconnect()
        self.world.close()

    async def run(self, seconds: float) -> None:
        """Let home time pass."""
        for _ in range(round(seconds / self._step)):
            await self._tick()

    async def until(
        self, condition: Callable[[], bool], what: str, within: float = 3600
    ) -> None:
        """Let home time pass until something is so, `within` seconds of it."""
        for _ in range(round(within / self._step)):
            if condition():
                return
            await self._tick()
        assert condition(), f"not within {within:.0f} s of home time: {what}"

    async def paced_until(self, condition: Callable[[], bool], what: str) -> None:
        """Let home time pass no faster than real time: for peers that live in real time."""
        async with asyncio.timeout(120):
            while not condition():
                self.world.step(PACE)
                await asyncio.sleep(PACE)
        assert condition(), what

    async def says(self, point: PointId, state: object, within: float = 60) -> None:
        """Let home time pass until a point has this state."""
        await self.until(
            lambda: self.state(point) == state,
            f"{point} says {state!r}, not {self.state(point)!r}",
            within,
        )

    def state(self, point: PointId) -> object:
        """Return the state of a point, None before there is one."""
        return getattr(self.states.get(point), "state", None)

    def climate(self, zone: str) -> ClimateState:
        """Return the climate state of a zone."""
        state = self.states[f"{zone}.zone"]
        assert isinstance(state, ClimateState)
        return state

    def number(self, point: PointId) -> float:
        """Return the state of a number or sensor."""
        value = self.state(point)
        assert isinstance(value, float)
        return value

    async def press(self, point: PointId) -> None:
        """Press a button of the API."""
        entity = self.entities[point]
        self.client.button_command(entity.key, entity.device_id)
        await self.run(2)

    async def set(self, point: PointId, value: float | str | bool) -> None:
        """Set a number, a text or a switch."""
        entity = self.entities[point]
        match value:
            case bool():
                self.client.switch_command(entity.key, value, entity.device_id)
            case str():
                self.client.text_command(entity.key, value, entity.device_id)
            case _:
                self.client.number_command(entity.key, value, entity.device_id)
        await self.run(2)

    async def control(
        self,
        zone: str,
        *,
        mode: ClimateMode | None = None,
        preset: str | None = None,
        target: float | None = None,
    ) -> None:
        """Control a zone. Presets are eco, normal, boost."""
        entity = self.entities[f"{zone}.zone"]
        assert isinstance(entity, ClimateInfo)
        known = {"eco": ClimatePreset.ECO, "boost": ClimatePreset.BOOST}
        self.client.climate_command(
            entity.key,
            mode=mode,
            target_temperature=target,
            preset=known.get(preset or ""),
            custom_preset="normal" if preset == "normal" else None,
            device_id=entity.device_id,
        )
        await self.run(2)

    @property
    def client(self) -> APIClient:
        """Return the connected client."""
        assert self._client is not None
        return self._client

    async def _tick(self) -> None:
        self.world.step(self._step)
        for pump in self.pumps:
            pump()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _live[T](self, answer: Awaitable[T]) -> T:
        """Let home time pass until the node has answered."""
        task = asyncio.ensure_future(answer)
        while not task.done():
            await self._tick()
            await asyncio.sleep(0.002)
        return await task

    def _take(self, state: EntityState) -> None:
        point = self._points[state.device_id, state.key]
        self.heard.append((self.world.now, point, state))
        if isinstance(state, Event):
            self.events.append((point, state.event_type))
        else:
            self.states[point] = state


@cache
def _firmware(name: str) -> Firmware:
    return build(lambda line: None, (name,))


def _point_id(entity: EntityInfo, zones: dict[int, str]) -> PointId:
    if not entity.device_id:
        return entity.object_id
    zone = zones[entity.device_id].lower().replace(" ", "_")
    return f"{zone}.{entity.object_id}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def short_directory(tmp_path: Path) -> Iterator[Path]:
    """Yield a link to a directory that is short enough for a unix socket."""
    link = Path(gettempdir()) / f"hw-{abs(hash(tmp_path)) % 10**8}"
    link.symlink_to(tmp_path)
    try:
        yield link
    finally:
        link.unlink()
