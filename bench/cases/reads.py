"""A thousand reads a second, of what dashboards, cards and people ask for.

The hub holds some history and is a process of its own, and so is who reads. Requests go out when
they are due, not when the one before is answered, so that a stall is counted by all that it
delays. Most ask for what is so now, some for history, a few for a chart or a search.
"""

import asyncio
from collections.abc import AsyncIterator
import os
import random
import sys

import msgspec

from bench.appends import START
from bench.cases.http import posting, serving
from bench.figure import Figure, percentile
from bench.gets import Got
from demo.hub import Hub
from demo.process import dies_with_parent

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
RATE = 1_000
STATES = 100_000
GOAL = 20.0

API = "/api/v1"
DEVICE = "device_01"
POINT = "sensor.point_1"
READS = {
    "a device": f"{API}/devices/{DEVICE}",
    "all states": f"{API}/states",
    "who the hub is": f"{API}/hub",
    "a page of history": f"{API}/entries?device={DEVICE}&point={POINT}&limit=50&order=desc",
    "a chart": f"{API}/chart?device={DEVICE}&point={POINT}"
    f"&since={START:.0f}&until={START + STATES * 0.1:.0f}",
    "a search": f"{API}/search?q=device%20approved",
}

# Of a hundred reads; most are of what is so now.
SHARES = dict(zip(READS, (45, 30, 14, 8, 2, 1), strict=True))


async def measure() -> AsyncIterator[Figure]:
    """Yield the percentiles over all reads, and the 95th of each kind."""
    async with serving() as (hub, token):
        async with posting(hub, token) as poster:
            await poster.post(1, STATES, 10_000)
        got = await read(hub, token)
    if got.failures:
        raise RuntimeError(f"{got.failures} reads failed")
    everything = [value for values in got.latencies.values() for value in values]
    for percent in (50, 95, 99):
        yield Figure(
            bench="reads",
            figure=f"{RATE} reads a second, p{percent} of {len(everything)}",
            value=percentile(everything, percent) * 1000,
            unit="ms",
            goal=GOAL if percent == 95 else None,
        )
    for name, path in READS.items():
        yield Figure(
            bench="reads",
            figure=f"{name}, p95",
            value=percentile(got.latencies[path], 95) * 1000,
            unit="ms",
        )


async def read(hub: Hub, token: str) -> Got:
    """Read from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *dies_with_parent(),
        *(sys.executable, "-m", "bench.gets"),
        *("127.0.0.1", str(hub.port), str(RATE), str(SECONDS)),
        env=os.environ | {"TOKEN": token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    mix = [READS[name] for name, share in SHARES.items() for _ in range(share)]
    # Always the same order, in which nothing comes in a row.
    random.Random(1).shuffle(mix)
    output, _ = await process.communicate("\n".join(mix).encode())
    return msgspec.json.decode(output, type=Got)
