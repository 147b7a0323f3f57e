"""How long the hub takes from its start to serving."""

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
import time

from bench.figure import Figure
from demo.hub import Hub
from demo.process import free_port

RUNS = 7
GOAL = 2.0


async def measure() -> AsyncIterator[Figure]:
    """Yield the median of several starts with an existing log."""
    seconds = []
    with TemporaryDirectory() as directory:
        hub = Hub(Path(directory), free_port())
        for _ in range(RUNS):
            begin = time.monotonic()
            await hub.start()
            seconds.append(time.monotonic() - begin)
            await hub.stop()
    yield Figure(
        bench="hub_start",
        figure="cold start, median",
        value=median(seconds[1:]),
        unit="s",
        goal=GOAL,
    )
