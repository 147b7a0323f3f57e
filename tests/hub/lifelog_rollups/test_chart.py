"""A chart shows what was measured, whatever it is read from."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
import tempfile

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from hearthward.lifelog import Lifelog, LifelogError
from hearthward.lifelog.rollups import Rollups, steps
from hearthward.lifelog.rollups.chart import read
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.chart import Bucket, Chart, ChartQuery, Resolution
from hearthward.model.entry import Draft

from .reference import rise
from .test_rollups import BEGIN, DEVICE, HOME, ZONE, draft, prepared, write

NOW = BEGIN + 3 * 86400

measured = st.lists(
    st.tuples(
        st.floats(0, 2 * 86400) | st.floats(0, 900),
        st.none() | st.sampled_from([0.0, 1.0]) | st.floats(0, 1000, width=32),
    ),
    min_size=1,
    max_size=25,
)


async def draw(
    lifelog: Lifelog,
    since: float,
    until: float,
    resolution: Resolution | None = None,
    points: int = 1000,
    point: str = "power",
) -> Chart:
    """Return a chart, of the power if nothing else is said."""
    query = ChartQuery(
        device=DEVICE,
        point=point,
        since=since,
        until=until,
        resolution=resolution,
        points=points,
    )
    return await lifelog.load(lambda found: read(found, HOME, query, ZONE, NOW))


def seen(drafts: Sequence[Draft], begin: float, end: float) -> Bucket:
    """Work a bucket out from all measurements."""
    told = sorted(drafts, key=lambda one: one.ts)
    steps = [(one.ts, one.value) for one in told] + [(NOW, None)]
    inside = [value for ts, value in steps[:-1] if begin <= ts < end]
    spans = [
        (value, min(after, end) - max(ts, begin))
        for (ts, value), (after, _) in pairwise(steps)
        if value is not None and min(after, end) > max(ts, begin)
    ]
    known = sum(seconds for _, seconds in spans)
    values = [value for value in inside if value is not None]
    reach = [value for value, _ in spans] + values
    last = [value for ts, value in steps[:-1] if ts < end]
    readings = [
        (ts, value) for ts, value in steps[:-1] if ts < end and value is not None
    ]
    return Bucket(
        ts=begin,
        count=len(values),
        min=min(reach, default=None),
        max=max(reach, default=None),
        mean=sum(value * seconds for value, seconds in spans) / known
        if known
        else last[-1]
        if last
        else None,
        last=last[-1] if last else None,
        sum=sum(
            rise(before, after)
            for (_, before), (ts, after) in pairwise(readings)
            if ts >= begin
        ),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    measured, st.integers(0, 25), st.sampled_from(list(Resolution)[1:]), st.booleans()
)
def test_buckets_are_those_of_all_measurements(
    arriving: list[tuple[float, float | None]],
    rolled_up: int,
    resolution: Resolution,
    late: bool,
) -> None:
    """However much the rollups have taken, and buckets without a measurement too."""
    drafts = [draft("power", BEGIN + at, value) for at, value in arriving]
    if not late:
        drafts.sort(key=lambda one: one.ts)

    async def check(folder: Path) -> None:
        async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
            rollups = Rollups(lifelog, ZONE)
            await lifelog.append(drafts[:rolled_up])
            await rollups.catch_up()
            await lifelog.append(drafts[rolled_up:])
            if late:
                await rollups.catch_up()
            chart = await draw(lifelog, BEGIN - 86400, NOW, resolution)
        ends = [bucket.ts for bucket in chart.buckets[1:]] + [NOW]
        assert chart.buckets[0].ts <= min(one.ts for one in drafts)
        for bucket, end in zip(chart.buckets, ends, strict=True):
            wanted = seen(drafts, bucket.ts, end)
            for name in ("count", "min", "max", "mean", "last"):
                assert getattr(bucket, name) == pytest.approx(
                    getattr(wanted, name), rel=1e-6, abs=1e-6
                ), (name, bucket)
            assert (bucket.sum or 0.0) == pytest.approx(wanted.sum, rel=1e-6, abs=1e-6)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


async def test_within_a_step_each_chart_is_whole(
    lifelog: Lifelog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rollups of one point are further than those of the other."""
    monkeypatch.setattr(steps, "_PIECE", 1)
    points = ("energy", "power")
    await lifelog.append(
        [draft(point, BEGIN + at, float(at)) for at in range(9) for point in points]
    )

    async def counts() -> list[int]:
        charts = [
            await draw(lifelog, BEGIN, NOW, Resolution.DAY, point=point)
            for point in points
        ]
        return [chart.buckets[0].count for chart in charts]

    for piece in await prepared(lifelog):
        assert await counts() == [9, 9]
        assert await write(lifelog, piece)
    assert await counts() == [9, 9]


