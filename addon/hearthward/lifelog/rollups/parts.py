"""Parts: summaries of measurements that can be joined; the algebra of the rollups.

A part summarizes a stretch of measurements, from the first to the last. What a bucket inherits from
before its first measurement is in no part: so a late measurement changes the bucket that it falls
into and no other. `fold.py` says the same in SQL, for what is computed anew.
"""

from collections.abc import Iterable
from typing import NamedTuple

# A meter that falls below this share of what it showed was reset, and counts from 0; one that
# falls less was corrected. The same rule as that of Home Assistant's statistics.
RESET = 0.9


class Part(NamedTuple):
    """A stretch of measurements, in the order of the table's columns.

    `number` counts the values, `first` and `last` are known ones; `ended` is 1 when the value was
    unknown in the end. `area` is the integral over time, within `known` seconds with a value;
    `rise` is the increase of a meter.
    """

    number: int
    first_ts: float
    last_ts: float
    first: float | None
    last: float | None
    min: float | None
    max: float | None
    ended: int
    area: float
    known: float
    rise: float


def summarize(measured: Iterable[tuple[float, float | None]]) -> Part:
    """Return the part of at least one measurement, in the order of time; None ends a value."""
    first_ts = held_ts = -1.0
    first = last = low = high = held = None
    number, area, known, risen = 0, 0.0, 0.0, 0.0
    for ts, value in measured:
        if first_ts < 0:
            first_ts = ts
        if held is not None:
            area += held * (ts - held_ts)
            known += ts - held_ts
        held, held_ts = value, ts
        if value is None:
            continue
        number += 1
        if last is None or low is None or high is None:
            first = low = high = value
        else:
            risen += rise(last, value)
            low = min(low, value)
            high = max(high, value)
        last = value
    ended = int(held is None)
    return Part(
        number, first_ts, held_ts, first, last, low, high, ended, area, known, risen
    )


def join(one: Part, other: Part) -> Part:
    """Join a part and one that follows it."""
    gap = other.first_ts - one.last_ts
    held = 0.0 if one.ended or one.last is None else one.last * gap
    lows = [low for low in (one.min, other.min) if low is not None]
    highs = [high for high in (one.max, other.max) if high is not None]
    return Part(
        number=one.number + other.number,
        first_ts=one.first_ts,
        last_ts=other.last_ts,
        first=other.first if one.first is None else one.first,
        last=one.last if other.last is None else other.last,
        min=min(lows, default=None),
        max=max(highs, default=None),
        ended=other.ended,
        area=one.area + other.area + held,
        known=one.known + other.known + (0.0 if one.ended else gap),
        rise=one.rise + other.rise + rise(one.last, other.first),
    )


def blend(one: Part | None, late: Part) -> Part:
    """Count a part that comes too late to be joined: the mean stays, the extremes move."""
    if one is None:
        return late
    return one._replace(
        number=one.number + late.number,
        min=min((low for low in (one.min, late.min) if low is not None), default=None),
        max=max((top for top in (one.max, late.max) if top is not None), default=None),
    )


def rise(before: float | None, value: float | None) -> float:
    """Return how much a meter rose from one reading to the next."""
    if before is None or value is None:
        return 0.0
    return value - before if value >= before * RESET else max(value, 0.0)
