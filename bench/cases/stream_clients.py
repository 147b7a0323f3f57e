"""A thousand clients of the stream, each receiving every entry.

The hub is a process of its own and so are the clients. States are posted one by one, as Home
Assistant tells them; each latency is from a post to the arrival of its entry at one client.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time

import aiohttp
import msgspec

from bench.figure import Figure
from bench.stream_load import Found
from demo.hub import Hub
from demo.process import dies_with_parent, free_port

CLIENTS = 1_000
RATE = 20
SECONDS = 30
GOAL = 100.0
ENTITY = "sensor.bench"


async def measure(
    clients: int = CLIENTS, seconds: float = SECONDS
) -> AsyncIterator[Figure]:
    """Yield the percentiles of all latencies, and what was missed."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        hub = Hub(Path(directory), free_port())
        await hub.start()
        try:
            token = await hub.run(
                "key", "create", "--name", "bench", "--role", "service"
            )
            found = await _measure(hub, token, clients, seconds)
        finally:
            await hub.stop()
    for percent in (50, 95, 99):
        yield Figure(
            bench="stream_clients",
            figure=f"{found.clients} clients, p{percent} of {found.entries} deliveries",
            value=_percentile(found.latencies, percent),
            unit="ms",
            goal=GOAL if percent == 99 else None,
        )
    yield Figure(
        bench="stream_clients",
        figure="clients that were dropped or missed an entry",
        value=clients - found.clients + found.gaps,
        unit="clients",
        goal=0,
    )


async def _measure(hub: Hub, token: str, clients: int, seconds: float) -> Found:
    load = await asyncio.create_subprocess_exec(
        *dies_with_parent(),
        *(sys.executable, "-m", "bench.stream_load"),
        *("127.0.0.1", str(hub.port), str(clients)),
        env=os.environ | {"TOKEN": token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    assert load.stdin is not None
    assert load.stdout is not None
    await load.stdout.readline()
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(f"{hub.url}/api/v1/", headers=headers) as session:
        await _call(session.put("exposed", json={"entities": [ENTITY]}))
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < end:
                group.create_task(_post(session))
                await asyncio.sleep(1 / RATE)
    load.stdin.close()
    found = msgspec.json.decode(await load.stdout.readline(), type=Found)
    await load.wait()
    return found


async def _post(session: aiohttp.ClientSession) -> None:
    now = time.time()
    state = {"entity_id": ENTITY, "state": f"{now % 1000:.4f}", "ts": now}
    await _call(session.post("homeassistant/states", json=[state]))


async def _call(request: aiohttp.client._RequestContextManager) -> None:
    async with request as response:
        response.raise_for_status()


def _percentile(counts: Iterable[tuple[int, int]], percent: float) -> float:
    """Return a percentile in milliseconds of counts by tenths of a millisecond."""
    ordered = sorted(counts)
    wanted = sum(count for _, count in ordered) * percent / 100
    for slot, count in ordered:
        wanted -= count
        if wanted <= 0:
            return (slot + 1) / 10
    raise ValueError("Nothing was received")
