"""What the hub would see and say of a node, over its native API.

The mapping of entities to points is the hub's own, so scenarios speak its vocabulary.
"""

import asyncio
from collections.abc import Callable

from aioesphomeapi import EntityState, Event
from aioesphomeapi.client import APIClient
from aioesphomeapi.core import APIConnectionError

from hearthward.edge.esphome.actions import act
from hearthward.edge.esphome.entities import Entity, EntityKey, map_entities, map_zones
from hearthward.edge.esphome.readings import observe, state_key
from hearthward.model.command import CommandBody
from hearthward.model.message import Observation

# The client's own liveness checks are timed by the real clock, which has no say in virtual time.
NEVER = 1e6

type OnObservation = Callable[[Observation], None]


class NodeClient:
    """A live connection to one node."""

    def __init__(self, port: int, on_observation: OnObservation) -> None:
        """Prepare a client of the node at a port of this machine."""
        self._client = APIClient(
            "127.0.0.1", port, client_info="hearthward-sim", keepalive=NEVER,
            addresses=["127.0.0.1"], provide_time=False,
        )  # fmt: skip
        self._on_observation = on_observation
        self._entities: dict[EntityKey, Entity] = {}
        self.connected = False

    async def join(self) -> None:
        """Connect, learn the node's entities and follow their states.

        Takes home time, since a node answers only while its clock runs. Raise APIConnectionError
        when it does not.
        """
        await self._client.connect(on_stop=self._stopped, log_errors=False)
        info, entities, _ = await self._client.device_info_and_list_entities()
        self._entities = map_entities(entities, map_zones(info))
        self._client.subscribe_states(self._take)
        self.connected = True

    def command(self, point: str, body: CommandBody) -> None:
        """Command a point. The node hears it before its clock moves on.

        Raise ValueError when the node has no such point.
        """
        for entity in self._entities.values():
            if entity.point.id == point:
                act(self._client, entity, body)
                return
        known = ", ".join(sorted(e.point.id for e in self._entities.values()))
        raise ValueError(f"The node has no point '{point}'; it has {known}")

    async def disconnect(self) -> None:
        """Hang up."""
        self.connected = False
        await self._client.disconnect(force=True)

    def _take(self, state: EntityState) -> None:
        key = state_key(state)
        entity = self._entities.get(key) if key is not None else None
        if entity is None:
            return
        if isinstance(state, Event):
            self._on_observation(
                Observation(point=entity.point.id, text=state.event_type)
            )
            return
        observation = observe(entity, state)
        if observation is not None:
            self._on_observation(observation)

    async def _stopped(self, expected_disconnect: bool) -> None:
        self.connected = False


async def settle() -> None:
    """Let everything that has arrived be handled, while home time stands still."""
    for _ in range(2):
        await asyncio.sleep(0)


__all__ = ["APIConnectionError", "NodeClient", "settle"]
