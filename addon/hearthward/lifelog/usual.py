"""What is usual, from what was: robust, by time of day and day of week, and nothing stored.

Days are compared by the clock on the wall, so that a change to summer time changes nothing. They
are learned from with those of their kind (working days, weekends); where the same weekday was
later, longer or wider than its kind, that is usual too. Medians, quantiles and median absolute
deviations make up the rest: a few odd days do not move them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hearthward.config import BaselineSettings

# The day of a person begins at this hour; whoever is up before is up late.
MORNING = 4

# Not the first days of a series, nor a stretch without any activity, show what is usual. But
# where nothing happens on more than this part of days, nothing can be missed.
_AWAY_DAYS = 2
_AWAY_SHARE = 1 / 3

# A kind of day needs so many examples to be told from the others; a weekday of its own, so many.
_KIND_DAYS = 5
_WEEKDAY_DAYS = 3

# What most examples of a weekday of its own show is usual too.
_MOST = 0.75

# The spread of a normal distribution from its median absolute deviation.
_NORMAL = 1.4826

# A value that hardly ever changes may still change by this part of itself.
_STILL = 0.02

# Silence is looked at also this much before and after the time of day.
_NEIGHBOR = timedelta(minutes=30)

# A silence is unusual when, but for one day, none was as long, and this much longer.
_LONGEST = 2
_QUIET = 1_800.0


class Days(NamedTuple):
    """Days that teach: those of the same kind as a day, and those of the same weekday."""

    alike: tuple[date, ...]
    weekday: tuple[date, ...]


class Late(NamedTuple):
    """By when there usually is a first activity, and from when on none is unusual."""

    usual: float
    limit: float


class Silence(NamedTuple):
    """How long nothing happened, how long is usual and what is not, in seconds."""

    seconds: float
    usual: float
    limit: float


class Range(NamedTuple):
    """What a value usually is."""

    low: float
    median: float
    high: float


def moment(day: date, at: time, zone: ZoneInfo) -> float:
    """Return a local time of a day in seconds since the epoch."""
    return datetime.combine(day, at, zone).timestamp()


def clock(ts: float, zone: ZoneInfo) -> datetime:
    """Return what the clock on the wall shows."""
    return datetime.fromtimestamp(ts, zone)


def day_of(ts: float, zone: ZoneInfo) -> date:
    """Return the day of a person, which begins in the morning."""
    return (clock(ts, zone).replace(tzinfo=None) - timedelta(hours=MORNING)).date()


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest of the values that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value, the mean of both when there are two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def teaching(
    today: date, known: Sequence[date], settings: BaselineSettings
) -> Days | None:
    """Return which of the known days tell what is usual today; None if they are too few."""
    if len(known) < settings.minimum_days:
        return None
    alike = [day for day in known if _kind(day) == _kind(today)]
    if len(alike) < _KIND_DAYS:
        return None
    weekday = [day for day in alike if day.weekday() == today.weekday()]
    if len(weekday) < _WEEKDAY_DAYS:
        weekday = []
    return Days(tuple(alike), tuple(weekday))


def _kind(day: date) -> bool:
    return day.weekday() >= 5


def present(days: Sequence[date], active: set[date]) -> list[date]:
    """Return the days without stretches of absence; none where absence is the rule."""
    found: list[date] = []
    quiet: list[date] = []
    for day in days:
        quiet = [] if day in active else [*quiet, day]
        found.append(day)
        if len(quiet) == _AWAY_DAYS:
            del found[-_AWAY_DAYS:]
        elif len(quiet) > _AWAY_DAYS:
            found.pop()
    return found if len(found) > len(days) * (1 - _AWAY_SHARE) else []


def firsts(times: Sequence[float], zone: ZoneInfo) -> dict[date, float]:
    """Return the first of ascending times on each day, in seconds of the clock since midnight."""
    found: dict[date, float] = {}
    for ts in times:
        day = day_of(ts, zone)
        if day not in found:
            local = clock(ts, zone)
            days = (local.date() - day).days
            found[day] = (
                86_400.0 * days + 3600 * local.hour + 60 * local.minute + local.second
            )
    return found


def late(first: dict[date, float], days: Days, settings: BaselineSettings) -> Late:
    """Return from when on a first activity is late, in seconds of the clock since midnight.

    A day without any is one on which it came at the very end.
    """
    end = 86_400.0 + 3600 * MORNING
    alike = [first.get(day, end) for day in days.alike]
    usual = quantile(alike, settings.share)
    spread = max(0.0, usual - median(alike))
    weekday = [first.get(day, end) for day in days.weekday]
    usual = max(usual, quantile(weekday, _MOST)) if weekday else usual
    return Late(usual, usual + max(60 * settings.slack_minutes, spread))


def silence(
    times: Sequence[float],
    now: float,
    days: Days,
    zone: ZoneInfo,
    settings: BaselineSettings,
) -> Silence | None:
    """Compare how long nothing has happened with other days at the same time of day."""
    last = bisect_right(times, now)
    if not last:
        return None
    local = clock(now, zone).replace(tzinfo=None)
    today = day_of(now, zone)

    def seconds(day: date) -> float:
        near = local - (today - day)
        return max(
            _since_last(times, (near + shift).replace(tzinfo=zone).timestamp())
            for shift in (-_NEIGHBOR, timedelta(), _NEIGHBOR)
        )

    alike = {day: seconds(day) for day in days.alike}
    usual = quantile(alike.values(), settings.share)
    if days.weekday:
        usual = max(usual, quantile([alike[day] for day in days.weekday], _MOST))
    longest = sorted(alike.values())[-_LONGEST] + _QUIET
    limit = max(usual * settings.silence_factor, longest)
    return Silence(now - times[last - 1], usual, limit)


def _since_last(times: Sequence[float], ts: float) -> float:
    place = bisect_right(times, ts)
    return ts - times[place - 1] if place else 0.0


def usual_range(
    hours: dict[tuple[date, int], float],
    hour: int,
    days: Days,
    settings: BaselineSettings,
) -> Range | None:
    """Return what the value of an hour usually is, from it and the hours beside it."""
    near = [_beside(day, hour, shift) for day in days.alike for shift in (-1, 0, 1)]
    values = [hours[at] for at in near if at in hours]
    if len(values) < 2 * settings.minimum_days:
        return None
    middle = median(values)
    spread = _NORMAL * median([abs(value - middle) for value in values])
    reach = settings.deviations * max(spread, _STILL * abs(middle))
    own = [hours[day, hour] for day in days.weekday if (day, hour) in hours] or values
    low = min(middle, quantile(own, 1 - _MOST)) - reach
    high = max(middle, quantile(own, _MOST)) + reach
    few = 1 - settings.share
    return Range(
        min(low, quantile(values, few)),
        middle,
        max(high, quantile(values, settings.share)),
    )


def _beside(day: date, hour: int, shift: int) -> tuple[date, int]:
    at = datetime.combine(day, time(hour)) + timedelta(hours=shift)
    return at.date(), at.hour


def between(times: Sequence[float], since: float, until: float) -> Sequence[float]:
    """Return those of ascending times that are not before `since` and before `until`."""
    return times[bisect_left(times, since) : bisect_left(times, until)]
