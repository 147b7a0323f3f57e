"""Retention: let go of what has been kept for as long as it was to be.

Measurements go once they are in the rollups, these once they are in coarser ones. It goes in small
steps of the lowest lane. The space is used again for what comes; the file does not shrink.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
import logging
import time
from typing import Protocol

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    literal_column,
    select,
    update,
)

from hearthward.config import RetentionSettings
from hearthward.model.chart import Resolution
from hearthward.model.device import Device, Point, PointCategory, PointKind
from hearthward.model.entry import EntryKind, Lane

from .errors import LifelogUnavailableError
from .log import Lifelog
from .rollups import Rollups
from .rollups.buckets import WIDTHS
from .rollups.progress import FOLLOWER
from .schema import dead_letters, devices, entries, rollups, series, states
from .transaction import Transaction

_DAY = 86_400

# After the start other work comes first; then what a few hours bring is let go at once.
_FIRST = 600.0
_PAUSE = 4 * 3_600.0

_CHUNK = 1_000

# Dead letters are larger.
_LETTERS = 100

_NUMBERS = (PointKind.SENSOR, PointKind.NUMBER, PointKind.CLIMATE)

_LOGGER = logging.getLogger(__name__)


class Ager(Protocol):
    """What erases entries and keys for good: `forgetting.Forgetting`."""

    async def age_out(self, conditions: Sequence[ColumnElement[bool]], why: str) -> int:
        """Erase entries that meet one of the conditions; return how many."""

    async def expire_keys(self, before: float) -> int:
        """Erase the idempotency keys of entries received before a time."""


class Retention:
    """Lets go of what is too old."""

    def __init__(
        self,
        lifelog: Lifelog,
        ager: Ager,
        rollups: Rollups,
        settings: RetentionSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep what `settings` say of `lifelog`, by the time of `clock`."""
        self._lifelog = lifelog
        self._ager = ager
        self._rollups = rollups
        self._settings = settings
        self._clock = clock

    async def run(self) -> None:
        """Look every few hours until cancelled."""
        await asyncio.sleep(_FIRST)
        while True:
            try:
                await self.let_go()
            except LifelogUnavailableError as error:
                _LOGGER.warning("Nothing old can be let go of: %s", error)
            await asyncio.sleep(_PAUSE)

    async def let_go(self) -> int:
        """Let go of all that is too old by now; return how many entries that were."""
        await self._rollups.catch_up()
        now, settings = self._clock(), self._settings
        edges = await self._lifelog.load(
            lambda connection: _edges(connection, self._lifelog.home, settings, now)
        )
        done = await self._lifelog.cursor(FOLLOWER)
        conditions = [
            *_measurements(edges, done),
            *_others(settings, now),
        ]
        await self._lifelog.transact(
            lambda transaction: _note_raw(transaction, edges), Lane.BULK
        )
        gone = await self._ager.age_out(conditions, "Kept for as long as it was to be")
        for width, days in (
            (Resolution.FIVE_MINUTES, settings.five_minutes_days),
            (Resolution.HOUR, settings.hour_days),
        ):
            if edge := _edge(now, days):
                await self._let_go_rollups(WIDTHS[width], edge)
        if edge := _edge(now, settings.key_days):
            await self._ager.expire_keys(edge)
        if edge := _edge(now, settings.dead_letter_days):
            drop = partial(_drop_letters, edge=edge)
            while await self._lifelog.transact(drop, Lane.BULK):
                pass
        return gone

    async def _let_go_rollups(self, width: int, edge: int) -> None:
        home = self._lifelog.home
        numbers = await self._lifelog.load(lambda found: _numbers(found, home))
        for number in numbers:
            step = partial(_drop, number=number, width=width, edge=edge)
            while await self._lifelog.transact(step, Lane.BULK):
                pass


class Edge(msgspec.Struct, frozen=True):
    """A point whose measurements before `ts` go."""

    device: str
    point: str
    ts: int


