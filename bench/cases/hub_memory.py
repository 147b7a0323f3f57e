"""How much memory the hub takes while it serves one home."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
import re

from bench.figure import Figure
from bench.paths import running_home

# Search and its model included.
GOAL = 250.0
SETTLE = 30


async def measure() -> AsyncIterator[Figure]:
    """Yield the proportional and the resident set size after a while of service."""
    async with running_home() as stack:
        await asyncio.sleep(SETTLE)
        rollup = Path(f"/proc/{stack.hub.process.pid}/smaps_rollup").read_text()
    for name, goal in (("Pss", None), ("Rss", GOAL)):
        found = re.search(rf"^{name}:\s+(\d+) kB", rollup, re.MULTILINE)
        if found is None:
            raise ValueError(f"The kernel does not tell the hub's {name}")
        yield Figure(
            bench="hub_memory",
            figure=f"{name.upper()} with one home",
            value=int(found[1]) / 1024,
            unit="MiB",
            goal=goal,
        )
