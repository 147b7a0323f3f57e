"""Judge a run: whether every condition of its scenario holds, and the worst that was seen."""

from functools import singledispatch

import msgspec
import numpy as np
from numpy.typing import NDArray

from .people import parse_clock
from .scenario import (
    AnyCondition,
    Booted,
    Condition,
    Follows,
    Moves,
    Range,
    Reaches,
    Scenario,
    Seen,
    Starts,
    State,
    Window,
    window_of,
)
from .trace import Said, Trace
from .weather import DAY, HOUR

# A command that differs by less than this is the same to a motorised valve.
SAME_OPENING = 0.02
TO_THE_MINUTE = 60.0

type Mask = NDArray[np.bool_]


class Finding(msgspec.Struct, frozen=True):
    """Whether a condition holds; `worst` is what came nearest to breaking it or broke it."""

    holds: bool
    what: str
    worst: str
    why: str


def judge_all(scenario: Scenario, trace: Trace) -> list[Finding]:
    """Judge every condition of a scenario."""
    return [_find(condition, scenario, trace) for condition in scenario.must]


def moment(at: float) -> str:
    """Return a moment of home time as a person reads it: "day 2 06:30"."""
    day, rest = divmod(at, DAY)
    hours, rest = divmod(rest, HOUR)
    return f"day {int(day) + 1} {int(hours):02d}:{int(rest // 60):02d}"


def _find(condition: AnyCondition, scenario: Scenario, trace: Trace) -> Finding:
    window = window_of(condition, scenario.length)
    holds, what, worst = judge(condition, window, trace)
    return Finding(holds, f"{what}{_when(condition)}", worst, condition.why)


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _when(condition: Condition) -> str:
    text = ""
    if condition.since:
        text += f" from day {condition.since}"
    if condition.until:
        text += f" until day {condition.until}"
    if condition.hours:
        text += f", {condition.hours}"
    return text


@singledispatch
def judge(condition: Condition, window: Window, trace: Trace) -> tuple[bool, str, str]:
    """Return whether a condition holds, what it says and the worst that was seen."""
    raise TypeError(f"Nothing judges {type(condition).__name__}")


@judge.register
def _(condition: Range, window: Window, trace: Trace) -> tuple[bool, str, str]:
    times, values = _within(window, trace, condition.column)
    low, high = condition.low, condition.high
    lowest, highest = int(values.argmin()), int(values.argmax())
    holds = (low is None or values[lowest] >= low) and (
        high is None or values[highest] <= high
    )
    bounds = " and ".join(
        text
        for text in (
            f"at least {low:g}" if low is not None else "",
            f"at most {high:g}" if high is not None else "",
        )
        if text
    )
    seen = []
    if low is not None:
        seen.append(f"lowest {values[lowest]:.2f} on {moment(times[lowest])}")
    if high is not None:
        seen.append(f"highest {values[highest]:.2f} on {moment(times[highest])}")
    return bool(holds), f"{condition.column} is {bounds}", "; ".join(seen)


@judge.register
def _(condition: Reaches, window: Window, trace: Trace) -> tuple[bool, str, str]:
    times, values = _within(window, trace, condition.column)
    if condition.at_least is not None:
        best = int(values.argmax())
        holds, bound = values[best] >= condition.at_least, condition.at_least
        what = f"{condition.column} reaches {bound:g}"
    else:
        best = int(values.argmin())
        bound = condition.at_most if condition.at_most is not None else 0.0
        holds, what = values[best] <= bound, f"{condition.column} falls to {bound:g}"
    return bool(holds), what, f"{values[best]:.2f} on {moment(times[best])}"


