"""What a reading must be to be believed, by the class of its point.

The limits are what can be in a home, or what its sensors can tell; docs/edge.md names the source
of each. They catch what is broken, not what is unusual: that is for people to decide.
"""

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from hearthward.model.deadletter import Reason
from hearthward.model.device import Point, PointKind
from hearthward.model.privacy import ALWAYS, DataClass, data_class

from . import units

type Reading = tuple[float | None, str | None, dict[str, object] | None]

UNKNOWN: Reading = (None, None, None)
"""What a point says that has no valid value."""

# A clock's jitter must not make a step out of a slope.
_SHORTEST = 1.0


class Limit(NamedTuple):
    """What a class of points can read, in `unit`; `rate` is how much it changes in a second."""

    unit: str
    low: float
    high: float
    rate: float = inf


LIMITS: Mapping[str, Limit] = {
    "aqi": Limit("", 0, 2000),
    "atmospheric_pressure": Limit("hPa", 300, 1200, rate=50),
    "battery": Limit("%", 0, 110, rate=20),
    "carbon_dioxide": Limit("ppm", 0, 100_000),
    "carbon_monoxide": Limit("ppm", 0, 1_000_000),
    "current": Limit("A", -10_000, 10_000),
    "data_size": Limit("B", 0, inf),
    "duration": Limit("s", 0, inf),
    "frequency": Limit("Hz", 0, 1e12),
    "humidity": Limit("%", -6, 119, rate=50),
    "illuminance": Limit("lx", 0, 200_000),
    "irradiance": Limit("W/m²", -50, 2000),
    "moisture": Limit("%", -6, 119),
    "ph": Limit("", -2, 16),
    "pm1": Limit("μg/m³", 0, 100_000),
    "pm10": Limit("μg/m³", 0, 100_000),
    "pm25": Limit("μg/m³", 0, 100_000),
    "power": Limit("kW", -10_000, 10_000),
    "power_factor": Limit("%", -100, 100),
    "precipitation": Limit("mm", 0, 30_000),
    "precipitation_intensity": Limit("mm/h", 0, 3000),
    "pressure": Limit("bar", -2, 5000),
    "signal_strength": Limit("dBm", -200, 100),
    "sound_pressure": Limit("dB", -20, 194),
    "temperature": Limit("°C", -90, 1800, rate=10),
    "voltage": Limit("kV", -100, 100),
    "volatile_organic_compounds": Limit("μg/m³", 0, 1_000_000),
    "volatile_organic_compounds_parts": Limit("ppb", 0, 1_000_000),
    "wind_direction": Limit("°", -180, 360),
    "wind_speed": Limit("m/s", 0, 150),
}

_ANYTHING = Limit("", -inf, inf)
_ON_OFF = Limit("", 0, 1)
_KINDS = {
    PointKind.BINARY_SENSOR: _ON_OFF,
    PointKind.CLIMATE: Limit("°C", -90, 1800),
    PointKind.SWITCH: _ON_OFF,
}

_HIDING = (Reason.WRONG_UNIT, Reason.OUT_OF_RANGE, Reason.IMPLAUSIBLE_RATE)

# What a person has to hear of at once.
_ALARMS = frozenset(
    {
        "carbon_monoxide",
        "cold",
        "gas",
        "heat",
        "moisture",
        "problem",
        "safety",
        "smoke",
        "tamper",
    }
)


class RejectedError(Exception):
    """An observation is not believed; the message says what to do."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Name the reason and say what to do."""
        super().__init__(detail)
        self.reason = reason

    @property
    def hides(self) -> bool:
        """Whether the point says something that nobody knows now."""
        return self.reason in _HIDING


