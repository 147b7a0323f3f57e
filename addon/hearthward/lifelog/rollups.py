"""Rollups: what is kept of measurements in 5 minutes, an hour and a local day.

A follower joins what is new to the buckets that it falls into (parts.py tells how). Measurements
usually come in the order of time and are appended to their buckets; for a late one the bucket is
computed anew from what lies below it. Where that has aged out already, the late measurement still
counts and moves the extremes, and the mean stays. All of a step and the cursor commit together.
"""

import asyncio
from collections.abc import Iterator
from itertools import groupby
import logging
from time import monotonic
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, bindparam, insert, literal, select, update

from hearthward.model.chart import Resolution
from hearthward.model.entry import Lane

from .days import next_day, start_of_day
from .errors import LifelogUnavailableError
from .fold import LATEST, PARTS, fold, measured, measurements
from .log import Lifelog
from .parts import Part, summarize
from .schema import cursors, entries, rollups, series
from .transaction import Transaction

FOLLOWER = "rollups"

WIDTHS = {Resolution.FIVE_MINUTES: 300, Resolution.HOUR: 3_600, Resolution.DAY: 86_400}

_FINE, _HOUR, _DAY = WIDTHS.values()

# Entries a step: what waits to be appended waits at most for one.
_STEP = 1_000

# A follower that has caught up looks again after this; one that is behind leaves the writer to
# the others for so many times as long as its step took.
_PAUSE = 1.0
_COURTESY = 2.0
_RETRY = 5.0

_LOGGER = logging.getLogger(__name__)


class Series(NamedTuple):
    """The number of a point's rollups, and its newest measurement in them."""

    id: int
    newest: float


class Place(NamedTuple):
    """The 5 minutes of a point that begin at `start`."""

    device: str
    point: str
    start: int


class Rollups:
    """The follower that keeps the rollups."""

    def __init__(self, lifelog: Lifelog, zone: ZoneInfo) -> None:
        """Follow `lifelog`; days are those of `zone`."""
        self._lifelog = lifelog
        self._zone = zone
        self._cursor: int | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                pause = await self._advance()
            except LifelogUnavailableError as error:
                _LOGGER.debug("Rollups wait: %s", error)
                pause = _RETRY
            await asyncio.sleep(pause)

    async def catch_up(self) -> None:
        """Return when everything that is committed now is rolled up."""
        last = self._lifelog.last
        while self._cursor is None or self._cursor < last:
            await self._advance()

    async def _advance(self) -> float:
        """Take a step, and return how long to wait before the next."""
        if self._cursor is None:
            self._cursor = await self._lifelog.cursor(FOLLOWER)
        last = self._lifelog.last
        if self._cursor >= last:
            return _PAUSE
        begin = monotonic()
        self._cursor = await self._lifelog.transact(
            lambda transaction: advance(transaction, self._zone, last), Lane.BULK
        )
        return _PAUSE if self._cursor >= last else _COURTESY * (monotonic() - begin)


def advance(transaction: Transaction, zone: ZoneInfo, last: int) -> int:
    """Roll up the next entries, none after the seq `last`; return the new cursor."""
    after = position(transaction)
    upto = min(after + _STEP, last)
    found = transaction.execute(
        _NEW, {"home": transaction.home, "after": after, "upto": upto}
    )
    step = _Step(transaction, zone, upto)
    for place, inside in groupby(found.all(), key=_place):
        rows = list(inside)
        part = summarize((ts, value) for _, _, ts, value, *_ in rows)
        number, newest = rows[0][4:]
        step.take(place, part, None if number is None else Series(number, newest))
    step.write()
    transaction.move_cursor(FOLLOWER, upto)
    return upto


def position(transaction: Transaction) -> int:
    """Return the seq up to which everything is rolled up."""
    found = transaction.execute(
        select(cursors.c.seq).where(
            cursors.c.home == transaction.home, cursors.c.follower == FOLLOWER
        )
    ).scalar()
    return int(str(found or 0))


