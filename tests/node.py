"""What a node itself says, beside the hub."""

import asyncio
from collections.abc import Callable
from typing import Self

from demo.home_assistant_client import HomeAssistantClient
from hearthward.model.command import CommandBody
from hearthward.model.message import Observation
from hearthward_sim.client import NodeClient


class DirectNode:
    """A direct connection to a node that remembers the last observation of each point."""

    def __init__(self, port: int) -> None:
        """Prepare the connection."""
        self.observed: dict[str, Observation] = {}
        self._changed = asyncio.Event()
        self._client = NodeClient(port, self._observe)

    @classmethod
    async def connect(cls, port: int) -> Self:
        """Connect and learn what the node offers."""
        node = cls(port)
        await node._client.join()
        return node

    async def close(self) -> None:
        """Hang up."""
        await self._client.disconnect()

    def command(self, point: str, body: CommandBody) -> None:
        """Command a point of the node."""
        self._client.command(point, body)

    async def wait_for(
        self, point: str, condition: Callable[[Observation], bool], timeout: float = 60
    ) -> Observation:
        """Wait until a point's last observation meets the condition."""
        try:
            async with asyncio.timeout(timeout):
                while point not in self.observed or not condition(self.observed[point]):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(
                f"{point} is {self.observed.get(point)} after {timeout:.0f} s"
            ) from None
        return self.observed[point]

    async def says(self, point: str, **expected: object) -> Observation:
        """Wait until a point says this: its value, its text, or details of its body."""

        def met(seen: Observation) -> bool:
            said = {"value": seen.value, "text": seen.text, **(seen.body or {})}
            return said.items() >= expected.items()

        return await self.wait_for(point, met)

    def _observe(self, observation: Observation) -> None:
        self.observed[observation.point] = observation
        self._changed.set()


async def shows(
    client: HomeAssistantClient,
    entity: str,
    state: str | None = None,
    *,
    timeout: float = 60,
    **attributes: object,
) -> None:
    """Wait until Home Assistant shows this state and these attributes of an entity."""
    await client.wait_for_state(
        entity,
        lambda shown: (
            state in (None, shown["state"])
            and shown["attributes"].items() >= attributes.items()
        ),
        timeout,
    )
