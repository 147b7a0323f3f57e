"""What is forgotten is in no rollup, and what was around it still is."""

import asyncio
from pathlib import Path
import tempfile
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st

from hearthward.lifelog import Lifelog
from hearthward.lifelog.checkpoints import Checkpoints, load_key
from hearthward.lifelog.forgetting import Forgetting
from hearthward.lifelog.rebuild import RollupEraser, settle_zone
from hearthward.lifelog.rollups import Rollups
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
    stored,
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
