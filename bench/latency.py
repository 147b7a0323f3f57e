"""Collect and compare latencies of two paths."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from demo.home_assistant_client import Arrival

from .figure import Figure, percentile
from .paths import PEER

GOAL = 1.5
PATIENCE = 10


@dataclass(slots=True)
class Latencies:
    """Latencies in seconds of our path and of the peer's."""

    bench: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def figures(self) -> Iterator[Figure]:
        """Yield the percentiles; the goal is for the slowest hundredth."""
        for percent in (50, 95, 99):
            yield Figure(
                bench=self.bench,
                figure=f"p{percent}",
                value=percentile(self.ours, percent) * 1000,
                unit="ms",
                peer=PEER,
                peer_value=percentile(self.theirs, percent) * 1000,
                goal=GOAL if percent == 99 else None,
            )


async def wait_for_value(
    arrivals: asyncio.Queue[Arrival], entities: set[str], value: float
) -> dict[str, float]:
    """Return when each entity's new value arrived; raise TimeoutError if one did not."""
    arrived: dict[str, float] = {}
    async with asyncio.timeout(PATIENCE):
        while len(arrived) < len(entities):
            arrival = await arrivals.get()
            data = arrival.event["data"]
            entity = data["entity_id"]
            if entity in entities and _is(data["new_state"], value):
                arrived.setdefault(entity, arrival.at)
    return arrived


def _is(state: dict[str, str] | None, value: float) -> bool:
    try:
        return state is not None and float(state["state"]) == value
    except ValueError:
        return False
