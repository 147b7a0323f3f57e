"""Make rollups anew: without what was forgotten, and when the home moves to another time zone."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hearthward.lifelog.forgetting.scope import Eraser, Scope
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.schema import entries, properties, rollups, series
from hearthward.lifelog.transaction import Transaction
from hearthward.model.entry import Lane

from . import progress
from .buckets import DAY, FINE, Days
from .days import next_day, start_of_day
from .fold import LATEST, PARTS, fine_parts, fold, raw_parts
from .progress import Progress
from .steps import REPLACE

# So many rollups, all of one series, are erased in a transaction.
_CHUNK = 1_000

# The property that names the zone of the days.
_ZONE = "rollups_zone"


class RollupEraser(Eraser):
    """Forgets what rollups say of erased measurements.

    A bucket that lies partly within the time is made anew from what is left, or goes with it
    where its parts have aged out.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the zone of the home's days."""
        self._zone = zone
        self._scopes: list[Scope] = []
        self._waiting: deque[tuple[Scope, int]] = deque()

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Note what is meant: `finish` erases it, when the follower cannot add to it any more."""
        self._scopes.append(scope)
        return 0

    def finish(self, transaction: Transaction) -> bool:
        """Erase some of it; a home's rollups are many, and an alarm may wait."""
        if not self._scopes and not self._waiting:
            return False
        # What the follower has prepared may hold what is forgotten.
        progress.disturb(transaction)
        while self._scopes:
            scope = self._scopes.pop()
            meant = scope.where(device=series.c.device, point=series.c.point)
            found = transaction.execute(
                select(series.c.id).where(series.c.home == transaction.home, *meant)
            ).scalars()
            self._waiting.extend((scope, int(str(number))) for number in found)
        if self._waiting and not _erase(transaction, *self._waiting[0], self._zone):
            self._waiting.popleft()
        return bool(self._waiting)


async def settle_zone(lifelog: Lifelog, zone: ZoneInfo) -> None:
    """Make the days anew when the home has another time zone than they were made for."""

    def query(connection: Connection) -> tuple[str | None, Sequence[int]]:
        known = select(properties.c.value).where(
            properties.c.home == lifelog.home, properties.c.name == _ZONE
        )
        own = select(series.c.id).where(series.c.home == lifelog.home)
        numbers = connection.execute(own).scalars().all()
        return connection.execute(known).scalar(), numbers

    known, numbers = await lifelog.load(query)
    if known == zone.key:
        return
    for number in numbers if known is not None else ():
        find = partial(_moved, home=lifelog.home, number=number, zone=zone)
        while not await lifelog.transact(
            partial(_write_days, days=await lifelog.load(find)), Lane.BULK
        ):
            pass
    row = {"home": lifelog.home, "name": _ZONE, "value": zone.key}
    await lifelog.transact(lambda transaction: transaction.put(properties, row))


class _Days(NamedTuple):
    """The days of a series as they are to be, and which ones they replace."""

    before: Progress
    replaced: Sequence[ColumnElement[bool]]
    rows: Sequence[tuple[object, ...]]


def _moved(connection: Connection, home: str, number: int, zone: ZoneInfo) -> _Days:
    """Make the days of a series anew, as far back as there are 5-minute rollups."""
    before = progress.read(connection, home)
    since = connection.execute(
        select(series.c.fine_since).where(series.c.id == number)
    ).scalar()
    row = rollups.c
    if since is None:
        return _Days(before, (), ())
    fine = connection.execute(
        select(row.start).where(
            row.series == number, row.width == FINE, row.start >= since
        )
    ).scalars()
    # The day in which the 5-minute rollups begin is not whole when older ones have aged out.
    days = sorted(
        day for day in {start_of_day(start, zone) for start in fine} if day >= since
    )
    if not days:
        return _Days(before, (), ())
    own = (row.series == number, row.width == DAY)
    begin = row.start >= days[0] if since else row.start > days[0] - DAY
    made = [
        (
            number,
            DAY,
            day,
            *connection.execute(
                _COARSE,
                {"series_": number, "start_": day, "end_": next_day(day, zone)},
            ).one(),
        )
        for day in days
    ]
    return _Days(before, (*own, begin), made)


