"""Charts: a point's measurements over time, as fine as can be drawn.

A bucket without a measurement has the value that held when it began, as unchanged states are
not told again; an unknown state ends it. What the rollups have not taken yet is read from the
entries and joined to them.
"""

from collections.abc import Iterator
from itertools import groupby
from math import inf
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, and_, func, select

from hearthward.model.chart import Bucket, Chart, ChartQuery, Resolution

from .days import next_day, start_of_day
from .errors import LifelogError
from .fold import PARTS, measured, measurements
from .parts import Part, join, rise, summarize
from .rollups import FOLLOWER, WIDTHS
from .schema import cursors, entries, rollups, series

MOST = 4_000

_FINE, _HOUR, _DAY = WIDTHS.values()


class Held(NamedTuple):
    """What a bucket inherits: the value that holds and a meter's last reading."""

    value: float | None = None
    reading: float | None = None


class Source(NamedTuple):
    """Where a point's measurements are: its entries, its rollups and how far these are."""

    connection: Connection
    own: Any
    series: RowMapping | None
    cursor: int


def read(
    connection: Connection, home: str, query: ChartQuery, zone: ZoneInfo, now: float
) -> Chart:
    """Return the chart that a query asks for, not beyond `now`.

    Raises:
        LifelogError: It asks for no time, or for more points than can be drawn.

    """
    if query.since >= query.until:
        raise LifelogError("Give a `since` that is before `until`")
    source = _source(connection, home, query.device, query.point)
    since, until = max(query.since, _oldest(source)), min(query.until, now)
    resolution = query.resolution or _choose(source, since, until, query.points)
    found: Iterator[Bucket] = iter(())
    if since >= until:
        pass
    elif resolution is Resolution.RAW:
        found = _raw(source, since, until)
    else:
        found = _buckets(source, resolution, since, until, zone, now)
    return Chart(
        device=query.device,
        point=query.point,
        resolution=resolution,
        seconds=float(WIDTHS.get(resolution, 0)),
        buckets=tuple(found),
    )


def _source(connection: Connection, home: str, device: str, point: str) -> Source:
    table = entries.c
    own = and_(table.home == home, table.device == device, table.point == point)
    row = connection.execute(
        select(series).where(
            series.c.home == home, series.c.device == device, series.c.point == point
        )
    ).mappings()
    cursor = connection.execute(
        select(cursors.c.seq).where(
            cursors.c.home == home, cursors.c.follower == FOLLOWER
        )
    ).scalar()
    return Source(connection, own, row.first(), cursor or 0)


def _oldest(source: Source) -> float:
    """Return when the first measurement was made: there is nothing to draw before."""
    oldest = [select(func.min(entries.c.ts)).where(source.own, entries.c.ts >= 0)]
    if source.series is not None:
        days = rollups.c.series == source.series["id"], rollups.c.width == _DAY
        first = select(rollups.c.first_ts).where(*days)
        oldest.append(first.order_by(rollups.c.start).limit(1))
    found = [source.connection.execute(statement).scalar() for statement in oldest]
    return min((ts for ts in found if ts is not None), default=inf)


def _choose(source: Source, since: float, until: float, points: int) -> Resolution:
    """Return the finest resolution that has the whole time and not too many points."""
    row = source.series
    kept = (
        (0.0, 0.0, 0.0)
        if row is None
        else (row["raw_since"], row["fine_since"], row["hours_since"])
    )
    if since >= kept[0] and _count(source, since, until, points) < points:
        return Resolution.RAW
    for resolution, begin in zip(WIDTHS, kept[1:], strict=False):
        width = WIDTHS[resolution]
        if since >= begin and (until - since) / width + 1 <= points:
            return resolution
    return Resolution.DAY


def _count(source: Source, since: float, until: float, most: int) -> int:
    """Return how many entries there are, counting to `most`."""
    inside = (
        select(entries.c.ts)
        .where(source.own, entries.c.ts >= since, entries.c.ts < until)
        .limit(most)
        .subquery()
    )
    counted = select(func.count()).select_from(inside)
    return source.connection.execute(counted).scalar_one()


def _raw(source: Source, since: float, until: float) -> Iterator[Bucket]:
    """Yield the measurements, and before them the value that held at the beginning."""
    if _count(source, since, until, MOST) == MOST:
        raise _too_many()
    held = _held(source, since)
    if held.value is not None:
        yield _instant(since, held.value, 0)
    found = measured(since, until).where(source.own)
    ordered = found.order_by(entries.c.ts, entries.c.seq)
    for ts, value in source.connection.execute(ordered):
        yield _instant(ts, value, int(value is not None))


def _instant(ts: float, value: float | None, count: int) -> Bucket:
    return Bucket(
        ts=ts, count=count, min=value, max=value, mean=value, last=value, sum=None
    )