def kept_days(point: Point | None, settings: RetentionSettings) -> float:
    """Return for how many days a point's measurements are kept raw; 0 is for ever."""
    if point is None:
        return settings.raw_days
    for name in (point.device_class, point.kind.value):
        if name in settings.class_days:
            return settings.class_days[name]
    if point.kind not in _NUMBERS:
        return settings.discrete_days
    if point.category is PointCategory.DIAGNOSTIC:
        return settings.diagnostic_days
    return settings.raw_days


def _edge(now: float, days: float) -> int:
    """Return the time before which things go, 0 for never.

    Whole days, so that no bucket of an hour or less loses only a part of its measurements.
    """
    return int((now - days * _DAY) // _DAY) * _DAY if days else 0


def _numbers(connection: Connection, home: str) -> Sequence[int]:
    own = select(series.c.id).where(series.c.home == home)
    return connection.execute(own).scalars().all()


def _edges(
    connection: Connection, home: str, settings: RetentionSettings, now: float
) -> list[Edge]:
    """Return what goes of each point."""
    bodies = connection.execute(select(devices.c.body).where(devices.c.home == home))
    points = {
        (device.id, point.id): point
        for (body,) in bodies
        for device in [msgspec.json.decode(body, type=Device)]
        for point in device.points
    }
    rows = connection.execute(
        select(states.c.device, states.c.point).where(states.c.home == home)
    )
    return [
        Edge(device, point, edge)
        for device, point in rows
        if (edge := _edge(now, kept_days(points.get((device, point)), settings)))
    ]


def _measurements(edges: Sequence[Edge], done: int) -> Iterator[ColumnElement[bool]]:
    """Yield which measurements go: old ones that the rollups have taken."""
    for edge in edges:
        yield and_(
            entries.c.device == edge.device,
            entries.c.point == edge.point,
            entries.c.ts < edge.ts,
            entries.c.kind == EntryKind.STATE.value,
            entries.c.seq <= done,
        )


def _others(settings: RetentionSettings, now: float) -> Iterator[ColumnElement[bool]]:
    for days, kinds in (
        (settings.event_days, (EntryKind.EVENT,)),
        (settings.status_days, (EntryKind.STATUS, EntryKind.DEVICE)),
        (settings.command_days, (EntryKind.COMMAND, EntryKind.ACK)),
    ):
        if edge := _edge(now, days):
            for kind in kinds:
                yield and_(
                    entries.c.kind == kind.value,
                    # Said literally, or SQLite cannot know that its partial index applies.
                    literal_column("kind") != literal_column("'state'"),
                    entries.c.ts < edge,
                )


def _note_raw(transaction: Transaction, edges: Sequence[Edge]) -> None:
    """Note first since when a point's measurements are whole: then charts do without."""
    rows = [(transaction.home, edge.device, edge.point, edge.ts) for edge in edges]
    transaction.execute_many(_NOTE_RAW, rows)


_NOTE_RAW = """
UPDATE series SET raw_since = column4 FROM (VALUES (?, ?, ?, ?))
WHERE home = column1 AND device = column2 AND point = column3 AND raw_since < column4
"""


def _drop(transaction: Transaction, number: int, width: int, edge: int) -> bool:
    """Delete some rollups of a series; tell whether there may be more."""
    since = (
        series.c.fine_since
        if width == WIDTHS[Resolution.FIVE_MINUTES]
        else series.c.hours_since
    )
    transaction.execute(
        update(series).where(series.c.id == number, since < edge).values({since: edge})
    )
    row = rollups.c
    old = (row.series == number, row.width == width, row.start < edge)
    starts = (
        transaction.execute(
            select(row.start).where(*old).order_by(row.start).limit(_CHUNK)
        )
        .scalars()
        .all()
    )
    if starts:
        transaction.execute(delete(rollups).where(*old, row.start <= starts[-1]))
    return len(starts) == _CHUNK


def _drop_letters(transaction: Transaction, edge: int) -> bool:
    """Delete some dead letters; tell whether there may be more."""
    letter = dead_letters.c
    old = (
        select(letter.id)
        .where(letter.home == transaction.home, letter.received < edge)
        .limit(_LETTERS)
    )
    gone = transaction.execute(
        delete(dead_letters).where(letter.home == transaction.home, letter.id.in_(old))
    ).rowcount
    return gone == _LETTERS
