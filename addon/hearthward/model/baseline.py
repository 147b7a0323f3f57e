"""Baselines: what is usual in a home, and what is not."""

from enum import StrEnum

import msgspec


class DeviationKind(StrEnum):
    """What is unusual: nothing yet today, nothing for long, a value."""

    LATE = "late"
    SILENCE = "silence"
    HIGH = "high"
    LOW = "low"


class Deviation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something unusual about a point.

    `text` says it in English; `key` and `data` let others say it in any language: times are local
    ("08:10"), durations are minutes. `since` is when it began to be unusual, `score` how unusual it
    is: 1 is the threshold.
    """

    device: str
    point: str
    kind: DeviationKind
    ts: float
    since: float
    score: float
    text: str
    key: str
    data: dict[str, str | float]


class UsualHour(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual in an hour of the day: a value below `low` or above `high` is not."""

    hour: int
    low: float
    median: float
    high: float


class Baseline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is usual for a point on a day such as today.

    `days` is how many taught it. `first` is the local time by which it is usually active first,
    `late` from when on that is unusual; both are None without enough history.
    """

    device: str
    point: str
    days: int
    first: str | None = None
    late: str | None = None
    hours: tuple[UsualHour, ...] = ()


class BaselineQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Whose baseline is asked for."""

    device: str
    point: str


class DeviationQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Whose deviations are asked for; without a device, everybody's."""

    device: str | None = None