class Gauge:
    """A point as the gateway sees it: what it may read and what it said last."""

    __slots__ = (
        "heard",
        "high",
        "low",
        "point",
        "privacy",
        "rate",
        "said",
        "steep",
        "suspect",
        "trusted",
        "unit",
        "urgent",
    )

    def __init__(self, point: Point) -> None:
        """Take the limits of the point's class, in the point's unit."""
        self.point = point
        self.unit = point.unit
        self.low, self.high, self.rate = _limits(point)
        self.urgent = is_alarm(point)
        kind = data_class(point)
        self.privacy: DataClass | None = None if kind in ALWAYS else kind
        # Whether its changes have a limit at all.
        self.steep = self.rate < inf
        # What was said last, and the time at which that was so; None: that is not known here.
        self.heard: float | None = None
        self.said = UNKNOWN
        # The last number that was believed, and one that was too sudden, each with its time.
        self.trusted: tuple[float, float] | None = None
        self.suspect: tuple[float, float] | None = None

    def believe(
        self, value: float, unit: str | None, ts: float, *, retried: bool = False
    ) -> float:
        """Return a number in the point's unit; one that is `retried` may confirm itself.

        Raises:
            RejectedError: The unit is foreign, no such number can be, or it changed too fast.

        """
        if unit is not None and unit != self.unit:
            value = self._converted(value, unit)
        if not self.low <= value <= self.high:
            raise RejectedError(
                Reason.OUT_OF_RANGE,
                f"{self.point.id} says {value:g}, beyond {self.low:g} to {self.high:g}"
                f"{_unit(self.unit)}: check the sensor, its wiring and the unit",
            )
        if self.steep:
            self._steady(value, ts, retried)
        return value

    def _steady(self, value: float, ts: float, retried: bool) -> None:
        """Take a number that follows from the one before.

        A step is not believed at first; when the next reading confirms it, it is. The same
        reading once more confirms nothing, unless a person says so.

        Raises:
            RejectedError: It changed faster than such a thing can.

        """
        trusted, suspect = self.trusted, self.suspect
        if trusted is not None:
            if ts <= trusted[1]:
                return
            small = abs(value - trusted[0]) <= self.rate * _SHORTEST
            if not (
                small
                or self._follows(value, ts, trusted)
                or (
                    suspect is not None
                    and (ts > suspect[1] or retried)
                    and self._follows(value, ts, suspect)
                )
            ):
                self.suspect = (value, ts)
                raise RejectedError(
                    Reason.IMPLAUSIBLE_RATE,
                    f"{self.point.id} went from {trusted[0]:g} to {value:g}"
                    f"{_unit(self.unit)} in {ts - trusted[1]:.1f} s, more than "
                    f"{self.rate:g} a second: check the sensor and its wiring",
                )
        self.trusted = (value, ts)
        self.suspect = None

    def _follows(self, value: float, ts: float, known: tuple[float, float]) -> bool:
        change = abs(value - known[0])
        return change <= self.rate * max(abs(ts - known[1]), _SHORTEST)

    def _converted(self, value: float, unit: str) -> float:
        into = None if self.unit is None else units.scale(unit, self.unit)
        if into is None:
            raise RejectedError(
                Reason.WRONG_UNIT,
                f"{self.point.id} has {_own(self.unit)}, which {unit[:32]!r} does not "
                "become: correct the unit of the observation, or that of the point in "
                "the device's hello",
            )
        return into(value)


def is_alarm(point: Point) -> bool:
    """Tell whether what a point says must be stored before all else.

    That is what happens at an event point (a call button, a trip) and what tells of danger.
    """
    if point.kind is PointKind.BINARY_SENSOR:
        return point.device_class in _ALARMS
    return point.kind is PointKind.EVENT


def _limits(point: Point) -> tuple[float, float, float]:
    """Return the lowest and highest number and the steepest slope, in the point's unit."""
    limit = _KINDS.get(point.kind)
    if limit is None and point.kind is PointKind.SENSOR:
        limit = LIMITS.get(point.device_class or "")
    limit = limit or _ANYTHING
    into = units.scale(limit.unit, limit.unit if point.unit is None else point.unit)
    if into is None:
        # A class with a unit that is not its own: better no limit than a wrong one.
        return _ANYTHING.low, _ANYTHING.high, _ANYTHING.rate
    return into(limit.low), into(limit.high), limit.rate * into.factor


def _own(unit: str | None) -> str:
    return "no unit" if unit is None else f"the unit {unit!r}"


def _unit(unit: str | None) -> str:
    return f" {unit}" if unit else ""
