"""How fast a chart is drawn from a year of measurements, one a minute, over HTTP.

Times are asked for at random, as a person who looks around does: the whole year, a month, a week, a
day and an hour of it, ending anywhere.
"""

import asyncio
from collections.abc import AsyncIterator
import math
from pathlib import Path
import random
from tempfile import TemporaryDirectory
import time

import aiohttp

from bench.figure import Figure, percentile
from hearthward.api.parts import Parts
from hearthward.config import Settings
from hearthward.hub import open_parts, serve
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.security import Role

YEAR = 365 * 86_400
SPANS = {
    "a year": YEAR,
    "a month": 30 * 86_400,
    "a week": 7 * 86_400,
    "a day": 86_400,
    "an hour": 3_600,
}
QUERIES = 200
GOAL = 50.0

_UNIT = 1_000


async def measure() -> AsyncIterator[Figure]:
    """Yield p95 for each span, and how long the rollups of the year took."""
    with TemporaryDirectory(prefix="hearthward-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder), host="127.0.0.1", discovery=False, announce=False
        )
        async with open_parts(settings) as parts, serve(parts, network=False):
            begin = time.time() - YEAR
            await _fill(parts, begin)
            began = time.perf_counter()
            await parts.rollups.catch_up()
            yield Figure(
                bench="chart",
                figure="rolling up a measurement",
                value=(time.perf_counter() - began) / (YEAR / 60) * 1e6,
                unit="µs",
            )
            token = (await parts.keys.create("bench", Role.VIEWER, "bench")).token
            for name, span in SPANS.items():
                taken = await _ask(settings, token, begin, span)
                yield Figure(
                    bench="chart",
                    figure=f"{name}, p95",
                    value=percentile(taken, 95) * 1000,
                    unit="ms",
                    goal=GOAL,
                )


async def _fill(parts: Parts, begin: float) -> None:
    """Append a temperature that follows the day, the year and the weather."""
    chance = random.Random(1)
    minutes = YEAR // 60
    for start in range(0, minutes, _UNIT):
        drafts = [
            Draft(
                ts=begin + 60 * minute,
                kind=EntryKind.STATE,
                device="node",
                point="temperature",
                value=round(_temperature(minute) + chance.gauss(0, 0.2), 2),
            )
            for minute in range(start, min(start + _UNIT, minutes))
        ]
        await parts.lifelog.append(drafts, Lane.BULK)


def _temperature(minute: int) -> float:
    day = math.sin(minute / 1440 * 2 * math.pi)
    return 10 + 10 * math.sin(minute / YEAR * 60 * 2 * math.pi) + 4 * day


async def _ask(
    settings: Settings, token: str, begin: float, span: float
) -> list[float]:
    """Return the seconds that each query took."""
    chance = random.Random(2)
    connector = aiohttp.UnixConnector(str(settings.data_dir / "hub.sock"))
    headers = {"Authorization": f"Bearer {token}"}
    taken = []
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        for _ in range(QUERIES):
            since = begin + chance.uniform(0, YEAR - span)
            query = {
                "device": "node",
                "point": "temperature",
                "since": repr(since),
                "until": repr(since + span),
            }
            began = time.perf_counter()
            async with session.get("http://hub/api/v1/chart", params=query) as response:
                response.raise_for_status()
                await response.read()
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0)
    return taken
