"""Charts: one point's measurements over time, never more than can be drawn."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .entry import Moment


class Resolution(StrEnum):
    """How fine the measurements of a chart are."""

    RAW = "raw"
    FIVE_MINUTES = "5min"
    HOUR = "hour"
    DAY = "day"


class ChartQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point's measurements from `since` (inclusive) to `until` (exclusive).

    Without a `resolution` the finest one is taken that gives at most `points` buckets.
    """

    device: str
    point: str
    since: Moment
    until: Moment
    resolution: Resolution | None = None
    points: Annotated[int, msgspec.Meta(ge=10, le=4000)] = 1000


class Bucket(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What was measured from `ts` on; `mean` is weighted by time, `sum` is the increase of a meter."""

    ts: float
    count: int
    min: float | None
    max: float | None
    mean: float | None
    last: float | None
    sum: float | None


class Chart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chart; `seconds` is the width of a bucket, 0 for raw measurements."""

    device: str
    point: str
    resolution: Resolution
    seconds: float
    buckets: tuple[Bucket, ...]
    unit: str | None = None
