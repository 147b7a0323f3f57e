"""The hub's side of a run in virtual time: connected whenever it can be, unless sent away."""

import asyncio

from .actions import Command, Hub
from .client import APIConnectionError, NodeClient, settle
from .trace import Trace
from .world import World

# Home time from a node's start, or a lost connection, to the next attempt.
RETRY = 5.0


class HubSide:
    """Follows one node's API and records what it says.

    Every call is made while home time stands still, so that what is said when is repeatable.
    """

    def __init__(self, world: World, trace: Trace, node: str) -> None:
        """Prepare to follow a node."""
        self._world = world
        self._trace = trace
        self._node = world.node(node)
        self._client: NodeClient | None = None
        self._joining: asyncio.Task[None] | None = None
        self._away = False
        self._try_at = RETRY

    async def tend(self) -> None:
        """Hear what has arrived; connect when it is time to."""
        await settle()
        if self._joining is not None and self._joining.done():
            joining, self._joining = self._joining, None
            if error := joining.exception():
                if not isinstance(error, APIConnectionError):
                    raise error
                await self._drop()
        elif self._client is not None and self._joining is None:
            if not self._client.connected:
                await self._drop()
        elif (
            self._client is None and not self._away and self._world.now >= self._try_at
        ):
            self._connect()

    def command(self, action: Command) -> None:
        """Command a point. Raise ValueError when that cannot be done."""
        if self._client is None or not self._client.connected:
            raise ValueError(
                f"The hub is not connected, so {action.point} hears nothing"
            )
        self._client.command(action.point, action.body)

    async def send(self, action: Hub) -> None:
        """Send the hub away, or let it come back."""
        self._away = action.away
        if action.away:
            await self._drop()

    async def close(self) -> None:
        """Hang up."""
        await self._drop()

    def _connect(self) -> None:
        if not self._node.running:
            return
        self._client = NodeClient(
            self._node.program.api_port,
            lambda observation: self._trace.say(self._world.now, observation),
        )
        self._joining = asyncio.create_task(self._client.join())

    async def _drop(self) -> None:
        self._try_at = self._world.now + RETRY
        joining, self._joining = self._joining, None
        client, self._client = self._client, None
        if client is not None:
            await client.disconnect()
        if joining is not None:
            joining.cancel()
            await asyncio.gather(joining, return_exceptions=True)
