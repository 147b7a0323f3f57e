"""From a change in the firmware to Home Assistant's state, through the hub and direct.

One change of a number in the node reaches the same Home Assistant on both paths. Each
latency is from asking the node for the change to the arrival of `state_changed`.
"""

import asyncio
from collections.abc import AsyncIterator
import random
import time

from bench.figure import Figure
from bench.latency import Latencies, wait_for_value
from bench.paths import POINT, both_paths
from hearthward.model.command import CommandBody
from hearthward_sim.client import NodeClient

CHANGES = 600
WARM_UP = 50


async def measure() -> AsyncIterator[Figure]:
    """Yield p50, p95 and p99 of both paths for the same changes."""
    latencies = Latencies("state_latency")
    async with both_paths() as paths:
        node = NodeClient(paths.node_port, lambda _: None)
        await node.join()
        async with paths.client.subscription(
            "subscribe_events", event_type="state_changed"
        ) as arrivals:
            for change in range(WARM_UP + CHANGES):
                value = float(10 + change % 2 * 5)
                # The node looks at its connections in rounds: not always at the same time.
                await asyncio.sleep(random.uniform(0.02, 0.06))
                begin = time.monotonic()
                node.command(POINT, CommandBody(value=value))
                arrived = await wait_for_value(
                    arrivals, {paths.ours, paths.theirs}, value
                )
                if change >= WARM_UP:
                    latencies.ours.append(arrived[paths.ours] - begin)
                    latencies.theirs.append(arrived[paths.theirs] - begin)
        await node.disconnect()
    for figure in latencies.figures():
        yield figure
