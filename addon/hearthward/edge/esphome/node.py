"""One ESPHome node: a connection that comes back, and what it says."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol
import uuid

from aioesphomeapi import DeviceInfo, EntityInfo, EntityState, Event as EventState
from aioesphomeapi.client import APIClient
from aioesphomeapi.core import APIConnectionError
from aioesphomeapi.reconnect_logic import ReconnectLogic

from hearthward.edge.gateway import Gateway
from hearthward.edge.outbox import Outbox
from hearthward.model.command import Command
from hearthward.model.message import (
    AckBody,
    Event,
    EventBody,
    Hello,
    HelloBody,
    State,
    StateBody,
    Status,
    StatusBody,
)

from .endpoint import Endpoint, explain, format_mac
from .entities import Entity, EntityKey, map_entities, map_zones
from .readings import observe, state_key
from .sender import Sender

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

_LOGGER = logging.getLogger(__name__)

ADAPTER = "esphome"

# Seconds between pings; after 4.5 times as long without an answer the node is gone.
_KEEPALIVE = 10.0

# A node that says that it sleeps is not away before it stayed away for so long, in seconds.
_LONGEST_SLEEP = 3600.0


class Keeper(Protocol):
    """Who looks after the nodes."""

    def identified(self, node: Node, device: str) -> str | None:
        """Hear who answered at a node's endpoint; return why not to go on, if so."""

    def keyless(self, node: Node) -> None:
        """Hear that a node that may speak in the home has no encryption key yet."""

    def failed(self, node: Node, error: Exception, status: StatusBody) -> None:
        """Hear that a connection was not made, and why."""


