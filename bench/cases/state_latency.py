"""From a change in the firmware to Home Assistant's state, through the hub and direct.

One change of a number in the node reaches the same Home Assistant on both paths. Each
latency is from asking the node for the change to the arrival of `state_changed`.
"""

import asyncio
from collections.abc import AsyncIterator
import random
import time

from aioesphomeapi import NumberInfo
from aioesphomeapi.client import APIClient

from bench.figure import Figure
from bench.latency import Latencies, wait_for_value
from bench.paths import POINT, both_paths

CHANGES = 600
WARM_UP = 50


async def measure() -> AsyncIterator[Figure]:
    """Yield p50, p95 and p99 of both paths for the same changes."""
    latencies = Latencies("state_latency")
    async with both_paths() as paths:
        node = APIClient("127.0.0.1", paths.node_port, None)
        await node.connect(login=True)
        key, device = await _number(node)
        async with paths.client.subscription(
            "subscribe_events", event_type="state_changed"
        ) as arrivals:
            for change in range(WARM_UP + CHANGES):
                value = float(10 + change % 2 * 5)
                # The node looks at its connections in rounds: not always at the same time.
                await asyncio.sleep(random.uniform(0.02, 0.06))
                begin = time.monotonic()
                node.number_command(key, value, device_id=device)
                arrived = await wait_for_value(
                    arrivals, {paths.ours, paths.theirs}, value
                )
                if change >= WARM_UP:
                    latencies.ours.append(arrived[paths.ours] - begin)
                    latencies.theirs.append(arrived[paths.theirs] - begin)
        await node.disconnect()
    for figure in latencies.figures():
        yield figure


async def _number(node: APIClient) -> tuple[int, int]:
    """Return the key of the number and the id of its sub-device in the node."""
    zone, _, object_id = POINT.partition(".")
    info = await node.device_info()
    devices = {
        device.device_id: device.name.lower().replace(" ", "_")
        for device in info.devices
    }
    entities, _ = await node.list_entities_services()
    return next(
        (entity.key, entity.device_id)
        for entity in entities
        if isinstance(entity, NumberInfo)
        and entity.object_id.endswith(object_id)
        and devices.get(entity.device_id) == zone
    )
