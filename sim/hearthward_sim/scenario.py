"""Scenarios: what happens to a home, and what must hold whatever happens. One TOML file each."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from .actions import AnyAction, Command, parse_action
from .people import parse_clock
from .weather import DAY

WEEKEND = ("saturday", "sunday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", *WEEKEND)
SCENARIOS = Path(__file__).parents[1] / "scenarios"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When a condition is looked at: home time from `since` to `until`, s, and daily hours."""

    since: float
    until: float
    hours: tuple[float, float] | None = None


class Condition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):  # fmt: skip
    """Something that must hold.

    `since` and `until` are moments ("2 06:30" is half past six on the second day; by default the
    whole run), `hours` daily hours ("06:30-22:00"), `why` what it protects.
    """

    why: str
    since: str | None = None
    until: str | None = None
    hours: str | None = None


class Range(Condition, frozen=True, tag="range"):
    """A temperature or other column of the plant stays within bounds."""

    column: str
    low: float | None = None
    high: float | None = None


class Moves(Condition, frozen=True, tag="moves"):
    """A zone's valve is told to move at most so often on any day."""

    zone: str
    per_day: int


class Starts(Condition, frozen=True, tag="starts"):
    """The burner, or another output, starts at most so often in any hour."""

    per_hour: int
    column: str = "burner"


class State(Condition, frozen=True, tag="state"):
    """A point says one of these all the while, from the moment at which it must have come true.

    `attribute` looks into a climate's body (mode, action, preset, target_temperature).
    """

    point: str
    one_of: tuple[str | float, ...]
    attribute: str | None = None


class Seen(Condition, frozen=True, tag="seen"):
    """An event is seen at least `times` and at most `at_most` times."""

    event: str
    point: str = "heater"
    times: int = 1
    at_most: int | None = None


class Follows(Condition, frozen=True, tag="follows"):
    """A zone's preset follows its schedule: within a minute of each of these times of day."""

    zone: str
    slots: dict[str, str]


class Reaches(Condition, frozen=True, tag="reaches"):
    """A column is at or beyond a value at least once."""

    column: str
    at_least: float | None = None
    at_most: float | None = None


class Booted(Condition, frozen=True, tag="booted"):
    """The node starts exactly so often."""

    times: int


type AnyCondition = Range | Moves | Starts | State | Seen | Follows | Reaches | Booted


class Step(msgspec.Struct, frozen=True):
    """An action and its moment, s of home time."""

    at: float
    action: AnyAction


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, ready to be run."""

    name: str
    title: str
    about: str
    start: datetime
    length: float
    tick: float
    seed: int
    home: dict[str, dict[str, float]]
    steps: tuple[Step, ...]
    must: tuple[AnyCondition, ...]


class _Schedules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone that heats by the same schedule on all weekdays and on both days of the weekend."""

    do: str
    zone: str
    weekday: str
    weekend: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario as it is written."""

    title: str
    about: str
    days: float
    start: date
    must: list[AnyCondition]
    tick: float = 1.0
    seed: int = 1
    home: dict[str, dict[str, float]] = {}
    do: list[dict[str, Any]] = []
    include: str | None = None


class _Shared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Actions that several scenarios begin with."""

    do: list[dict[str, Any]]


def scenario_names() -> tuple[str, ...]:
    """Return the names of all scenarios."""
    return tuple(sorted(path.stem for path in SCENARIOS.glob("*.toml")))


def load_scenario(name: str, timezone: str) -> Scenario:
    """Read a scenario by name or path.

    Raises ValueError with the file and what is wrong in it, FileNotFoundError when there is none.
    """
    path = Path(name) if name.endswith(".toml") else SCENARIOS / f"{name}.toml"
    if not path.exists():
        known = ", ".join(scenario_names())
        raise FileNotFoundError(f"There is no scenario '{name}'; there is {known}")
    try:
        return _read(path, timezone)
    except (msgspec.DecodeError, ValueError) as err:
        raise ValueError(f"{path}: {err}") from err


def parse_moment(text: str) -> float:
    """Return "DAY HH:MM" (the first day is 1) as seconds of home time."""
    day, separator, clock = text.partition(" ")
    if not separator or not day.isdigit() or int(day) < 1:
        raise ValueError(
            f"'{text}' is no moment; write the second day's 06:30 as '2 06:30'"
        )
    return (int(day) - 1) * DAY + parse_clock(clock)


def window_of(condition: Condition, length: float) -> Window:
    """Return when a condition is looked at in a run of `length` seconds."""
    hours = None
    if condition.hours is not None:
        begin, _, end = condition.hours.partition("-")
        hours = (parse_clock(begin), parse_clock(end))
    return Window(
        since=parse_moment(condition.since) if condition.since else 0.0,
        until=parse_moment(condition.until) if condition.until else length,
        hours=hours,
    )


def _steps(table: dict[str, Any]) -> list[Step]:
    """Read an action with its moment; a week's schedule of a zone is one command a day."""
    at = parse_moment(table.pop("at"))
    if table.get("do") != "schedules":
        return [Step(at, parse_action(table))]
    week = msgspec.convert(table, _Schedules)
    return [
        Step(at, Command(point=f"{week.zone}.zone", mode="heat")),
        *(
            Step(
                at,
                Command(
                    point=f"{week.zone}.schedule_{day}",
                    value=week.weekend if day in WEEKEND else week.weekday,
                ),
            )
            for day in WEEKDAYS
        ),
    ]


def _read(path: Path, timezone: str) -> Scenario:
    file = msgspec.toml.decode(path.read_bytes(), type=_File)
    length = file.days * DAY
    tables = file.do
    if file.include is not None:
        shared = SCENARIOS / "shared" / f"{file.include}.toml"
        tables = msgspec.toml.decode(shared.read_bytes(), type=_Shared).do + tables
    steps = [step for table in tables for step in _steps(dict(table))]
    for condition in file.must:
        window_of(condition, length)
    return Scenario(
        name=path.stem,
        title=file.title,
        about=file.about,
        start=datetime.combine(file.start, datetime.min.time(), ZoneInfo(timezone)),
        length=length,
        tick=file.tick,
        seed=file.seed,
        home=file.home,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        must=tuple(file.must),
    )