async def test_the_resolution_fits_the_time(lifelog: Lifelog) -> None:
    """Few measurements are drawn as they are; more as the finest buckets that fit."""
    drafts = [draft("power", BEGIN + 60 * at, float(at)) for at in range(3000)]
    for part in range(0, 3000, 1000):
        await lifelog.append(drafts[part : part + 1000])
    await Rollups(lifelog, ZONE).catch_up()

    hour = await draw(lifelog, BEGIN, BEGIN + 3600)
    day = await draw(lifelog, BEGIN, BEGIN + 86400)
    both = await draw(lifelog, BEGIN, BEGIN + 2 * 86400, points=100)
    always = await draw(lifelog, 0.0, 4e9, points=10)

    assert (hour.resolution, len(hour.buckets)) == (Resolution.RAW, 60)
    assert (day.resolution, len(day.buckets)) == (Resolution.FIVE_MINUTES, 288)
    assert (both.resolution, len(both.buckets)) == (Resolution.HOUR, 48)
    assert (always.resolution, len(always.buckets)) == (Resolution.DAY, 4)
    assert day.seconds == 300.0


async def test_a_spike_stays_visible(lifelog: Lifelog) -> None:
    """The mean of a day hides a spike; its extremes do not."""
    values = [20.0] * 100 + [95.0, -3.0] + [20.0] * 100
    await lifelog.append(
        [draft("power", BEGIN + 60 * at, value) for at, value in enumerate(values)]
    )
    await Rollups(lifelog, ZONE).catch_up()
    chart = await draw(lifelog, BEGIN, BEGIN + 12 * 3600, Resolution.DAY)
    assert (chart.buckets[0].min, chart.buckets[0].max) == (-3.0, 95.0)
    assert chart.buckets[0].mean == pytest.approx(20.0, abs=0.2)


async def test_the_mean_of_on_and_off_is_the_share_of_time(lifelog: Lifelog) -> None:
    """On for a quarter of an hour: half of it in the first, a third lasting on."""
    await lifelog.append(
        [draft("power", BEGIN, 0.0), draft("power", BEGIN + 1800, 1.0)]
    )
    await Rollups(lifelog, ZONE).catch_up()
    await lifelog.append([draft("power", BEGIN + 3600 + 900, 0.0)])
    chart = await draw(lifelog, BEGIN, BEGIN + 2 * 3600, Resolution.HOUR)
    assert [bucket.mean for bucket in chart.buckets] == [0.5, 0.25]


async def test_a_chart_begins_with_what_held(lifelog: Lifelog) -> None:
    """The last change before the time is its first point."""
    await lifelog.append([draft("power", BEGIN, 7.0), draft("power", BEGIN + 900, 8.0)])
    await Rollups(lifelog, ZONE).catch_up()
    chart = await draw(lifelog, BEGIN + 600, BEGIN + 1200)
    assert [(bucket.ts, bucket.count, bucket.last) for bucket in chart.buckets] == [
        (BEGIN + 600, 0, 7.0),
        (BEGIN + 900, 1, 8.0),
    ]


async def test_a_chart_of_nothing_is_empty(lifelog: Lifelog) -> None:
    """There is no error before the first measurement."""
    assert (await draw(lifelog, -1e11, 1e11)).buckets == ()


async def test_what_cannot_be_drawn_is_refused(lifelog: Lifelog) -> None:
    """The sentence says what to ask instead."""
    await lifelog.append([draft("power", BEGIN - 40 * 86400, 7.0)])
    with pytest.raises(LifelogError, match="before `until`"):
        await draw(lifelog, BEGIN, BEGIN)
    with pytest.raises(LifelogError, match="less time or a coarser resolution"):
        await draw(lifelog, 0.0, NOW, Resolution.FIVE_MINUTES)
