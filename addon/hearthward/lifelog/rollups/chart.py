"""Charts: a point's measurements over time, as fine as can be drawn.

A bucket without a measurement has the value that held when it began, as unchanged states are
not told again; an unknown state ends it. What the rollups have not taken yet is read from the
entries and joined to them.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hearthward.lifelog.errors import LifelogError
from hearthward.model.chart import Bucket, Chart, ChartQuery, Resolution

from .buckets import WIDTHS
from .days import next_day, start_of_day
from .parts import Part, join, rise
from .source import Held, Source, source

MOST = 4_000


def read(
    connection: Connection, home: str, query: ChartQuery, zone: ZoneInfo, now: float
) -> Chart:
    """Return the chart that a query asks for, not beyond `now`.

    Raises:
        LifelogError: It asks for no time, or for more points than can be drawn.

    """
    if query.since >= query.until:
        raise LifelogError("Give a `since` that is before `until`")
    own = source(connection, home, query.device, query.point)
    held = own.held(query.since)
    # There is nothing to draw before the first measurement.
    since = query.since if held else max(query.since, own.oldest())
    until = min(query.until, now)
    resolution = query.resolution or _choose(own, since, until, query.points)
    found: Iterator[Bucket] = iter(())
    if since >= until:
        pass
    elif resolution is Resolution.RAW:
        found = _raw(own, since, until, held)
    else:
        found = _buckets(own, resolution, since, until, zone, now)
    return Chart(
        device=query.device,
        point=query.point,
        resolution=resolution,
        seconds=float(WIDTHS.get(resolution, 0)),
        buckets=tuple(found),
    )


def _choose(own: Source, since: float, until: float, points: int) -> Resolution:
    """Return the finest resolution that has the whole time and not too many points."""
    kept = own.since(Resolution.RAW)
    if since >= kept and own.count(since, until, points) < points:
        return Resolution.RAW
    for resolution, width in WIDTHS.items():
        fits = (until - since) / width + 1 <= points
        if fits and since >= own.since(resolution):
            return resolution
    return Resolution.DAY


def _raw(
    own: Source, since: float, until: float, held: Held | None
) -> Iterator[Bucket]:
    """Yield the measurements, and before them the value that held at the beginning."""
    if own.count(since, until, MOST) == MOST:
        raise _too_many()
    if held is not None and held.value is not None:
        yield _instant(since, held.value, 0)
    for ts, value in own.raw(since, until):
        yield _instant(ts, value, int(value is not None))


def _instant(ts: float, value: float | None, count: int) -> Bucket:
    return Bucket(
        ts=ts, count=count, min=value, max=value, mean=value, last=value, sum=None
    )


def _buckets(
    own: Source,
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
    parts = own.rolled_up(WIDTHS[resolution], grid[0][0], until)
    for start, part in own.tail(until):
        begin = _start(resolution, start, zone)
        parts[begin] = join(parts[begin], part) if begin in parts else part
    held = own.held(grid[0][0]) or Held()
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
