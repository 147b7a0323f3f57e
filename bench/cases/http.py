"""Messages in batches over HTTP, beside appends to the lifelog without any of it.

Both store the same states with the same keys, slice by slice in turn. By HTTP that means: read the
request, check the key, decode and judge each message, store it, answer when it is durable. The
hub, who posts and who appends are a process each. Then a thousand messages a second are posted,
a few at a time, while others search.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time

import aiohttp
import msgspec

from bench.cases.append import started
from bench.figure import Figure, percentile
from bench.posts import Posted, hellos
from demo.hub import Hub
from demo.process import dies_with_parent, free_port

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
SLICE = 100_000
BATCH = 10_000
RATE = 1_000
AT_ONCE = 10

# At least 80 % of the append rate.
GOAL_APPEND = 1 / 0.8
GOAL_LATENCY = 50.0

# Benchmarks are no home: nobody is told to slow down.
QUOTAS = dict.fromkeys(
    ("device_rate", "device_burst", "home_rate", "home_burst"), 1000000000.0
)


@dataclass(slots=True)
class Poster:
    """A process that posts; see `bench.posts`."""

    process: asyncio.subprocess.Process

    async def post(self, first: int, count: int, batch: int, rate: int = 0) -> Posted:
        """Post messages and return what it took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{first} {count} {batch} {rate}\n".encode())
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("Posting failed")
        return msgspec.json.decode(line, type=Posted)


async def measure() -> AsyncIterator[Figure]:
    """Yield the cost of a message in bulk, and the latency of a steady stream of them."""
    async with serving() as (hub, token), posting(hub, token) as poster:
        posted, appended = [], []
        first = 1
        async with started("lifelog") as writer:
            # The first slice makes the files grow.
            for turn in range(1_000_000):
                ours = (await poster.post(first, SLICE, BATCH)).seconds
                theirs = await writer.write(first, SLICE)
                first += SLICE
                if turn:
                    posted.append(ours)
                    appended.append(theirs)
                if sum(posted) >= SECONDS:
                    break
        entries = len(posted) * SLICE
        yield Figure(
            bench="http",
            figure=f"a message of {entries}, in batches of {BATCH}",
            value=sum(posted) / entries * 1e6,
            unit="µs",
            peer="append",
            peer_value=sum(appended) / entries * 1e6,
            goal=GOAL_APPEND,
        )
        searching = asyncio.create_task(search(hub, token))
        steady = await poster.post(first, int(RATE * SECONDS), AT_ONCE, RATE)
        searching.cancel()
    for percent in (50, 99):
        yield Figure(
            bench="http",
            figure=f"acknowledgement at {RATE}/s while others search, p{percent}",
            value=percentile(steady.latencies, percent) * 1000,
            unit="ms",
            goal=GOAL_LATENCY if percent == 99 else None,
        )


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Hub, str]]:
    """Run a hub that has approved the devices; return it with a token."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        os.environ["HEARTHWARD_QUOTAS"] = msgspec.json.encode(QUOTAS).decode()
        hub = Hub(Path(directory), free_port())
        token = await hub.run("key", "create", "--name", "bench", "--role", "admin")
        await hub.start()
        try:
            await introduce(hub, token)
            yield hub, token
        finally:
            del os.environ["HEARTHWARD_QUOTAS"]
            await hub.stop()


async def introduce(hub: Hub, token: str) -> None:
    """Have the devices say hello, and let them in."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(
        f"{hub.url}/api/v1/", headers=headers, raise_for_status=True
    ) as session:
        said = hellos()
        async with session.post("messages", data=msgspec.json.encode(said)):
            pass
        for hello in said:
            async with session.post(f"devices/{hello.device}/approve", data=b"{}"):
                pass


@asynccontextmanager
async def posting(hub: Hub, token: str) -> AsyncIterator[Poster]:
    """Run a process that posts."""
    process = await asyncio.create_subprocess_exec(
        *dies_with_parent(),
        *(sys.executable, "-m", "bench.posts", hub.url),
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TOKEN": token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield Poster(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def search(hub: Hub, token: str) -> None:
    """Search until cancelled, ten times a second."""
    headers = {"Authorization": f"Bearer {token}"}
    words = ("approved", "device", "who asked to join", "approved yesterday morning")
    async with aiohttp.ClientSession(
        f"{hub.url}/api/v1/", headers=headers, raise_for_status=True
    ) as session:
        for number in range(1_000_000):
            began = time.monotonic()
            params = {"q": words[number % len(words)]}
            async with session.get("search", params=params) as response:
                await response.read()
            await asyncio.sleep(began + 0.1 - time.monotonic())
