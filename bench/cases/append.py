"""What a durable append costs, beside bare SQLite and Home Assistant's recorder.

All three write the same states, slice by slice in turn, so that all meet the same machine. Bare
SQLite inserts the same rows into the same tables and indexes, batched, with `synchronous=FULL`; it
neither hashes nor looks for duplicates, and nobody follows it. The recorder is made to commit as
often; it syncs less (`synchronous=NORMAL`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from bench.figure import Figure, percentile

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1_000_000"))
SLICE = 20_000
SINGLES = 500

# At least 60 % of bare SQLite's rate, at least 2.5 times the recorder's.
GOAL_SQLITE = 1 / 0.6
GOAL_RECORDER = 1 / 2.5
GOAL_MEMORY = 250.0


@dataclass(slots=True)
class Writer:
    """A process that writes; see `bench.appends`."""

    name: str
    process: asyncio.subprocess.Process
    slices: list[float] = field(default_factory=list)
    singles: list[float] = field(default_factory=list)

    async def write(self, first: int, count: int) -> float:
        """Write and return the seconds that it took."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{first} {count}\n".encode())
        return float(await self.line())

    async def line(self) -> str:
        """Return what the process says next."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"Writing with {self.name} failed")
        return line.decode().strip()

    async def memory(self) -> float:
        """End the process and return the most memory that it used, in MiB."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return float(await self.line())

    def cost(self, part: slice) -> float:
        """Return the microseconds an entry took in a part of the slices."""
        slices = self.slices[part]
        return sum(slices) / (len(slices) * SLICE) * 1e6


async def measure() -> AsyncIterator[Figure]:
    """Yield the costs of an append in bulk, at the end of it, and alone."""
    async with AsyncExitStack() as stack:
        names = ("lifelog", "sqlite", "recorder")
        writers = [await stack.enter_async_context(started(name)) for name in names]
        lifelog, sqlite, recorder = writers
        for first in range(1, ENTRIES + 1, SLICE):
            for writer in writers:
                writer.slices.append(await writer.write(first, SLICE))
        for number in range(SINGLES):
            for writer in (lifelog, sqlite):
                single = ENTRIES + 2 * SLICE + number
                writer.singles.append(await writer.write(single, 1))
        memory = await lifelog.memory()
    last = slice(-max(1, len(lifelog.slices) // 5), None)
    for peer, goal in ((sqlite, GOAL_SQLITE), (recorder, GOAL_RECORDER)):
        for what, part in (("", slice(None)), (", the last fifth", last)):
            yield Figure(
                bench="append",
                figure=f"an entry of {ENTRIES}{what}",
                value=lifelog.cost(part),
                unit="µs",
                peer=peer.name,
                peer_value=peer.cost(part),
                goal=goal,
            )
    for percent in (50, 99):
        yield Figure(
            bench="append",
            figure=f"a single append, p{percent}",
            value=percentile(lifelog.singles, percent) * 1000,
            unit="ms",
            peer=sqlite.name,
            peer_value=percentile(sqlite.singles, percent) * 1000,
        )
    yield Figure(
        bench="append",
        figure="most memory",
        value=memory,
        unit="MiB",
        goal=GOAL_MEMORY,
    )


@asynccontextmanager
async def started(name: str) -> AsyncIterator[Writer]:
    """Run a writer on a folder of its own."""
    with TemporaryDirectory(prefix="hearthward-bench-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.appends",
            name,
            folder,
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        writer = Writer(name, process)
        try:
            await writer.line()
            yield writer
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
