"""The steps of the rollups: prepared beside the writer, which only writes what they come to.

A step takes what is new up to a seq. It is cut into pieces, each some series and a transaction of
some milliseconds, as an alarm may wait for it. A piece is written only if the rollups are as far
as when it was prepared, and nothing else has changed them since: what was forgotten meanwhile
must not come back.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import count, groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    func,
    select,
)

from hearthward.lifelog.schema import entries, series
from hearthward.lifelog.transaction import Transaction

from . import late, progress
from .buckets import FINE, Bucket, Days
from .fold import LATEST, PARTS, fold, measured, measurements
from .parts import Part, join
from .progress import Progress

# The more entries a step takes, the fewer rollups are written for each of them.
_STEP = 10_000

# Of a point it takes so many 5 minutes: a point is never divided among pieces.
_PLACES = 200

# Rollups of a piece. They lie apart in the file, so that half of its time is that of the commit.
_PIECE = 300

type Values = tuple[object, ...]


class Piece(NamedTuple):
    """What one transaction writes, and how far that brings the rollups.

    `joined` are parts that follow what their buckets hold, `replaced` whole buckets.
    """

    before: Progress
    after: Progress
    series: Sequence[Values]
    joined: Sequence[Values]
    replaced: Sequence[Values]


class _Change(NamedTuple):
    """What a step does to one series, in the order of `Piece`."""

    number: int
    series: Values
    joined: Sequence[Values]
    replaced: Sequence[Values]


def prepare(
    connection: Connection, home: str, zone: ZoneInfo, last: int
) -> list[Piece]:
    """Return the next step, of entries up to `last`; nothing when all are rolled up.

    One that was interrupted comes first, with what is missing of it.
    """
    begin = progress.read(connection, home)
    if begin.seq >= last:
        return []
    upto = begin.upto if begin.is_between else _end(connection, home, begin.seq, last)
    changes = sorted(_changes(connection, home, zone, begin, upto))
    return list(_pieces(begin, upto, changes))


def write(transaction: Transaction, piece: Piece) -> bool:
    """Write a piece, and how far that is; False if it must be prepared anew."""
    if progress.read(transaction, transaction.home) != piece.before:
        return False
    for statement, rows in (
        (_PUT_SERIES, piece.series),
        (_JOIN, piece.joined),
        (REPLACE, piece.replaced),
    ):
        if rows:
            transaction.execute_many(statement, rows)
    progress.store(transaction, piece.after)
    return True


def _end(connection: Connection, home: str, after: int, last: int) -> int:
    """Return up to which seq the next step goes."""
    last = min(after + _STEP, last)
    asked = {"home": home, "after": after, "upto": last, "places": _PLACES}
    first_beyond = connection.execute(_BEYOND, asked).scalar()
    return last if first_beyond is None else first_beyond - 1


def _changes(
    connection: Connection, home: str, zone: ZoneInfo, begin: Progress, upto: int
) -> Iterator[_Change]:
    """Yield what a step does to each series that it has not been done to."""
    asked = {"home": home, "after": begin.seq, "upto": upto}
    found = connection.execute(_NEW, asked).all()
    newest_number = connection.execute(_NEWEST_NUMBER).scalar() or 0
    numbers = count(newest_number + 1)
    days = Days(zone)
    for point, rows in groupby(found, key=_point):
        parts = list(rows)
        _, _, number, newest, *_ = parts[0]
        if begin.of(number) >= upto:
            continue
        if number is None:
            number, newest = next(numbers), -1.0
        inside: dict[Bucket, list[Part]] = {}
        for _, _, _, _, slot, *part in parts:
            for bucket in days.buckets(slot * FINE):
                inside.setdefault(bucket, []).append(Part(*part))
        yield _change(connection, (number, home, *point), newest, inside, upto)


def _change(
    connection: Connection,
    series: tuple[int, str, str, str],
    newest: float,
    inside: dict[Bucket, list[Part]],
    upto: int,
) -> _Change:
    """Return what new parts do to a series whose newest measurement is that of `newest`."""
    number, home, device, point = series
    parts = [
        part for bucket in inside if bucket.width == FINE for part in inside[bucket]
    ]
    is_late = parts[0].first_ts < newest
    if is_late:
        own = {
            "series_": number,
            "home_": home,
            "device_": device,
            "point_": point,
            "upto_": upto,
        }
        made = late.buckets_with(connection, own, inside)
    else:
        made = {bucket: reduce(join, parts) for bucket, parts in inside.items()}
    rows = [(number, width, start, *part) for (width, start, _), part in made.items()]
    return _Change(
        number,
        (*series, max(newest, parts[-1].last_ts)),
        joined=[] if is_late else rows,
        replaced=rows if is_late else [],
    )


def _pieces(begin: Progress, upto: int, changes: Sequence[_Change]) -> Iterator[Piece]:
    """Cut what a step does into transactions; the last one ends it."""
    before = begin
    for group in _grouped(changes):
        done = group[-1].number if group else 0
        is_last = not group or group[-1] is changes[-1]
        after = replace(
            begin, seq=upto if is_last else begin.seq, upto=upto, series=done
        )
        yield Piece(
            before,
            after,
            [change.series for change in group],
            [row for change in group for row in change.joined],
            [row for change in group for row in change.replaced],
        )
        before = after


def _grouped(changes: Sequence[_Change]) -> Iterator[list[_Change]]:
    """Yield the changes of each transaction; there is one even for none."""
    group: list[_Change] = []
    size = 0
    for change in changes:
        more = len(change.joined) + len(change.replaced)
        if group and size + more > _PIECE:
            yield group
            group, size = [], 0
        group.append(change)
        size += more
    yield group


def _point(row: Row[Any]) -> tuple[str, str]:
    return row[0], row[1]


def _fresh(statement: Select[Any]) -> Select[Any]:
    """Narrow down to the entries of points between two seqs."""
    table = entries.c
    return statement.where(
        table.home == bindparam("home"),
        table.seq > bindparam("after"),
        table.seq <= bindparam("upto"),
        table.device.is_not(None),
        table.point.is_not(None),
    )


def _new() -> Select[Any]:
    """Return the parts of 5 minutes of what is new, those of a point in the order of time."""
    table = entries.c
    parts = _fresh(measurements(0, LATEST)).add_columns(
        table.device, table.point, _SLOT
    )
    new = fold(parts.subquery("parts"), "device", "point", "slot").subquery("new")
    own = and_(
        series.c.home == bindparam("home"),
        series.c.device == new.c.device,
        series.c.point == new.c.point,
    )
    return (
        select(
            new.c.device,
            new.c.point,
            series.c.id,
            series.c.last_ts,
            new.c.slot,
            *(new.c[name] for name in PARTS),
        )
        .outerjoin(series, own)
        .order_by(new.c.device, new.c.point, new.c.slot)
    )


def _beyond() -> Select[Any]:
    """Return the first seq that brings a point one more 5 minutes than a step may take."""
    table = entries.c
    keys = (table.device, table.point, _SLOT)
    places = (
        _fresh(measured(0, LATEST))
        .with_only_columns(*keys, func.min(table.seq).label("first"))
        .group_by(*keys)
        .subquery("places")
    )
    place = func.row_number().over(
        partition_by=[places.c.device, places.c.point], order_by=places.c.first
    )
    ranked = select(places.c.first, place.label("place")).subquery("ranked")
    return select(func.min(ranked.c.first)).where(ranked.c.place > bindparam("places"))


_SLOT = cast(entries.c.ts / float(FINE), Integer).label("slot")
_NEW = _new()
_BEYOND = _beyond()
_NEWEST_NUMBER = select(func.max(series.c.id))

_PUT_SERIES = """
INSERT INTO series (id, home, device, point, last_ts, raw_since, fine_since, hours_since)
VALUES (?, ?, ?, ?, ?, 0, 0, 0)
ON CONFLICT (home, device, point) DO UPDATE SET last_ts = excluded.last_ts
"""

# Joins a part to the bucket whose newest measurement it follows; the same rules as `fold`.
_JOIN = """
INSERT INTO rollups (series, width, start, count, first_ts, last_ts, first, last, min, max,
  ended, area, known, rise)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series, width, start) DO UPDATE SET
  count = rollups.count + excluded.count,
  last_ts = excluded.last_ts,
  first = coalesce(rollups.first, excluded.first),
  last = coalesce(excluded.last, rollups.last),
  min = CASE WHEN rollups.min IS NULL OR excluded.min < rollups.min
    THEN excluded.min ELSE rollups.min END,
  max = CASE WHEN rollups.max IS NULL OR excluded.max > rollups.max
    THEN excluded.max ELSE rollups.max END,
  ended = excluded.ended,
  area = rollups.area + excluded.area + CASE WHEN rollups.ended = 0
    THEN rollups.last * (excluded.first_ts - rollups.last_ts) ELSE 0 END,
  known = rollups.known + excluded.known + CASE WHEN rollups.ended = 0
    THEN excluded.first_ts - rollups.last_ts ELSE 0 END,
  rise = rollups.rise + excluded.rise + CASE
    WHEN rollups.last IS NULL OR excluded.first IS NULL THEN 0
    WHEN excluded.first >= rollups.last * 0.9 THEN excluded.first - rollups.last
    WHEN excluded.first > 0 THEN excluded.first
    ELSE 0 END
"""

REPLACE = """
INSERT INTO rollups (series, width, start, count, first_ts, last_ts, first, last, min, max,
  ended, area, known, rise)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series, width, start) DO UPDATE SET
  count = excluded.count,
  first_ts = excluded.first_ts,
  last_ts = excluded.last_ts,
  first = excluded.first,
  last = excluded.last,
  min = excluded.min,
  max = excluded.max,
  ended = excluded.ended,
  area = excluded.area,
  known = excluded.known,
  rise = excluded.rise
"""
