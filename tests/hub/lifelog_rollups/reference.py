"""What rollups must say, worked out from all measurements at once, plainly."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hearthward.lifelog.rollups.days import start_of_day


class Measured(NamedTuple):
    """A measurement; `value` None ends the value before."""

    ts: float
    seq: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a bucket holds; `known` and `area` reach from its first to its last measurement."""

    count: int
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


def summaries(
    found: Iterable[Measured], zone: ZoneInfo
) -> dict[tuple[int, int], Summary]:
    """Return the summary of each bucket by its width and start."""
    held: dict[tuple[int, int], list[Measured]] = {}
    for one in sorted(found):
        for width in (300, 3600):
            held.setdefault((width, int(one.ts // width) * width), []).append(one)
        held.setdefault((86400, start_of_day(one.ts, zone)), []).append(one)
    return {bucket: summary(inside) for bucket, inside in held.items()}


def summary(inside: list[Measured]) -> Summary:
    """Return the summary of measurements in the order of time."""
    values = [one.value for one in inside if one.value is not None]
    spans = [
        (one.value, after.ts - one.ts)
        for one, after in pairwise(inside)
        if one.value is not None
    ]
    return Summary(
        count=len(values),
        first_ts=inside[0].ts,
        last_ts=inside[-1].ts,
        first=values[0] if values else None,
        last=values[-1] if values else None,
        min=min(values, default=None),
        max=max(values, default=None),
        ended=int(inside[-1].value is None),
        area=sum(value * seconds for value, seconds in spans),
        known=sum(seconds for _, seconds in spans),
        rise=sum(rise(before, after) for before, after in pairwise(values)),
    )


def rise(before: float, after: float) -> float:
    """Return how much a meter rose; one that falls by more than a tenth was reset."""
    if after >= before * 0.9:
        return after - before
    return max(after, 0.0)
