"""Single messages over MQTT, QoS 1, beside bare paho on the same broker.

One process publishes, the broker passes on, one process receives: the hub, which acknowledges when a
message is in the lifelog, or paho, which acknowledges at once and throws it away. They take turns,
slice by slice. Then a burst of messages comes faster than the hub can store them, and at last a
thousand a second while others search: from publishing to the hub's PUBACK, as seen on the wire.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time

import msgspec

from bench.cases.http import QUOTAS, introduce, search
from bench.figure import Figure, percentile
from bench.mqtt_relay import Relay
from demo.broker import Broker
from demo.hub import Hub
from demo.process import dies_with_parent, free_port

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
SLICE = 20_000
BURST = 100_000
RATE = 1_000

OURS = "hearthward/home/{device}/state"
THEIRS = "bare/{device}/state"

# At least half of paho's rate.
GOAL_PAHO = 2.0
GOAL_LATENCY = 50.0


class Worker:
    """A process that does what a line tells, and says when it is done."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take the process."""
        self._process = process

    async def ready(self) -> str:
        """Return the next line that it prints."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("A process of the benchmark ended")
        return line.decode()

    async def do(self, *words: object) -> str:
        """Tell it something, and wait until it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        return await self.ready()


async def measure() -> AsyncIterator[Figure]:
    """Yield the cost of a message, what a burst lost, and the latency of a steady stream."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        broker = Broker(Path(directory), free_port())
        await broker.start()
        try:
            async with worker("bench.mqtt_publish", broker.port) as publisher:
                async for figure in _measure(broker, publisher):
                    yield figure
        finally:
            await broker.stop()


async def _measure(broker: Broker, publisher: Worker) -> AsyncIterator[Figure]:
    first = 1
    async with serving(broker.port) as (hub, token):
        async with worker("bench.mqtt_count", broker.port, "bare/#") as counter:
            ours, theirs = 0.0, 0.0
            slices = -1
            while ours < SECONDS:
                mine = await _store(hub, token, publisher, first, SLICE)
                bare = await _count(publisher, counter, first, SLICE)
                first += SLICE
                slices += 1
                # The first slice makes the files grow.
                if slices:
                    ours, theirs = ours + mine, theirs + bare
        messages = slices * SLICE
        yield Figure(
            bench="mqtt",
            figure=f"a message of {messages}, stored and acknowledged",
            value=ours / messages * 1e6,
            unit="µs",
            peer="bare paho",
            peer_value=theirs / messages * 1e6,
            goal=GOAL_PAHO,
        )
        before = await _statistics(hub, token)
        took = await _store(hub, token, publisher, first, BURST)
        after = await _statistics(hub, token)
        first += BURST
        yield Figure(
            bench="mqtt",
            figure=f"lost of a burst of {BURST}, stored within {took:.0f} s",
            value=BURST
            - (after["seq"] - before["seq"])
            + after.get("broker_dropped", 0),
            unit="messages",
            goal=0,
        )
    relay = Relay(broker.port)
    await relay.start()
    async with serving(relay.port) as (hub, token):
        searching = asyncio.create_task(search(hub, token))
        await publisher.do(OURS, first, int(RATE * SECONDS), RATE)
        await asyncio.sleep(1)
        searching.cancel()
    for percent in (50, 99):
        yield Figure(
            bench="mqtt",
            figure=f"acknowledgement at {RATE}/s while others search, p{percent}",
            value=percentile(relay.latencies, percent) * 1000,
            unit="ms",
            goal=GOAL_LATENCY if percent == 99 else None,
        )


async def _store(
    hub: Hub, token: str, publisher: Worker, first: int, count: int
) -> float:
    """Publish to the hub; return the seconds until all of it is stored."""
    wanted = (await _statistics(hub, token))["seq"] + count
    began = time.perf_counter()
    await publisher.do(OURS, first, count, 0)
    async with asyncio.timeout(600):
        while (await _statistics(hub, token))["seq"] < wanted:
            await asyncio.sleep(0.02)
    return time.perf_counter() - began


async def _count(publisher: Worker, counter: Worker, first: int, count: int) -> float:
    """Publish to paho; return the seconds until all of it has arrived."""
    began = time.perf_counter()
    await asyncio.gather(counter.do(count), publisher.do(THEIRS, first, count, 0))
    return time.perf_counter() - began


async def _statistics(hub: Hub, token: str) -> dict[str, int]:
    found: dict[str, int] = await hub.get("statistics", token)
    return found


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[tuple[Hub, str]]:
    """Run a hub that speaks to a broker and has approved the devices."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        settings = {
            "HEARTHWARD_QUOTAS": QUOTAS,
            "HEARTHWARD_MQTT": {"host": "127.0.0.1", "port": port},
        }
        os.environ.update(
            {
                name: msgspec.json.encode(value).decode()
                for name, value in settings.items()
            }
        )
        hub = Hub(Path(directory), free_port())
        token = await hub.run("key", "create", "--name", "bench", "--role", "admin")
        await hub.start()
        try:
            await introduce(hub, token)
            yield hub, token
        finally:
            for name in settings:
                del os.environ[name]
            await hub.stop()


@asynccontextmanager
async def worker(module: str, *arguments: object) -> AsyncIterator[Worker]:
    """Run a process of the benchmark."""
    process = await asyncio.create_subprocess_exec(
        *dies_with_parent(),
        *(sys.executable, "-m", module, *map(str, arguments)),
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    started = Worker(process)
    await started.ready()
    try:
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
