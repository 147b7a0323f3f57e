"""What is forgotten is in no rollup, and what was around it still is."""

import asyncio
from itertools import batched
from pathlib import Path
import tempfile
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import func, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.checkpoints import Checkpoints, load_key
from hearthward.lifelog.forgetting.forgetting import Forgetting
from hearthward.lifelog.rollups import RollupEraser, Rollups, settle_zone, steps
from hearthward.lifelog.schema import rollups as rollups_table
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft
from hearthward.model.erasure import ForgetRequest

from .test_rollups import (
    BEGIN,
    DEVICE,
    HOME,
    ZONE,
    arrivals,
    assert_same,
    draft,
    expected,
    prepared,
    stored,
    write,
)

hours = st.floats(0, 48) | st.sampled_from([0.0, 1.0, 22.0, 24.0])


def forgetting(lifelog: Lifelog, folder: Path) -> Forgetting:
    """Return what forgets, rollups too."""
    lifelog.erasers.append(RollupEraser(ZONE))
    return Forgetting(lifelog, Checkpoints(lifelog, load_key(folder)))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrivals, st.integers(0, 40), hours, hours, st.none() | st.just("power"))
def test_rollups_are_those_of_what_is_left(
    arriving: list[tuple[str, float, float | None]],
    rolled_up: int,
    since: float,
    until: float,
    point: str | None,
) -> None:
    """Whatever was rolled up before, and what comes after."""
    drafts = [draft(name, BEGIN + at, value) for name, at, value in arriving]
    begin, end = BEGIN + 3600 * min(since, until), BEGIN + 3600 * max(since, until)

    def is_left(one: Draft) -> bool:
        return not (begin <= one.ts < end and point in (None, one.point))

    async def check(folder: Path) -> None:
        async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
            forget = forgetting(lifelog, folder)
            rollups = Rollups(lifelog, ZONE)
            await lifelog.append(drafts[:rolled_up])
            await rollups.catch_up()
            await lifelog.append(drafts[rolled_up:])
            await forget.forget(
                ForgetRequest(device=DEVICE, point=point, since=begin, until=end)
            )
            again = draft("power", BEGIN + 3 * 86400, 1.0)
            await lifelog.append([again])
            await rollups.catch_up()
            left = [one for one in drafts if is_left(one)]
            assert_same(await lifelog.load(stored), expected([*left, again]))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


async def test_a_forgotten_device_leaves_no_series(
    lifelog: Lifelog, tmp_path: Path
) -> None:
    """Nothing names it any more."""
    await lifelog.append([draft("power", BEGIN + at, 1.0) for at in range(10)])
    await Rollups(lifelog, ZONE).catch_up()
    await forgetting(lifelog, tmp_path).forget(ForgetRequest(device=DEVICE))
    assert await lifelog.load(stored) == {}


@pytest.mark.parametrize("rolled_up", [0, 3])
async def test_what_was_prepared_before_is_not_written_after(
    lifelog: Lifelog, tmp_path: Path, rolled_up: int
) -> None:
    """What is forgotten does not come back, whether its point has rollups already or not."""
    drafts = [draft("power", BEGIN + at, 1.0) for at in range(5)]
    other = draft("energy", BEGIN, 7.0)
    await lifelog.append(drafts[:rolled_up])
    await Rollups(lifelog, ZONE).catch_up()
    await lifelog.append([*drafts[rolled_up:], other])
    (piece,) = await prepared(lifelog)

    await forgetting(lifelog, tmp_path).forget(
        ForgetRequest(device=DEVICE, point="power")
    )
    assert not await write(lifelog, piece)
    await Rollups(lifelog, ZONE).catch_up()
    assert_same(await lifelog.load(stored), expected([other]))


async def test_forgetting_within_a_step(
    lifelog: Lifelog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One point is further than the other when both lose some of what they told."""
    monkeypatch.setattr(steps, "_PIECE", 1)
    drafts = [
        draft(point, BEGIN + at, float(at))
        for at in range(10)
        for point in ("energy", "power")
    ]
    await lifelog.append(drafts)
    first, second = await prepared(lifelog)
    assert await write(lifelog, first)

    await forgetting(lifelog, tmp_path).forget(
        ForgetRequest(device=DEVICE, since=BEGIN + 3, until=BEGIN + 6)
    )
    assert not await write(lifelog, second)
    await Rollups(lifelog, ZONE).catch_up()
    left = [one for one in drafts if not BEGIN + 3 <= one.ts < BEGIN + 6]
    assert_same(await lifelog.load(stored), expected(left))


async def test_many_rollups_go_in_small_steps(lifelog: Lifelog, tmp_path: Path) -> None:
    """An alarm never waits for all of them."""
    drafts = [draft("power", BEGIN + 300 * at, 1.0) for at in range(7000)]
    for chunk in batched(drafts, 1000, strict=False):
        await lifelog.append(chunk)
    await Rollups(lifelog, ZONE).catch_up()
    eraser = Counting(ZONE)
    lifelog.erasers.append(eraser)
    forget = Forgetting(lifelog, Checkpoints(lifelog, load_key(tmp_path)))
    await forget.forget(ForgetRequest(device=DEVICE, since=BEGIN + 10))
    assert sum(eraser.erased) > 7000
    assert max(eraser.erased) <= 1000
    assert_same(await lifelog.load(stored), expected(drafts[:1]))


class Counting(RollupEraser):
    """Counts how many rollups go with each transaction."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Begin with none."""
        super().__init__(zone)
        self.erased: list[int] = []

    def finish(self, transaction: Transaction) -> bool:
        """Erase some."""
        before = _count(transaction)
        more = super().finish(transaction)
        self.erased.append(before - _count(transaction))
        return more


def _count(transaction: Transaction) -> int:
    found = transaction.execute(select(func.count()).select_from(rollups_table))
    return int(str(found.scalar()))


async def test_days_move_with_the_home(lifelog: Lifelog) -> None:
    """Another time zone makes other days of the same measurements."""
    drafts = [draft("power", BEGIN + 1000 * at, float(at % 7)) for at in range(500)]
    await lifelog.append(drafts)
    await Rollups(lifelog, ZONE).catch_up()
    await settle_zone(lifelog, ZONE)
    assert_same(await lifelog.load(stored), expected(drafts, ZONE))
    west = ZoneInfo("America/Los_Angeles")
    await settle_zone(lifelog, west)
    assert_same(await lifelog.load(stored), expected(drafts, west))