def _held(source: Source, before: float) -> Held:
    """Return what holds at a time, from the newest measurement before it."""
    if source.series is None:
        return Held()
    newest = measurements(0, before).where(source.own)
    statements: list[Select[Any]] = [
        newest.order_by(entries.c.ts.desc(), entries.c.seq.desc()).limit(1)
    ]
    for width in WIDTHS.values():
        rows = (
            rollups.c.series == source.series["id"],
            rollups.c.width == width,
            rollups.c.start < before,
            # A bucket that holds the time itself may know too much.
            rollups.c.last_ts < before,
        )
        latest = select(rollups).where(*rows).order_by(rollups.c.start.desc())
        statements.append(latest.limit(1))
    found = [
        row
        for statement in statements
        if (row := source.connection.execute(statement).mappings().first())
    ]
    found.sort(key=lambda row: row["last_ts"], reverse=True)
    readings = (row["last"] for row in found if row["last"] is not None)
    reading = next(readings, None)
    return Held(None if not found or found[0]["ended"] else reading, reading)


def _buckets(
    source: Source,
    resolution: Resolution,
    since: float,
    until: float,
    zone: ZoneInfo,
    now: float,
) -> Iterator[Bucket]:
    """Yield every bucket of the time, also those without a measurement."""
    if (until - since) / WIDTHS[resolution] > MOST:
        raise _too_many()
    grid = list(_grid(resolution, since, until, zone))
    if not grid:
        return
    parts = _rolled_up(source, WIDTHS[resolution], grid[0][0], until)
    for start, part in _tail(source, until):
        begin = _start(resolution, start, zone)
        parts[begin] = join(parts[begin], part) if begin in parts else part
    held = _held(source, grid[0][0])
    for start, end in grid:
        inside = parts.get(start)
        if inside is None:
            yield Bucket(
                ts=start,
                count=0,
                min=held.value,
                max=held.value,
                mean=held.value,
                last=held.value,
                sum=None if held.reading is None else 0.0,
            )
        else:
            yield _bucket(start, min(end, now), held, inside)
            reading = held.reading if inside.last is None else inside.last
            held = Held(None if inside.ended else inside.last, reading)


def _bucket(start: int, end: float, held: Held, part: Part) -> Bucket:
    """Return a bucket with what it inherits and what lasts to its end."""
    area, known = part.area, part.known
    lows, highs = [part.min], [part.max]
    if held.value is not None and part.first_ts > start:
        area += held.value * (part.first_ts - start)
        known += part.first_ts - start
        lows.append(held.value)
        highs.append(held.value)
    last = None if part.ended else part.last
    if last is not None and end > part.last_ts:
        area += last * (end - part.last_ts)
        known += end - part.last_ts
    return Bucket(
        ts=start,
        count=part.number,
        min=min((low for low in lows if low is not None), default=None),
        max=max((high for high in highs if high is not None), default=None),
        mean=area / known if known else last,
        last=last,
        sum=part.rise + rise(held.reading, part.first),
    )


def _rolled_up(source: Source, width: int, since: int, until: float) -> dict[int, Part]:
    if source.series is None:
        return {}
    columns = [rollups.c[name] for name in PARTS]
    rows = source.connection.execute(
        select(rollups.c.start, *columns).where(
            rollups.c.series == source.series["id"],
            rollups.c.width == width,
            rollups.c.start >= since,
            rollups.c.start < until,
        )
    )
    return {row[0]: Part(*row[1:]) for row in rows}


def _tail(source: Source, until: float) -> list[tuple[int, Part]]:
    """Return what is newer than the rollups, in parts of 5 minutes, in the order of time.

    What comes late is seen when the rollups have taken it, a second later.
    """
    newest = 0.0 if source.series is None else max(source.series["last_ts"], 0.0)
    found = measured(newest, until).where(source.own, entries.c.seq > source.cursor)
    rows = source.connection.execute(found.order_by(entries.c.ts, entries.c.seq))
    return [
        (int(start) * _FINE, summarize((ts, value) for ts, value in inside))
        for start, inside in groupby(rows, key=lambda row: row[0] // _FINE)
    ]


def _grid(
    resolution: Resolution, since: float, until: float, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the buckets that the time touches."""
    start = _start(resolution, since, zone)
    while start < until:
        end = (
            next_day(start, zone)
            if resolution is Resolution.DAY
            else start + WIDTHS[resolution]
        )
        yield start, end
        start = end


def _start(resolution: Resolution, ts: float, zone: ZoneInfo) -> int:
    if resolution is Resolution.DAY:
        return start_of_day(ts, zone)
    width = WIDTHS[resolution]
    return int(ts // width) * width


def _too_many() -> LifelogError:
    return LifelogError(
        f"Ask for less time or a coarser resolution: these are more than {MOST} points"
    )