@judge.register
def _(condition: Moves, window: Window, trace: Trace) -> tuple[bool, str, str]:
    times, command = _within(window, trace, f"{condition.zone}.command")
    moved = times[1:][np.abs(np.diff(command)) > SAME_OPENING]
    per_day = np.bincount((moved // DAY).astype(int), minlength=1)
    worst = int(per_day.argmax())
    return (
        bool(per_day[worst] <= condition.per_day),
        f"valve of {condition.zone} moves at most {condition.per_day} times a day",
        f"{per_day[worst]} on day {worst + 1}",
    )


@judge.register
def _(condition: Starts, window: Window, trace: Trace) -> tuple[bool, str, str]:
    times, level = _within(window, trace, condition.column)
    on = level > SAME_OPENING
    starts = times[1:][on[1:] & ~on[:-1]]
    # The starts in the hour that ends with each start.
    counts = np.arange(1, len(starts) + 1) - np.searchsorted(starts, starts - HOUR)
    worst = int(counts.argmax()) if len(counts) else 0
    seen = f"{counts[worst]} on {moment(starts[worst])}" if len(counts) else "never on"
    return (
        bool(len(counts) == 0 or counts[worst] <= condition.per_hour),
        f"the {condition.column} starts at most {condition.per_hour} times in an hour",
        f"{seen}; {len(starts)} in all",
    )


@judge.register
def _(condition: State, window: Window, trace: Trace) -> tuple[bool, str, str]:
    wanted = " or ".join(str(value) for value in condition.one_of)
    name = condition.point + (f" {condition.attribute}" if condition.attribute else "")
    what = f"{name} is {wanted}"
    known: str | float | None = None
    worst = ""
    holds = True

    def wrong(at: float) -> None:
        nonlocal worst, holds
        if holds and known not in condition.one_of:
            holds, worst = False, f"{known} on {moment(at)}"

    entered = False
    for said in trace.point(condition.point):
        if said.at >= window.until:
            break
        if said.at >= window.since and not entered:
            entered = True
            wrong(window.since)
        known = _value(said, condition.attribute)
        if entered:
            wrong(said.at)
    if not entered:
        wrong(window.since)
    return holds, what, worst or f"always {known}"


@judge.register
def _(condition: Seen, window: Window, trace: Trace) -> tuple[bool, str, str]:
    seen = [
        said.at
        for said in trace.point(condition.point)
        if said.observation.text == condition.event
        and window.since <= said.at < window.until
    ]
    holds = len(seen) >= condition.times and (
        condition.at_most is None or len(seen) <= condition.at_most
    )
    what = f"event {condition.event} is seen at least {_times(condition.times)}"
    if condition.at_most is not None:
        what += f" and at most {_times(condition.at_most)}"
    first = f", first on {moment(seen[0])}" if seen else ""
    return holds, what, f"{_times(len(seen))}{first}"


@judge.register
def _(condition: Follows, window: Window, trace: Trace) -> tuple[bool, str, str]:
    changes = [
        (said.at, str(_value(said, "preset")))
        for said in trace.point(f"{condition.zone}.zone")
    ]
    worst, late = "", 0.0
    holds = True
    for at, preset in _due(condition, window):
        delay = _delay(changes, at, preset)
        if delay is None or delay > TO_THE_MINUTE:
            holds, worst = False, f"not {preset} by {moment(at + TO_THE_MINUTE)}"
            break
        if delay >= late:
            late, worst = delay, f"{preset} {delay:.0f} s after {moment(at)}"
    plan = ", ".join(f"{clock} {preset}" for clock, preset in condition.slots.items())
    return holds, f"{condition.zone} follows {plan} to the minute", worst


@judge.register
def _(condition: Booted, window: Window, trace: Trace) -> tuple[bool, str, str]:
    return (
        trace.boots == condition.times,
        f"the node starts {_times(condition.times)}",
        _times(trace.boots),
    )


def _due(condition: Follows, window: Window) -> list[tuple[float, str]]:
    return [
        (at, preset)
        for day in range(int(window.until // DAY) + 1)
        for clock, preset in condition.slots.items()
        if window.since <= (at := day * DAY + parse_clock(clock)) < window.until - 60
    ]


def _delay(changes: list[tuple[float, str]], at: float, preset: str) -> float | None:
    """Return how long after `at` the preset is in force; None when it never comes."""
    known = None
    for when, value in changes:
        if when > at and known == preset:
            return 0.0
        known = value
        if when >= at and value == preset:
            return when - at
    return 0.0 if known == preset else None


def _value(said: Said, attribute: str | None) -> str | float | None:
    observation = said.observation
    if attribute is not None:
        value = (observation.body or {}).get(attribute)
        return value if isinstance(value, str | float) else None
    return observation.text if observation.text is not None else observation.value


def _within(
    window: Window, trace: Trace, column: str
) -> tuple[NDArray[np.floating], NDArray[np.float32]]:
    times, values = trace.times(), trace.series(column)
    mask: Mask = (times > window.since) & (times <= window.until)
    if window.hours is not None:
        begin, end = window.hours
        clock = times % DAY
        mask &= (
            (clock >= begin) & (clock < end)
            if begin < end
            else (clock >= begin) | (clock < end)
        )
    if not mask.any():
        raise ValueError(f"Nothing was recorded of {column} in its time")
    return times[mask], values[mask]
