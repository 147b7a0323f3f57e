"""Summaries of measurements that can be joined: the algebra of the rollups.

A part summarizes a stretch of measurements, from the first to the last: their count, extremes,
the integral over time (`area`, within `known` seconds with a value), the increase of a meter
(`rise`), the first and the last value, and whether the value was unknown in the end (`ended`).
What a bucket inherits from before its first measurement is in no part: so a late measurement
changes the bucket that it falls into and no other.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)

from hearthward.model.entry import EntryKind

from .schema import entries

# What is later than any clock says is not rolled up: the start of the year 3000, UTC.
LATEST = 32_503_680_000

# A meter that falls below this share of what it showed was reset, and counts from 0; one that
# falls less was corrected. The same rule as that of Home Assistant's statistics.
RESET = 0.9

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


def measurements(*keys: ColumnElement[Any]) -> Select[Any]:
    """Return entries as parts of one measurement each, with `keys`; filter it further.

    An entry with words only says nothing about the value; one with neither ends it.
    """
    table = entries.c
    nothing = literal(0.0)
    return select(
        *keys,
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
    ).where(
        table.kind == EntryKind.STATE.value,
        table.ts >= 0,
        table.ts < LATEST,
        table.value.is_not(None) | table.text.is_(None),
    )


def fold(parts: Subquery, *keys: str) -> Select[Any]:
    """Join the parts that share `keys`, in the order of time, to one part for each.

    `parts` has the keys, `place` (which decides between parts of the same time) and `PARTS`.
    """
    part = parts.c
    own = [part[key] for key in keys]
    order = [part.first_ts, part.place]
    valued = cast(part.count > 0, Integer)
    before = func.lag(part.last).over(partition_by=[*own, valued], order_by=order)
    after = func.lead(part.first).over(partition_by=[*own, valued], order_by=order)
    whole = {"partition_by": own or None, "order_by": order}
    line = select(
        *part,
        before.label("before"),
        after.label("after"),
        func.lag(part.last).over(**whole).label("held"),
        func.lag(part.ended).over(**whole).label("held_ended"),
        func.lag(part.last_ts).over(**whole).label("held_ts"),
        func.lead(part.first_ts).over(**whole).label("next_ts"),
    ).subquery("line")
    return _joined(line, [line.c[key] for key in keys])


def _joined(line: Subquery, keys: list[Any]) -> Select[Any]:
    held = line.c.held_ended == 0
    gap = line.c.first_ts - line.c.held_ts
    has_value = line.c.count > 0
    return select(
        *keys,
        func.sum(line.c.count).label("count"),
        func.min(line.c.first_ts).label("first_ts"),
        func.max(line.c.last_ts).label("last_ts"),
        func.max(case((and_(has_value, line.c.before.is_(None)), line.c.first))).label(
            "first"
        ),
        func.max(case((and_(has_value, line.c.after.is_(None)), line.c.last))).label(
            "last"
        ),
        func.min(line.c.min).label("min"),
        func.max(line.c.max).label("max"),
        func.max(case((line.c.next_ts.is_(None), line.c.ended))).label("ended"),
        func.sum(line.c.area + case((held, line.c.held * gap), else_=0.0)).label(
            "area"
        ),
        func.sum(line.c.known + case((held, gap), else_=0.0)).label("known"),
        func.sum(line.c.rise + rise(line.c.before, line.c.first)).label("rise"),
    ).group_by(*keys)


def rise(before: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return how much a meter rose from one reading to the next."""
    return case(
        (before.is_(None) | value.is_(None), 0.0),
        (value >= before * RESET, value - before),
        (value > 0, value),
        else_=0.0,
    )
