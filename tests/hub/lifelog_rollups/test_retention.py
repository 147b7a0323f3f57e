"""What is old goes, in the right order, and nothing that is provable is lost."""

from dataclasses import dataclass
from pathlib import Path
import sqlite3

import msgspec
import pytest
from sqlalchemy import func, select

from hearthward.config import RetentionSettings
from hearthward.lifelog import Lifelog
from hearthward.lifelog.checkpoints import Checkpoints, load_key
from hearthward.lifelog.forgetting.forgetting import Forgetting
from hearthward.lifelog.retention import Retention, kept_days
from hearthward.lifelog.rollups import Rollups
from hearthward.lifelog.rollups.chart import read
from hearthward.lifelog.schema import devices, entries, idempotency, rollups
from hearthward.model.chart import Chart, ChartQuery, Resolution
from hearthward.model.device import (
    Device,
    DeviceStatus,
    Point,
    PointCategory,
    PointKind,
)
from hearthward.model.entry import Draft, EntryKind

from .test_rollups import BEGIN, DEVICE, HOME, ZONE, draft

DAY = 86_400.0
NOW = BEGIN + 200 * DAY


@dataclass(frozen=True, slots=True)
class Book:
    """A lifelog and what keeps it small."""

    lifelog: Lifelog
    rollups: Rollups
    forgetting: Forgetting

    async def let_go(self, now: float = NOW, **settings: float) -> int:
        """Let go of what is old by then."""
        kept = RetentionSettings(**({"key_days": 0.0} | settings))  # type: ignore[arg-type] # numbers all
        retention = Retention(
            self.lifelog, self.forgetting, self.rollups, kept, lambda: now
        )
        return await retention.let_go()

    async def draw(
        self, since: float, until: float, resolution: Resolution | None = None
    ) -> Chart:
        """Return the chart of the power."""
        query = ChartQuery(
            device=DEVICE,
            point="power",
            since=since,
            until=until,
            resolution=resolution,
        )
        return await self.lifelog.load(
            lambda found: read(found, HOME, query, ZONE, NOW)
        )

    async def count(self, kind: EntryKind) -> int:
        """Return how many entries of a kind are left."""
        counted = select(func.count()).where(entries.c.kind == kind.value)
        return await self.lifelog.load(
            lambda found: found.execute(counted).scalar_one()
        )


@pytest.fixture
async def book(lifelog: Lifelog, tmp_path: Path) -> Book:
    """Open a book whose device has a point for the power."""
    point = Point(id="power", kind=PointKind.SENSOR, name="Power", object_id="power")
    device = Device(
        id=DEVICE,
        name="Meter",
        status=DeviceStatus.ACTIVE,
        adapter="http",
        points=(point,),
    )
    body = msgspec.json.encode(device).decode()
    await lifelog.transact(
        lambda transaction: transaction.put(
            devices, {"home": HOME, "id": DEVICE, "body": body}
        )
    )
    checkpoints = Checkpoints(lifelog, load_key(tmp_path))
    return Book(lifelog, Rollups(lifelog, ZONE), Forgetting(lifelog, checkpoints))


async def fill(book: Book, days: int = 200) -> None:
    """Measure four times a day."""
    drafts = [
        draft("power", BEGIN + at * DAY / 4, float(at % 10)) for at in range(4 * days)
    ]
    for begin in range(0, len(drafts), 500):
        await book.lifelog.append(drafts[begin : begin + 500])


async def test_measurements_go_and_the_chart_stays(book: Book) -> None:
    """Days look the same before and after their measurements have gone."""
    await fill(book)
    await book.rollups.catch_up()
    before = await book.draw(BEGIN, NOW, Resolution.DAY)

    gone = await book.let_go(raw_days=30)

    assert 160 * 4 < gone < 180 * 4
    assert await book.count(EntryKind.STATE) == 800 - gone
    assert await book.draw(BEGIN, NOW, Resolution.DAY) == before
    assert (await book.draw(BEGIN, BEGIN + DAY)).resolution is not Resolution.RAW
    assert (await book.draw(NOW - DAY, NOW)).resolution is Resolution.RAW
    assert (await book.lifelog.verify()).problem is None
    assert await book.let_go(raw_days=30) == 0