class Node:
    """The way to the node at an endpoint; `run` it for as long as it is wanted.

    `device` is who was met there, `tried` is set once it is known whether that works, and
    `failure` then says why not.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        gateway: Gateway,
        keeper: Keeper,
        *,
        device: str | None = None,
        zeroconf: AsyncZeroconf | None = None,
    ) -> None:
        """Prepare; `device` is the one that is expected there."""
        self.endpoint = endpoint
        self.device = device
        self.connected = False
        self.tried = asyncio.Event()
        self.failure: StatusBody | None = None
        self._gateway = gateway
        self._keeper = keeper
        self._outbox = Outbox(gateway)
        self._entities: dict[EntityKey, Entity] = {}
        self._by_point: dict[str, Entity] = {}
        self._subscribed = False
        self._sleeps = False
        self._overdue: asyncio.TimerHandle | None = None
        self._client = APIClient(
            endpoint.host,
            endpoint.port,
            None,
            client_info="Hearthward",
            keepalive=_KEEPALIVE,
            noise_psk=endpoint.psk,
            zeroconf_instance=zeroconf,
        )
        self._sender = Sender(self._client, self._reachable)
        self._logic = ReconnectLogic(
            client=self._client,
            on_connect=self._on_connect,
            on_disconnect=self._on_disconnect,
            on_connect_error=self._on_connect_error,
            # With a name, an announcement of the node cuts the waiting short.
            name=device if zeroconf is not None else None,
        )
        self._hurry()

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        await self._logic.start()
        try:
            await self._outbox.run()
        finally:
            self._expect()
            self._client.force_disconnect()
            await self._logic.stop()

    def admit(self) -> None:
        """Listen to the node's states, once it may speak in the home and is encrypted."""
        if self._subscribed or not self.connected or self.device is None:
            return
        if not self._gateway.admits(self.device):
            return
        if self.endpoint.provisional:
            self._keeper.keyless(self)
            return
        self._subscribed = True
        self._client.subscribe_states(self._on_state)

    async def set_key(self, key: str) -> bool:
        """Give a node without an encryption key one; return whether it took it.

        Raises:
            APIConnectionError: Whether it did is not known.

        """
        return await self._client.noise_encryption_set_key(key.encode())

    def report(self, status: StatusBody) -> None:
        """Say that the device came or went."""
        if self.device is not None:
            self._outbox.put(Status(device=self.device, ts=time.time(), body=status))

    async def send(self, command: Command) -> AckBody:
        """Send a command; see `Sender.send`."""
        return await self._sender.send(command)

    def _reachable(self, point: str) -> Entity | None:
        return self._by_point.get(point) if self._subscribed else None

    async def _on_connect(self) -> None:
        try:
            info, entities, _ = await self._client.device_info_and_list_entities()
        except APIConnectionError as error:
            _LOGGER.warning(
                "%s does not introduce itself: %s", self.endpoint.address, error
            )
            self._client.force_disconnect()
            return
        objection = self._keeper.identified(self, info.name)
        if objection is None:
            await self._introduce(info, entities)
        else:
            self.failure = StatusBody(online=False, detail=objection)
            self.tried.set()
            self._client.force_disconnect()

    async def _introduce(self, info: DeviceInfo, entities: list[EntityInfo]) -> None:
        """Tell the home who the node is, and listen to it if it is let in."""
        zones = map_zones(info)
        self._entities = map_entities(entities, zones)
        self._by_point = {entity.point.id: entity for entity in self._entities.values()}
        manufacturer, model = describe_maker(
            info.project_name, info.manufacturer, info.model
        )
        body = HelloBody(
            name=info.friendly_name or info.name,
            adapter=ADAPTER,
            address=self.endpoint.address,
            mac=format_mac(info.mac_address),
            area=info.area.name or info.suggested_area or None,
            manufacturer=manufacturer,
            model=model,
            project=info.project_name or None,
            version=info.project_version or info.esphome_version or None,
            zones=tuple(zones.values()),
            points=tuple(entity.point for entity in self._entities.values()),
        )
        self._outbox.put(Hello(device=info.name, ts=time.time(), body=body))
        self.report(StatusBody(online=True))
        self.connected = True
        self._sleeps = info.has_deep_sleep
        self._expect()
        await self._outbox.flush()
        self.failure = None
        self.tried.set()
        self.admit()

    async def _on_disconnect(self, expected_disconnect: bool) -> None:
        self._subscribed = False
        self._hurry()
        if not self.connected:
            return
        self.connected = False
        if expected_disconnect and self._sleeps:
            self._expect(_LONGEST_SLEEP)
        else:
            self.report(StatusBody(online=False))

    async def _on_connect_error(self, error: Exception) -> None:
        status = explain(error, self.endpoint)
        self.failure = status
        if self._overdue is None or status.problem is not None:
            self._keeper.failed(self, error, status)
        self.tried.set()

    def _on_state(self, state: EntityState) -> None:
        key = state_key(state)
        entity = None if key is None else self._entities.get(key)
        if entity is None or self.device is None:
            return
        now = time.time()
        if isinstance(state, EventState):
            event = EventBody(point=entity.point.id, event=state.event_type)
            self._outbox.put(
                Event(device=self.device, ts=now, id=uuid.uuid4().hex, body=event)
            )
            return
        seen = observe(entity, state)
        if seen is not None:
            self._sender.heard(seen)
            body = StateBody(observations=(seen,))
            self._outbox.put(State(device=self.device, ts=now, body=body))

    def _expect(self, within: float | None = None) -> None:
        """Expect a node that sleeps back within so many seconds, or no longer."""
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if within is not None:
            loop = asyncio.get_running_loop()
            self._overdue = loop.call_later(within, self._missed)

    def _missed(self) -> None:
        """Notice that a node that went to sleep did not come back."""
        self._expect()
        self.report(StatusBody(online=False))

    def _hurry(self) -> None:
        """Try again every 15 s at the latest: an alarm must not wait a minute.

        That is how aioesphomeapi treats nodes that are awake for a short while only; it
        forgets the wish when the node says that it never sleeps.
        """
        self._logic.deep_sleep = True


def describe_maker(
    project: str | None, manufacturer: str = "", model: str = ""
) -> tuple[str | None, str | None]:
    """Return who made a node and what it is, in the words of its project if it has one."""
    maker, _, product = (project or "").partition(".")
    if product:
        manufacturer, model = (
            word.replace("_", " ").replace("-", " ").capitalize()
            for word in (maker, product)
        )
    return manufacturer or None, model or None
