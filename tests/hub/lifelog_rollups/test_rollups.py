"""Rollups say what the measurements say, in whatever order and with whatever breaks."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path
import tempfile
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest
from sqlalchemy import Connection, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.rollups import Rollups, steps
from hearthward.lifelog.schema import rollups, series
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, EntryKind, Lane

from .reference import Measured, Summary, summaries

HOME = "home"
DEVICE = "meter"
ZONE = ZoneInfo("Europe/Berlin")

# Within two days of which one has 25 hours (2025-10-26).
BEGIN = 1761350400.0

type Rows = dict[tuple[str, int, int], Summary]

arrivals = st.lists(
    st.tuples(
        st.sampled_from(["power", "energy"]),
        st.floats(0, 2 * 86400) | st.floats(0, 600) | st.sampled_from([0.0, 300.0]),
        st.none() | st.sampled_from([0.0, 1.0]) | st.floats(-50, 1000, width=32),
    ),
    max_size=40,
)


def draft(point: str, ts: float, value: float | None, text: str | None = None) -> Draft:
    """Return the draft of a measurement."""
    return Draft(
        ts=ts,
        kind=EntryKind.STATE,
        device=DEVICE,
        point=point,
        value=value,
        text=text,
    )


def stored(connection: Connection) -> Rows:
    """Read all rollups."""
    found = connection.execute(
        select(series.c.point, rollups).join(series, series.c.id == rollups.c.series)
    )
    return {
        (row.point, row.width, row.start): Summary(
            *(row._mapping[field.name] for field in fields(Summary))
        )
        for row in found
    }


def expected(drafts: Sequence[Draft], zone: ZoneInfo = ZONE) -> Rows:
    """Work the rollups out from all drafts, which were appended in this order."""
    points = {one.point for one in drafts if one.point}
    return {
        (point, *bucket): summary
        for point in points
        for bucket, summary in summaries(
            (
                Measured(one.ts, seq, one.value)
                for seq, one in enumerate(drafts)
                if one.point == point and (one.value is not None or one.text is None)
            ),
            zone,
        ).items()
    }


async def prepared(lifelog: Lifelog) -> list[steps.Piece]:
    """Return what the next step would write."""
    last = lifelog.last
    return await lifelog.load(
        lambda connection: steps.prepare(connection, HOME, ZONE, last)
    )


async def write(lifelog: Lifelog, piece: steps.Piece) -> bool:
    """Write a piece, if it is still true."""
    return await lifelog.transact(partial(steps.write, piece=piece), Lane.BULK)


def assert_same(found: Rows, wanted: Rows) -> None:
    """Check that the rollups are the ones wanted, but for the rounding of sums."""
    assert found.keys() == wanted.keys()
    for bucket, summary in wanted.items():
        assert astuple(found[bucket]) == pytest.approx(
            astuple(summary), rel=1e-9, abs=1e-3
        ), bucket


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arrivals,
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.sampled_from([1, 300])),
    st.lists(st.integers(0, 4), max_size=40),
)
@example(
    [("power", 0.0, 1.0), ("power", 400.0, None), ("power", 200.0, 2.0)],
    (1, 7, 300),
    [],
)
@example([("power", 0.0, 1.0), ("energy", 0.0, 1.0)], (7, 7, 1), [3, 3, 2, 0])
def test_rollups_are_those_of_all_measurements(
    arriving: list[tuple[str, float, float | None]],
    sizes: tuple[int, int, int],
    breaks: list[int],
) -> None:
    """Late, equal and unknown measurements, steps of any size, restarts at any place."""
    drafts = [draft(point, BEGIN + at, value) for point, at, value in arriving]

    async def check(folder: Path) -> None:
        rest = list(drafts)
        plan = [*breaks, *[3] * len(rest)]
        while rest:
            async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
                while rest:
                    match plan.pop(0):
                        case 0:
                            break
                        case 1:
                            await Rollups(lifelog, ZONE).catch_up()
                        case 2:
                            for piece in (await prepared(lifelog))[:1]:
                                await write(lifelog, piece)
                        case _:
                            await lifelog.append([rest.pop(0)])
        async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
            await Rollups(lifelog, ZONE).catch_up()
            assert_same(await lifelog.load(stored), expected(drafts))

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for name, size in zip(("_STEP", "_PLACES", "_PIECE"), sizes, strict=True):
            patch.setattr(steps, name, size)
        asyncio.run(check(Path(folder)))


async def test_a_step_that_fails_leaves_no_trace(lifelog: Lifelog) -> None:
    """What a step wrote and its cursor come and go together."""
    await lifelog.append([draft("power", BEGIN, 1.0), draft("power", BEGIN + 9, 2.0)])

    pieces = await prepared(lifelog)

    def broken(transaction: Transaction) -> None:
        assert steps.write(transaction, pieces[0])
        raise RuntimeError("killed")

    with suppress(RuntimeError):
        await lifelog.transact(broken, Lane.BULK)
    assert await lifelog.load(stored) == {}
    assert await lifelog.cursor("rollups") == 0

    await Rollups(lifelog, ZONE).catch_up()
    found = await lifelog.load(stored)
    assert found["power", 300, int(BEGIN)].count == 2


async def test_a_step_is_written_in_small_pieces(lifelog: Lifelog) -> None:
    """An alarm waits for one of them, whatever comes at once."""
    wide = [draft(f"point {at}", BEGIN, 1.0) for at in range(300)]
    long = [draft("power", BEGIN + 90_000.0 * at, 1.0) for at in range(300)]
    await lifelog.append([*wide, *long])
    sizes = []
    while pieces := await prepared(lifelog):
        for piece in pieces:
            assert await write(lifelog, piece)
            sizes.append(len(piece.joined))
    assert sum(sizes) == 3 * len([*wide, *long])
    assert max(sizes) <= 600
    assert_same(await lifelog.load(stored), expected([*wide, *long]))


async def test_words_are_no_measurements(lifelog: Lifelog) -> None:
    """A state of words only has no rollup; nor has a time that no clock shows."""
    drafts = [
        draft("mode", BEGIN, None, "heat"),
        draft("power", -5.0, 1.0),
        draft("power", 1e15, 1.0),
    ]
    await lifelog.append(drafts)
    await Rollups(lifelog, ZONE).catch_up()
    assert await lifelog.load(stored) == {}


@pytest.mark.parametrize("name", ["Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
async def test_days_are_those_of_the_home(lifelog: Lifelog, name: str) -> None:
    """Also where the clock is a quarter of an hour off or is put half an hour forward."""
    zone = ZoneInfo(name)
    drafts = [draft("power", BEGIN + 1000 * at, float(at % 7)) for at in range(500)]
    await lifelog.append(drafts)
    await Rollups(lifelog, zone).catch_up()
    assert_same(await lifelog.load(stored), expected(drafts, zone))
