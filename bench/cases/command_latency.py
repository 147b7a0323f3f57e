"""From an action in Home Assistant to the acknowledged state, through the hub and direct.

Both paths take turns on the same number of the same node. Each latency is from the call of
`number.set_value` to the arrival of its entity's `state_changed`: the node has taken the
value and said so.
"""

import asyncio
from collections.abc import AsyncIterator
import random
import time

from bench.figure import Figure
from bench.latency import Latencies, wait_for_value
from bench.paths import both_paths

COMMANDS = 300
WARM_UP = 30


async def measure() -> AsyncIterator[Figure]:
    """Yield p50, p95 and p99 of both paths."""
    latencies = Latencies("command_latency")
    async with (
        both_paths() as paths,
        paths.client.subscription(
            "subscribe_events", event_type="state_changed"
        ) as arrivals,
    ):
        sides = ((paths.ours, latencies.ours), (paths.theirs, latencies.theirs))
        for turn in range(WARM_UP + COMMANDS):
            for side, (entity, found) in enumerate(sides):
                value = float(10 + (2 * turn + side) % 4 * 5)
                await asyncio.sleep(random.uniform(0.02, 0.06))
                begin = time.monotonic()
                await paths.client.call_action(
                    "number.set_value", {"value": value}, entity=entity
                )
                arrived = await wait_for_value(
                    arrivals, {paths.ours, paths.theirs}, value
                )
                if turn >= WARM_UP:
                    found.append(arrived[entity] - begin)
    for figure in latencies.figures():
        yield figure
