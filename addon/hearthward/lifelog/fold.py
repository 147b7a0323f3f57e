"""The algebra of the rollups (parts.py) in SQL, for what is computed anew."""

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

from .parts import RESET
from .schema import entries

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


def measured(*keys: ColumnElement[Any]) -> Select[Any]:
    """Return time and value of measurements, after `keys`; filter them further.

    An entry with words only says nothing about the value; one with neither ends it.
    """
    table = entries.c
    return select(*keys, table.ts, table.value).where(
        table.kind == EntryKind.STATE.value,
        table.ts >= 0,
        table.ts < LATEST,
        table.value.is_not(None) | table.text.is_(None),
    )


def measurements() -> Select[Any]:
    """Return measurements as parts of one each; filter them further."""
    table = entries.c
    nothing = literal(0.0)
    return measured().with_only_columns(
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