def _write_days(transaction: Transaction, days: _Days) -> bool:
    """Write days; False if the rollups have moved on and they must be made anew."""
    if progress.read(transaction, transaction.home) != days.before:
        return False
    if days.rows:
        _drop(transaction, *days.replaced)
        transaction.execute_many(REPLACE, days.rows)
        progress.disturb(transaction)
    return True


def _erase(transaction: Transaction, scope: Scope, number: int, zone: ZoneInfo) -> bool:
    """Erase some rollups of a series, and make its edges anew with the last; True for more."""
    since = 0.0 if scope.since is None else max(scope.since, 0.0)
    until = LATEST if scope.until is None else min(scope.until, LATEST)
    if since >= until:
        return False
    row = rollups.c
    for width, start, _ in Days(zone).buckets(int(since // FINE) * FINE):
        old = (row.series == number, row.width == width, row.start < until)
        starts = (
            transaction.execute(
                select(row.start)
                .where(*old, row.start >= start)
                .order_by(row.start)
                .limit(_CHUNK)
            )
            .scalars()
            .all()
        )
        if starts:
            _drop(transaction, *old, row.start.between(start, starts[-1]))
        if len(starts) == _CHUNK:
            return True
    _make_edges(transaction, number, (since, until), zone)
    _settle(transaction, number)
    return False


def _make_edges(
    transaction: Transaction, number: int, time: tuple[float, float], zone: ZoneInfo
) -> None:
    """Make the buckets anew that lie partly within a time that was erased."""
    row = (
        transaction.execute(select(series).where(series.c.id == number))
        .mappings()
        .first()
    )
    if row is None:
        return
    since, until = time
    edges = {
        (width, start): end
        for edge in time
        for width, start, end in Days(zone).buckets(int(edge // FINE) * FINE)
        if start < until
    }
    upto = progress.read(transaction, transaction.home).of(number)
    for (width, start), end in sorted(edges.items()):
        target = {
            "home_": transaction.home,
            "device_": row["device"],
            "point_": row["point"],
            "series_": number,
            "width_": width,
            "start_": start,
            "end_": end,
            "upto_": upto,
            "since_": since,
            "until_": until,
        }
        if width == FINE and start >= row["raw_since"]:
            transaction.execute(_MAKE_FINE, target)
        elif width != FINE and start >= row["fine_since"]:
            transaction.execute(_MAKE_COARSE, target)


def _drop(transaction: Transaction, *meant: ColumnElement[bool]) -> None:
    transaction.execute(delete(rollups).where(*meant))


def _settle(transaction: Transaction, number: int) -> None:
    """Note what the newest measurement of a series is now; an empty one goes."""
    newest = transaction.execute(
        select(func.max(rollups.c.last_ts)).where(rollups.c.series == number)
    ).scalar()
    own = series.c.id == number
    if newest is None:
        transaction.execute(delete(series).where(own))
    else:
        transaction.execute(update(series).where(own).values(last_ts=newest))


def _make(parts: Select[Any]) -> Any:
    """Return the insertion of a rollup from its parts, if there are any."""
    whole = fold(parts.subquery("parts")).subquery("whole")
    row = select(
        bindparam("series_", type_=Integer),
        bindparam("width_", type_=Integer),
        bindparam("start_", type_=BigInteger),
        *(whole.c[name] for name in PARTS),
    ).where(whole.c.count.is_not(None))
    return insert(rollups).from_select(["series", "width", "start", *PARTS], row)


_COARSE = fold(fine_parts().subquery("parts"))
_MAKE_COARSE = _make(fine_parts())
_MAKE_FINE = _make(
    raw_parts().where(
        or_(entries.c.ts < bindparam("since_"), entries.c.ts >= bindparam("until_"))
    )
)
