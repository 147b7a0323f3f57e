"""Where the measurements of one point are: its entries, and its rollups as far as these are.

The statements are made once: making them anew would cost more than running them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, func, select

from hearthward.lifelog.schema import entries, rollups, series
from hearthward.model.chart import Resolution

from . import progress
from .buckets import DAY, FINE, WIDTHS
from .fold import PARTS, measured, measurements
from .parts import Part, summarize


class Held(NamedTuple):
    """What a bucket inherits: the value that holds and a meter's last reading."""

    value: float | None = None
    reading: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The measurements of a point, at one moment of the database."""

    connection: Connection
    own: dict[str, str]
    series: RowMapping | None
    cursor: int

    @property
    def _number(self) -> int | None:
        return None if self.series is None else int(self.series["id"])

    def since(self, resolution: Resolution) -> float:
        """Return since when a resolution is kept."""
        if self.series is None or resolution is Resolution.DAY:
            return 0.0
        return float(self.series[_SINCE[resolution]])

    def oldest(self) -> float:
        """Return when the first measurement was made, infinity for none."""
        found = [self.connection.execute(_OLDEST, self.own).scalar()]
        if self.series is not None:
            own = {"series": self.series["id"]}
            found.append(self.connection.execute(_FIRST_DAY, own).scalar())
        return min((ts for ts in found if ts is not None), default=inf)

    def count(self, since: float, until: float, most: int) -> int:
        """Return how many entries there are, counting to `most`."""
        asked = self.own | {"since": since, "until": until, "most": most}
        return self.connection.execute(_COUNT, asked).scalar_one()

    def raw(self, since: float, until: float) -> list[tuple[float, float | None]]:
        """Return the measurements, in the order of time."""
        asked = self.own | {"since": since, "until": until}
        return [(ts, value) for ts, value in self.connection.execute(_RAW, asked)]

    def held(self, before: float) -> Held | None:
        """Return what holds at a time; None if nothing was measured before it."""
        raw = self.connection.execute(_BEFORE, self.own | {"before": before})
        newest = raw.mappings().first()
        if newest is not None and newest["last"] is not None:
            return Held(newest["last"], newest["last"])
        found = [newest] if newest else []
        for width in WIDTHS.values() if self.series is not None else ():
            asked = {"series": self._number, "width": width, "before": before}
            row = self.connection.execute(_LATEST, asked).mappings().first()
            found += [row] if row else []
        if not found:
            return None
        found.sort(key=lambda row: row["last_ts"], reverse=True)
        readings = (row["last"] for row in found if row["last"] is not None)
        reading = next(readings, None)
        return Held(None if found[0]["ended"] else reading, reading)

    def rolled_up(self, width: int, since: int, until: float) -> dict[int, Part]:
        """Return the rollups of a width by their start."""
        if self.series is None:
            return {}
        asked = {
            "series": self.series["id"],
            "width": width,
            "since": since,
            "until": until,
        }
        rows = self.connection.execute(_ROLLUPS, asked)
        return {start: Part(*part) for start, *part in rows}

    def tail(self, until: float) -> Iterator[tuple[int, Part]]:
        """Yield what is newer than the rollups, in parts of 5 minutes, in the order of time.

        What comes late is seen when the rollups have taken it, some seconds later.
        """
        newest = 0.0 if self.series is None else max(self.series["last_ts"], 0.0)
        asked = self.own | {"since": newest, "until": until, "cursor": self.cursor}
        rows = self.connection.execute(_TAIL, asked)
        for slot, inside in groupby(rows, key=lambda row: row[0] // FINE):
            yield int(slot) * FINE, summarize((ts, value) for ts, value in inside)


def source(connection: Connection, home: str, device: str, point: str) -> Source:
    """Return the source of a point's measurements."""
    own = {"home": home, "device": device, "point": point}
    row = connection.execute(_SERIES, own).mappings().first()
    number = None if row is None else int(row["id"])
    cursor = progress.read(connection, home).of(number)
    return Source(connection, own, row, cursor)


_SINCE = {
    Resolution.RAW: "raw_since",
    Resolution.FIVE_MINUTES: "fine_since",
    Resolution.HOUR: "hours_since",
}

_OWN = and_(
    entries.c.home == bindparam("home"),
    entries.c.device == bindparam("device"),
    entries.c.point == bindparam("point"),
)
_SERIES = select(series).where(
    series.c.home == bindparam("home"),
    series.c.device == bindparam("device"),
    series.c.point == bindparam("point"),
)
_OLDEST = select(func.min(entries.c.ts)).where(_OWN, entries.c.ts >= 0)
_FIRST_DAY = (
    select(rollups.c.first_ts)
    .where(rollups.c.series == bindparam("series"), rollups.c.width == DAY)
    .order_by(rollups.c.start)
    .limit(1)
)
_COUNT = select(func.count()).select_from(
    select(entries.c.ts)
    .where(
        _OWN,
        entries.c.ts >= bindparam("since"),
        entries.c.ts < bindparam("until"),
    )
    .limit(bindparam("most"))
    .subquery()
)
_RAW: Select[tuple[float, float | None]] = (
    measured(bindparam("since"), bindparam("until"))
    .where(_OWN)
    .order_by(entries.c.ts, entries.c.seq)
)
_TAIL = _RAW.where(entries.c.seq > bindparam("cursor"))
_BEFORE = (
    measurements(0, bindparam("before"))
    .where(_OWN)
    .order_by(entries.c.ts.desc(), entries.c.seq.desc())
    .limit(1)
)
# A bucket that holds the time itself may know too much.
_LATEST = (
    select(rollups)
    .where(
        rollups.c.series == bindparam("series"),
        rollups.c.width == bindparam("width"),
        rollups.c.start < bindparam("before"),
        rollups.c.last_ts < bindparam("before"),
    )
    .order_by(rollups.c.start.desc())
    .limit(1)
)
_ROLLUPS = select(rollups.c.start, *(rollups.c[name] for name in PARTS)).where(
    rollups.c.series == bindparam("series"),
    rollups.c.width == bindparam("width"),
    rollups.c.start >= bindparam("since"),
    rollups.c.start < bindparam("until"),
)