def _place(row: Any) -> Place:
    device, point, ts, *_ = row
    return Place(device, point, int(ts // _FINE) * _FINE)


class _Step:
    """What one step writes: the parts to append, and the late ones."""

    def __init__(self, transaction: Transaction, zone: ZoneInfo, upto: int) -> None:
        self._transaction = transaction
        self._zone = zone
        self._upto = upto
        self._series: dict[tuple[str, str], Series] = {}
        self._appended: list[tuple[object, ...]] = []
        self._late: list[tuple[object, ...]] = []
        self._stale: dict[int, dict[tuple[int, int], dict[str, Any]]] = {
            _FINE: {},
            _HOUR: {},
            _DAY: {},
        }
        self._days = Days(zone)

    def take(self, place: Place, part: Part, stored: Series | None) -> None:
        """Sort a part of 5 minutes in; those of a point come in the order of time."""
        point = (place.device, place.point)
        known = self._series.get(point) or stored or self._make(place)
        self._series[point] = Series(known.id, max(known.newest, part.last_ts))
        late = part.first_ts < known.newest
        rows = self._late if late else self._appended
        for width, start, end in self._days.buckets(place.start):
            rows.append((known.id, width, start, *part))
            if late:
                self._stale[width][known.id, start] = {
                    "home_": self._transaction.home,
                    "device_": place.device,
                    "point_": place.point,
                    "series_": known.id,
                    "width_": width,
                    "start_": start,
                    "end_": end,
                    "upto_": self._upto,
                }

    def write(self) -> None:
        """Write it all, each width after the one that it is made of."""
        execute, execute_many = (
            self._transaction.execute,
            self._transaction.execute_many,
        )
        if self._appended:
            execute_many(_APPEND, self._appended)
        if self._late:
            execute_many(_BLEND, self._late)
        for width, targets in self._stale.items():
            if targets:
                remake = _REMAKE_FINE if width == _FINE else _REMAKE_COARSE
                execute(remake, list(targets.values()))
        if self._series:
            execute_many(
                _MOVE_SERIES,
                [(known.newest, known.id) for known in self._series.values()],
            )

    def _make(self, place: Place) -> Series:
        """Give a point its number."""
        row = {
            "home": self._transaction.home,
            "device": place.device,
            "point": place.point,
            "last_ts": -1.0,
            "raw_since": 0.0,
            "fine_since": 0.0,
            "hours_since": 0.0,
        }
        made = self._transaction.execute(
            insert(series).values(row).returning(series.c.id)
        )
        return Series(int(str(made.scalar_one())), -1.0)


class Days:
    """The buckets of moments; local days are remembered, as most moments share theirs."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the zone of the home's days."""
        self._zone = zone
        self._day = (0, 0)

    def buckets(self, start: int) -> Iterator[tuple[int, int, int]]:
        """Yield width, start and end of those that hold the 5 minutes from `start` on."""
        yield _FINE, start, start + _FINE
        hour = start - start % _HOUR
        yield _HOUR, hour, hour + _HOUR
        if not self._day[0] <= start < self._day[1]:
            self._day = start_of_day(start, self._zone), next_day(start, self._zone)
        yield _DAY, *self._day


def remake(parts: Select[Any]) -> Any:
    """Return the update of a rollup to what its parts say, if they are all still there.

    Parts of which some have aged out count less than the rollup does, and are not taken.
    """
    whole = fold(parts.subquery("parts")).subquery("whole")
    row = rollups.c
    return (
        update(rollups)
        .where(
            row.series == bindparam("series_"),
            row.width == bindparam("width_"),
            row.start == bindparam("start_"),
            row.count == whole.c.count,
        )
        .values({row[name]: whole.c[name] for name in PARTS})
    )


def raw_parts() -> Select[Any]:
    """Return the measurements of a bucket of `device_` and `point_` as parts."""
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
        fine.c.width == literal(_FINE),
        fine.c.start >= bindparam("start_"),
        fine.c.start < bindparam("end_"),
    )


def _new() -> Select[Any]:
    """Return new measurements, those of each point in the order of time."""
    table = entries.c
    own = and_(
        series.c.home == table.home,
        series.c.device == table.device,
        series.c.point == table.point,
    )
    return (
        measured(0, LATEST, table.device, table.point)
        .add_columns(series.c.id, series.c.last_ts)
        .outerjoin(series, own)
        .where(
            table.home == bindparam("home"),
            table.seq > bindparam("after"),
            table.seq <= bindparam("upto"),
            table.device.is_not(None),
            table.point.is_not(None),
        )
        .order_by(table.device, table.point, table.ts, table.seq)
    )


_NEW = _new()
_REMAKE_FINE = remake(raw_parts())
_REMAKE_COARSE = remake(fine_parts())
_MOVE_SERIES = (
    "UPDATE series SET last_ts = column1 FROM (VALUES (?, ?)) WHERE id = column2"
)

# Joins a part to the bucket whose newest measurement it follows; the same rules as `fold`.
_APPEND = """
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

# Counts a part that comes too late to be joined.
_BLEND = """
INSERT INTO rollups (series, width, start, count, first_ts, last_ts, first, last, min, max,
  ended, area, known, rise)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series, width, start) DO UPDATE SET
  count = rollups.count + excluded.count,
  min = CASE WHEN rollups.min IS NULL OR excluded.min < rollups.min
    THEN excluded.min ELSE rollups.min END,
  max = CASE WHEN rollups.max IS NULL OR excluded.max > rollups.max
    THEN excluded.max ELSE rollups.max END
"""
