"""The algebra of the rollups (parts.py) in SQL."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
)

from hearthward.lifelog.schema import entries, rollups
from hearthward.model.entry import EntryKind

from .buckets import FINE
from .parts import RESET

# What is later than any clock says is not rolled up: the start of the year 3000, UTC.
LATEST = 32_503_680_000

PARTS = (
    "count",
    "first_ts",
    "last_ts",
    "first",
    "last",
    "min",
    "max",
    "ended",
    "area",
    "known",
    "rise",
)


def measured(since: Any, until: Any, *keys: ColumnElement[Any]) -> Select[Any]:
    """Return `keys`, time and value of measurements from `since` to before `until`.

    An entry with words only says nothing about the value; one with neither ends it. There may be
    no other condition on the time: SQLite would take any of them for the bounds of its search.
    """
    table = entries.c
    return select(*keys, table.ts, table.value).where(
        table.kind == EntryKind.STATE.value,
        table.ts >= since,
        table.ts < until,
        table.value.is_not(None) | table.text.is_(None),
    )


def measurements(since: Any, until: Any) -> Select[Any]:
    """Return measurements as parts of one each; filter them further."""
    table = entries.c
    nothing = literal(0.0)
    return measured(since, until).with_only_columns(
        table.seq.label("place"),
        cast(table.value.is_not(None), Integer).label("count"),
        table.ts.label("first_ts"),
        table.ts.label("last_ts"),
        table.value.label("first"),
        table.value.label("last"),
        table.value.label("min"),
        table.value.label("max"),
        cast(table.value.is_(None), Integer).label("ended"),
        nothing.label("area"),
        nothing.label("known"),
        nothing.label("rise"),
    )


def raw_parts() -> Select[Any]:
    """Return the measurements of a bucket of `device_` and `point_`, up to a seq, as parts."""
    return measurements(bindparam("start_"), bindparam("end_")).where(
        entries.c.home == bindparam("home_"),
        entries.c.device == bindparam("device_"),
        entries.c.point == bindparam("point_"),
        entries.c.seq <= bindparam("upto_"),
    )


def fine_parts() -> Select[Any]:
    """Return the 5-minute rollups of a bucket of `series_` as parts."""
    fine = rollups.alias("fine")
    return select(fine.c.start.label("place"), *(fine.c[name] for name in PARTS)).where(
        fine.c.series == bindparam("series_"),
        fine.c.width == literal(FINE),
        fine.c.start >= bindparam("start_"),
        fine.c.start < bindparam("end_"),
    )


def fold(parts: Subquery, *keys: str) -> Select[Any]:
    """Join parts in the order of time to one part, or to one for each of some `keys` of theirs.

    `parts` has `PARTS` and `place`, which decides between parts of the same time. Without keys
    there is always one row; its count is null where there are no parts.
    """
    part = parts.c
    same = [part[key] for key in keys]
    order = [part.first_ts, part.place]
    alike = [*same, cast(part.count > 0, Integer)]
    line = select(
        *part,
        func.lag(part.last).over(partition_by=alike, order_by=order).label("before"),
        func.lead(part.first).over(partition_by=alike, order_by=order).label("after"),
        func.lag(part.last).over(partition_by=same, order_by=order).label("held"),
        func.lag(part.ended)
        .over(partition_by=same, order_by=order)
        .label("held_ended"),
        func.lag(part.last_ts).over(partition_by=same, order_by=order).label("held_ts"),
        func.lead(part.first_ts)
        .over(partition_by=same, order_by=order)
        .label("next_ts"),
    ).subquery("line")
    own = [line.c[key] for key in keys]
    return _joined(line).add_columns(*own).group_by(*own)


def _joined(line: Subquery) -> Select[Any]:
    part = line.c
    held = part.held_ended == 0
    gap = part.first_ts - part.held_ts
    is_first = and_(part.count > 0, part.before.is_(None))
    is_last = and_(part.count > 0, part.after.is_(None))
    return select(
        func.sum(part.count).label("count"),
        func.min(part.first_ts).label("first_ts"),
        func.max(part.last_ts).label("last_ts"),
        func.max(case((is_first, part.first))).label("first"),
        func.max(case((is_last, part.last))).label("last"),
        func.min(part.min).label("min"),
        func.max(part.max).label("max"),
        func.max(case((part.next_ts.is_(None), part.ended))).label("ended"),
        func.sum(part.area + case((held, part.held * gap), else_=0.0)).label("area"),
        func.sum(part.known + case((held, gap), else_=0.0)).label("known"),
        func.sum(part.rise + rise(part.before, part.first)).label("rise"),
    )


def rise(before: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return how much a meter rose from one reading to the next."""
    return case(
        (before.is_(None) | value.is_(None), 0.0),
        (value >= before * RESET, value - before),
        (value > 0, value),
        else_=0.0,
    )
