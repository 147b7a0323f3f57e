"""How many bytes a stored measurement takes, beside Home Assistant's recorder.

Both are given the same states. A message that names itself leaves a key that recognizes its
repetition, for a month; one that does not, leaves none. The recorder's own statistics come on top,
where an entity has them.
"""

from collections.abc import AsyncIterator
import os
from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bench.appends import lifelog_writer, recorder_writer
from bench.figure import Figure
from hearthward.lifelog import Lifelog
from hearthward.lifelog.rollups import Rollups
from hearthward.lifelog.sqlite import SqliteStore

MEASUREMENTS = int(os.environ.get("BENCH_MEASUREMENTS", "100_000"))
SLICE = 20_000

PEER = "recorder"
GOAL = 2.0

KEYS = ("idempotency",)
ROLLUPS = ("rollups", "series", "series_by_point")


async def measure() -> AsyncIterator[Figure]:
    """Yield the bytes of each file, a measurement."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        folder = Path(directory)
        async with recorder_writer(folder) as write:
            for first in range(1, MEASUREMENTS + 1, SLICE):
                await write(first, SLICE)
        async with lifelog_writer(folder) as write:
            await write(1, MEASUREMENTS)
        async with Lifelog(SqliteStore(folder / "lifelog.db"), "home") as lifelog:
            await Rollups(lifelog, ZoneInfo("UTC")).catch_up()
        theirs = _sizes(folder / "recorder.db")
        ours = _sizes(folder / "lifelog.db")
    whole = sum(ours.values())
    keys = sum(ours[name] for name in KEYS)
    for figure, size in (("with its key", whole), ("without a key", whole - keys)):
        yield Figure(
            bench="size",
            figure=f"a measurement, {figure}",
            value=size / MEASUREMENTS,
            unit="B",
            peer=PEER,
            peer_value=sum(theirs.values()) / MEASUREMENTS,
            goal=GOAL,
        )
    yield Figure(
        bench="size",
        figure="its share of the rollups",
        value=sum(ours[name] for name in ROLLUPS) / MEASUREMENTS,
        unit="B",
    )


def _sizes(file: Path) -> dict[str, int]:
    """Return the bytes of each table and index of a database."""
    database = sqlite3.connect(file)
    rows = database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
    sizes: dict[str, int] = dict(rows)
    database.close()
    return sizes