async def test_rollups_go_from_fine_to_coarse(book: Book) -> None:
    """Each is asked for as long as it is there; days stay."""
    await fill(book)
    await book.let_go(raw_days=10, five_minutes_days=50, hour_days=100)
    for days, resolution in (
        (5, Resolution.RAW),
        (30, Resolution.FIVE_MINUTES),
        (80, Resolution.HOUR),
        (150, Resolution.DAY),
    ):
        chart = await book.draw(NOW - days * DAY, NOW - (days - 3) * DAY)
        assert chart.resolution is resolution
    widths = await book.lifelog.load(
        lambda found: dict(
            found.execute(
                select(rollups.c.width, func.min(rollups.c.start)).group_by(
                    rollups.c.width
                )
            )
            .tuples()
            .all()
        )
    )
    assert NOW - 52 * DAY < widths[300] < NOW - 49 * DAY
    assert NOW - 102 * DAY < widths[3600] < NOW - 99 * DAY
    assert widths[86400] <= BEGIN


async def test_what_is_late_still_counts_when_its_neighbors_are_gone(
    book: Book,
) -> None:
    """The mean of its day stays, the extremes move."""
    await fill(book)
    await book.let_go(raw_days=10)
    (before,) = (await book.draw(BEGIN + DAY, BEGIN + DAY + 1, Resolution.DAY)).buckets
    await book.lifelog.append([draft("power", BEGIN + 1.3 * DAY, 99.0)])
    await book.rollups.catch_up()
    (after,) = (await book.draw(BEGIN + DAY, BEGIN + DAY + 1, Resolution.DAY)).buckets
    assert (after.count, after.max) == (before.count + 1, 99.0)
    assert (after.mean, after.last) == (before.mean, before.last)


async def test_what_matters_is_kept_for_ever(book: Book) -> None:
    """Notes, incidents and audit outlive events, states and keys."""
    kinds = (EntryKind.NOTE, EntryKind.INCIDENT, EntryKind.AUDIT, EntryKind.EVENT)
    await book.lifelog.append(
        [Draft(ts=BEGIN, kind=kind, device=DEVICE, key=f"key {kind}") for kind in kinds]
    )
    assert await book.let_go(now=4e9, event_days=100, key_days=1) == 1
    left = [await book.count(kind) for kind in kinds]
    keys = await book.lifelog.load(
        lambda found: found.execute(select(idempotency.c.key)).scalars().all()
    )
    assert left == [1, 1, 1, 0]
    assert [key for key in keys if key.startswith("key")] == []


async def test_freed_space_is_used_again(book: Book, tmp_path: Path) -> None:
    """The file of a home that measures evenly stops growing."""

    async def year(number: int) -> int:
        begin = BEGIN + 400 * DAY * number
        drafts = [draft("power", begin + 1000 * at, float(at)) for at in range(8000)]
        for part in range(0, len(drafts), 1000):
            await book.lifelog.append(drafts[part : part + 1000])
        await book.let_go(begin + 400 * DAY, raw_days=1, five_minutes_days=1)
        database = sqlite3.connect(tmp_path / "lifelog.db")
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.close()
        return int(pages)

    first = await year(0)
    assert await year(1) < 1.3 * first
    assert await year(2) < 1.4 * first


def point(kind: PointKind, category: PointCategory, name: str | None) -> Point:
    """Return a point of a device class."""
    return Point(
        id="x",
        kind=kind,
        name="X",
        object_id="x",
        category=category,
        device_class=name,
    )


def test_classes_are_kept_as_long_as_they_are_worth() -> None:
    """What is set for a class goes first, then the kind and the category decide."""
    settings = RetentionSettings(class_days={"motion": 7.0, "select": 5.0})
    primary, diagnostic = PointCategory.PRIMARY, PointCategory.DIAGNOSTIC
    sensor, binary = PointKind.SENSOR, PointKind.BINARY_SENSOR
    found = [
        kept_days(each, settings)
        for each in (
            None,
            point(sensor, primary, "temperature"),
            point(sensor, diagnostic, "signal_strength"),
            point(binary, primary, "door"),
            point(binary, primary, "motion"),
            point(PointKind.SELECT, primary, None),
        )
    ]
    assert found == [30.0, 30.0, 10.0, 400.0, 7.0, 5.0]
