"""Make rollups anew: without what was forgotten, and when the home moves to another time zone."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hearthward.model.chart import Resolution
from hearthward.model.entry import Lane

from .days import next_day, start_of_day
from .fold import LATEST, PARTS, fold
from .forget import Eraser, Scope
from .log import Lifelog
from .rollups import WIDTHS, Days, fine_parts, position, raw_parts
from .schema import entries, properties, rollups, series
from .transaction import Transaction

_FINE = WIDTHS[Resolution.FIVE_MINUTES]
_DAY = WIDTHS[Resolution.DAY]

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

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Erase what was rolled up."""
        self._scopes.append(scope)
        self._erase(transaction, scope)
        return 0

    def finish(self, transaction: Transaction) -> None:
        """Erase what a step of the follower may have rolled up in the meantime."""
        while self._scopes:
            self._erase(transaction, self._scopes[-1])
            self._scopes.pop()

    def _erase(self, transaction: Transaction, scope: Scope) -> None:
        meant = scope.where(device=series.c.device, point=series.c.point)
        found = transaction.execute(
            select(series).where(series.c.home == transaction.home, *meant)
        ).mappings()
        whole = scope.since is None and scope.until is None
        for row in found.all():
            if whole:
                _drop(transaction, rollups.c.series == row["id"])
            else:
                _erase_time(transaction, row, scope, self._zone)
            _settle(transaction, row["id"])


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
        await lifelog.transact(partial(_move_days, number=number, zone=zone), Lane.BULK)
    row = {"home": lifelog.home, "name": _ZONE, "value": zone.key}
    await lifelog.transact(lambda transaction: transaction.put(properties, row))


def _move_days(transaction: Transaction, number: int, zone: ZoneInfo) -> None:
    """Make the days of a series anew, as far back as there are 5-minute rollups."""
    row = (
        transaction.execute(select(series).where(series.c.id == number))
        .mappings()
        .one()
    )
    fine = transaction.execute(
        select(rollups.c.start).where(
            rollups.c.series == number,
            rollups.c.width == _FINE,
            rollups.c.start >= row["fine_since"],
        )
    ).scalars()
    days = sorted({start_of_day(int(str(start)), zone) for start in fine})
    # The day in which the 5-minute rollups begin is not whole when older ones have aged out.
    days = [day for day in days if day >= row["fine_since"]]
    if not days:
        return
    _drop(
        transaction,
        rollups.c.series == number,
        rollups.c.width == _DAY,
        rollups.c.start > days[0] - _DAY
        if row["fine_since"] == 0
        else rollups.c.start >= days[0],
    )
    made = [
        {"series_": number, "width_": _DAY, "start_": day, "end_": next_day(day, zone)}
        for day in days
    ]
    transaction.execute(_MAKE_COARSE, made)


def _erase_time(
    transaction: Transaction, row: RowMapping, scope: Scope, zone: ZoneInfo
) -> None:
    since = 0.0 if scope.since is None else max(scope.since, 0.0)
    until = LATEST if scope.until is None else min(scope.until, LATEST)
    if since >= until:
        return
    upto = position(transaction)
    edges: dict[tuple[int, int], int] = {}
    for edge in (since, until):
        slot = int(edge // _FINE) * _FINE
        for width, start, end in Days(zone).buckets(slot):
            if edge == since:
                _drop(
                    transaction,
                    rollups.c.series == row["id"],
                    rollups.c.width == width,
                    rollups.c.start >= start,
                    rollups.c.start < until,
                )
            if start < until:
                edges[width, start] = end
    for (width, start), end in sorted(edges.items()):
        target = {
            "home_": transaction.home,
            "device_": row["device"],
            "point_": row["point"],
            "series_": row["id"],
            "width_": width,
            "start_": start,
            "end_": end,
            "upto_": upto,
            "since_": since,
            "until_": until,
        }
        if width == _FINE and start >= row["raw_since"]:
            transaction.execute(_MAKE_FINE, target)
        elif width != _FINE and start >= row["fine_since"]:
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


_MAKE_COARSE = _make(fine_parts())
_MAKE_FINE = _make(
    raw_parts().where(
        or_(entries.c.ts < bindparam("since_"), entries.c.ts >= bindparam("until_"))
    )
)
