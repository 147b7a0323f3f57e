"""The home as its nodes meet it: outputs that drive it, sensors that read it, and faults.

The only mutable thing in the plant is this holder; what happens in a step is in `physics`.
"""

from collections.abc import Callable
from functools import singledispatchmethod
from operator import attrgetter
from random import Random

import msgspec

from . import actions
from .actions import PlantAction, SensorFault
from .parameters import Home, Room
from .people import water_drawn, windows_open
from .physics import Drive, PlantState, ZoneState, advance
from .weather import Outside, Sky

SILENT = None
"""What a reading is when the sensor does not answer."""

# Weather and habits are looked at every so often, s of home time.
LOOK_EVERY = 10.0
INDOOR = 18.0
WATER = 40.0

type Look = Callable[[PlantState], float]

_AT_REST = {
    "button": 0.0,
    "cord": 0.0,
    "cancel": 0.0,
    "motion": 0.0,
    "contact": 0.0,
    "battery": 87.0,
    "humidity": 43.0,
}


class Held(msgspec.Struct, frozen=True):
    """A button that is held until a moment of home time."""

    until: float


class Plant:
    """The simulated home. Times are seconds of home time since the start."""

    def __init__(self, home: Home, *, seed: int = 1, local_start: float = 0.0) -> None:
        """Build the home.

        `local_start` is the local time of day at the start, in seconds since midnight.
        """
        self.home = home
        self.now = 0.0
        self.local_start = local_start
        self.weather = home.weather
        self.outputs: dict[str, float] = {}
        self.state = PlantState(
            zones=tuple(
                ZoneState(INDOOR, INDOOR - 2.0, INDOOR)
                if isinstance(zone, Room)
                else ZoneState(water=WATER)
                for zone in home.zone
            ),
            coolant=25.0,
        )
        self.outside = Outside(home.weather.mean, home.weather.wind)
        self.windows: tuple[float, ...] = tuple(0.0 for _ in home.zone)
        self._sky = Sky(seed)
        self._random = Random(seed + 1)
        self._sensors = _sensors(home)
        self._index = {zone.id: index for index, zone in enumerate(home.zone)}
        self._window_orders: dict[str, float] = {}
        self._draw_order: float | None = None
        self._drawn = 0.0
        self._look_at = 0.0
        self._faults: dict[str, actions.Sensor] = {}
        self._frozen: dict[str, float] = {}
        self._jammed: set[str] = set()
        self._welded: dict[str, float] = {}
        self._fuel = True
        self._held: dict[str, Held] = {}
        self._values: dict[str, float] = {}

    def _look_around(self) -> None:
        """See what the weather and the people do; both change slowly."""
        self._look_at = self.now + LOOK_EVERY
        self.outside = self._sky.outside(self.weather, self.local)
        self.windows = self._windows()
        drawn = self._draw_order
        self._drawn = (
            water_drawn(self.home.people, self.local) if drawn is None else drawn
        )

    @property
    def local(self) -> float:
        """Return seconds since local midnight of the first day."""
        return self.local_start + self.now

    def tick(self, seconds: float) -> None:
        """Let time pass under what the nodes last asked for."""
        if self.now >= self._look_at:
            self._look_around()
        self.state = advance(self.home, self.state, self._drive(), seconds)
        self.now += seconds
        for channel in [c for c, held in self._held.items() if self.now >= held.until]:
            del self._held[channel]

    def drive(self, channel: str, value: float) -> None:
        """Take what a node's output says."""
        self.outputs[channel] = value

    def release(self, channels: set[str]) -> None:
        """Let outputs fall to rest because their node has lost its power.

        Relays open; motorised valves have no spring and stay where they are.
        """
        for channel in channels:
            if not channel.endswith(".valve"):
                self.outputs[channel] = 0.0
            else:
                self.outputs[channel] = self._zone(channel.removesuffix(".valve")).valve

    def read(self, node: str, channel: str) -> float | None:
        """Return what a node's sensor reads: a number, NaN, or SILENT."""
        fault = self._faults.get(channel)
        if fault is None:
            return self._measure(node, channel)
        match fault.fault:
            case SensorFault.SILENT:
                return SILENT
            case SensorFault.BROKEN:
                return float("nan")
            case SensorFault.STUCK:
                return fault.value
            case SensorFault.OFFSET:
                return self._measure(node, channel) + fault.value
            case _:
                return self._frozen[channel]

    @singledispatchmethod
    def apply(self, action: PlantAction) -> None:
        """Do something to the home.

        Raise ValueError for a zone or channel that it does not have.
        """
        raise TypeError(f"The plant cannot {action}")

    @apply.register
    def _(self, action: actions.Window) -> None:
        self._zone(action.zone)
        if action.open is None:
            self._window_orders.pop(action.zone, None)
        else:
            self._window_orders[action.zone] = action.open
        self._look_at = self.now

    @apply.register
    def _(self, action: actions.Draw) -> None:
        self._draw_order = action.liters_per_minute
        self._look_at = self.now

    @apply.register
    def _(self, action: actions.Sensor) -> None:
        if self._true(action.channel) is None:
            raise ValueError(f"The home has no sensor '{action.channel}'")
        if action.fault is SensorFault.NONE:
            self._faults.pop(action.channel, None)
            return
        self._frozen[action.channel] = self._measure("", action.channel)
        self._faults[action.channel] = action

    @apply.register
    def _(self, action: actions.Valve) -> None:
        zone = self._zone(action.zone)
        if not action.stuck:
            self._jammed.discard(action.zone)
            return
        self._jammed.add(action.zone)
        at = zone.valve if action.at_opening is None else action.at_opening
        self._put(action.zone, msgspec.structs.replace(zone, valve=at))

    @apply.register
    def _(self, action: actions.Relay) -> None:
        if action.stuck is None:
            self._welded.pop(action.channel, None)
        else:
            self._welded[action.channel] = action.stuck

    @apply.register
    def _(self, action: actions.Fuel) -> None:
        self._fuel = action.on

    @apply.register
    def _(self, action: actions.Press) -> None:
        self._held[action.channel] = Held(self.now + action.seconds)

    @apply.register
    def _(self, action: actions.Set) -> None:
        if action.value is None:
            self._values.pop(action.channel, None)
        else:
            self._values[action.channel] = action.value

    @apply.register
    def _(self, action: actions.Weather) -> None:
        changed = {
            name: value
            for name in ("mean", "swing", "noise", "wind")
            if (value := getattr(action, name)) is not None
        }
        self.weather = msgspec.structs.replace(self.weather, **changed)
        self._look_at = self.now

    @apply.register
    def _(self, action: actions.Temperatures) -> None:
        for name, value in action.values.items():
            if name == "coolant":
                self.state = msgspec.structs.replace(self.state, coolant=value)
                continue
            zone_id, _, part = name.partition(".")
            if part not in ("air", "mass", "floor", "water"):
                raise ValueError(
                    f"'{name}' is no temperature; write zone.air, zone.mass, zone.floor, "
                    "zone.water or coolant"
                )
            zone = self._zone(zone_id)
            self._put(zone_id, msgspec.structs.replace(zone, **{part: value}))

    def _zone(self, zone_id: str) -> ZoneState:
        if zone_id not in self._index:
            known = ", ".join(self._index)
            raise ValueError(f"The home has no zone '{zone_id}'; it has {known}")
        return self.state.zones[self._index[zone_id]]

    def _put(self, zone_id: str, zone: ZoneState) -> None:
        zones = list(self.state.zones)
        zones[self._index[zone_id]] = zone
        self.state = msgspec.structs.replace(self.state, zones=tuple(zones))

    def _windows(self) -> tuple[float, ...]:
        opened = windows_open(self.home, self.local)
        if not self._window_orders:
            return opened
        return tuple(
            self._window_orders.get(zone.id, habit)
            for zone, habit in zip(self.home.zone, opened, strict=True)
        )

    def _output(self, channel: str) -> float:
        value = self._welded.get(channel)
        return self.outputs.get(channel, 0.0) if value is None else value

    def _drive(self) -> Drive:
        return Drive(
            valves=tuple(
                None
                if zone.id in self._jammed
                else self.outputs.get(f"{zone.id}.valve")
                for zone in self.home.zone
            ),
            windows=self.windows,
            burner=self._output("burner"),
            pump=self._output("pump") >= 0.5,
            fan=self._output("fan"),
            dump=self._output("dump"),
            outside=self.outside.temperature,
            wind=self.outside.wind,
            draw=self._drawn,
            fuel=self._fuel,
        )

    def _true(self, channel: str) -> float | None:
        """Return what a perfect sensor would read, or None if there is no such sensor."""
        look = self._sensors.get(channel)
        return self._extra(channel) if look is None else look(self.state)

    def _extra(self, channel: str) -> float | None:
        if channel in self._held:
            return 1.0
        if channel in self._values:
            return self._values[channel]
        return _AT_REST.get(channel)

    def _measure(self, node: str, channel: str) -> float:
        """Return what a sound sensor reads, with its noise and resolution."""
        value = self._values.get(f"{node}:{channel}")
        if value is not None:
            return value
        value = self._true(channel)
        if value is None:
            return float("nan")
        figures = self.home.sensors
        if channel in _EXACT or channel in _AT_REST:
            return value
        if channel == "flow":
            noise, resolution = figures.flow_noise, figures.flow_resolution
            value = max(0.0, value + self._random.gauss(0.0, noise))
        else:
            noise, resolution = figures.noise, figures.resolution
            value += self._random.gauss(0.0, noise)
        return round(value / resolution) * resolution


def _sensors(home: Home) -> dict[str, Look]:
    """Return where in the state each of the home's sensors looks."""
    sensors = dict(_SIMPLE)
    for index, zone in enumerate(home.zone):
        parts = ("air", "floor") if isinstance(zone, Room) else ("water",)
        for part in parts:
            sensors[f"{zone.id}.{part}"] = _looks_at(index, part)
    return sensors


def _looks_at(index: int, part: str) -> Look:
    take = attrgetter(part)

    def look(state: PlantState) -> float:
        value: float = take(state.zones[index])
        return value

    return look


def _first_air(state: PlantState) -> float:
    return state.zones[0].air


_SIMPLE: dict[str, Look] = {
    "coolant": lambda state: state.coolant,
    "flow": lambda state: state.flow,
    "burner_feedback": lambda state: 1.0 if state.burner.flame else 0.0,
    # The sensor node stands in the first room.
    "temperature": _first_air,
}
_EXACT = frozenset({"burner_feedback"})
