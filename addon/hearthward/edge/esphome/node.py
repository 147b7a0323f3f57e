"""One ESPHome node: a connection that comes back, states up and commands down."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol
import uuid

from aioesphomeapi import DeviceInfo, EntityInfo, EntityState, Event as EventState
from aioesphomeapi.client import APIClient
from aioesphomeapi.core import APIConnectionError
from aioesphomeapi.reconnect_logic import ReconnectLogic

from hearthward.edge.echo import refusal
from hearthward.edge.gateway import Gateway
from hearthward.edge.outbox import Outbox
from hearthward.home.commands import DeviceOfflineError
from hearthward.model.command import Command, CommandStatus
from hearthward.model.message import (
    AckBody,
    Event,
    EventBody,
    Hello,
    HelloBody,
    Observation,
    State,
    StateBody,
    Status,
    StatusBody,
)

from .actions import act
from .endpoint import Endpoint, explain, format_mac
from .entities import Entity, EntityKey, map_entities, map_zones
from .readings import observe, state_key

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

_LOGGER = logging.getLogger(__name__)

ADAPTER = "esphome"

# Seconds between pings; after 4.5 times as long without an answer the node is gone.
_KEEPALIVE = 10.0


_BROKEN = "The connection broke before the node answered; it may still have done it"


class _Answer(NamedTuple):
    """The node answered; `echo` is what the commanded point showed until then."""

    echo: Observation | None


class Keeper(Protocol):
    """Who looks after the nodes."""

    def identified(self, node: Node, device: str) -> str | None:
        """Hear who answered at a node's endpoint; return why not to go on, if so."""

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
        self._turn = asyncio.Lock()
        self._entities: dict[EntityKey, Entity] = {}
        self._subscribed = False
        self._shown: dict[str, Observation] = {}
        # The point of the command under way, and what it showed since.
        self._asked: str | None = None
        self._echo: Observation | None = None
        self._client = APIClient(
            endpoint.host,
            endpoint.port,
            None,
            client_info="Hearthward",
            keepalive=_KEEPALIVE,
            noise_psk=endpoint.psk,
            zeroconf_instance=zeroconf,
        )
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
            self._client.force_disconnect()
            await self._logic.stop()

    def admit(self) -> None:
        """Listen to the node's states, once it may speak in the home."""
        if self._subscribed or not self.connected or self.device is None:
            return
        if self._gateway.admits(self.device):
            self._subscribed = True
            self._client.subscribe_states(self._on_state)

    def report(self, status: StatusBody) -> None:
        """Say that the device came or went."""
        if self.device is not None:
            self._outbox.put(Status(device=self.device, ts=time.time(), body=status))

    async def send(self, command: Command) -> AckBody:
        """Send a command and wait until the node has done with it.

        The native API has no acknowledgements, but it handles the messages of a connection
        in order: the answer to a question behind the command proves that the command was
        handled. One command at a time, as one answer looks like the other.

        Raises:
            DeviceOfflineError: It was not sent.

        """
        await self._turn.acquire()
        try:
            entity = self._find(command)
            before = self._shown.get(entity.point.id)
            self._echo, self._asked = None, entity.point.id
            act(self._client, entity, command.body)
        except ValueError as error:
            self._turn.release()
            return _ack(command, CommandStatus.REJECTED, str(error))
        except (APIConnectionError, DeviceOfflineError) as error:
            self._turn.release()
            raise DeviceOfflineError from error
        fence = asyncio.create_task(self._answered(), name=f"fence {command.id}")
        answer = await asyncio.shield(fence)
        if answer is None:
            return _ack(command, CommandStatus.TIMEOUT, _BROKEN)
        kept = answer.echo and refusal(entity.point, command.body, before, answer.echo)
        if kept:
            return _ack(command, CommandStatus.REJECTED, kept)
        return _ack(command, CommandStatus.ACKNOWLEDGED)

    def _find(self, command: Command) -> Entity:
        for entity in self._entities.values():
            if self.connected and entity.point.id == command.point:
                return entity
        raise DeviceOfflineError

    async def _answered(self) -> _Answer | None:
        """Wait for the node's answer to a question, then give the turn to the next command.

        Return what the commanded point showed meanwhile, or None when the node does not
        answer. A caller that stops waiting does not end this: a late answer must not be
        taken for that to the next command.
        """
        try:
            await self._client.device_info()
        except APIConnectionError as error:
            _LOGGER.warning("%s does not answer: %s", self.endpoint.address, error)
            self._client.force_disconnect()
            return None
        else:
            return _Answer(self._echo)
        finally:
            self._asked = None
            self._turn.release()

    async def _on_connect(self) -> None:
        try:
            info, entities, _ = await self._client.device_info_and_list_entities()
            refused = self._keeper.identified(self, info.name)
            if refused is None:
                await self._introduce(info, entities)
            else:
                self.failure = StatusBody(online=False, detail=refused)
                self.tried.set()
                self._client.force_disconnect()
        except APIConnectionError as error:
            _LOGGER.warning(
                "%s does not introduce itself: %s", self.endpoint.address, error
            )
            self._client.force_disconnect()

    async def _introduce(self, info: DeviceInfo, entities: list[EntityInfo]) -> None:
        """Tell the home who the node is, and listen to it if it is let in."""
        zones = map_zones(info)
        manufacturer, model = describe_maker(
            info.project_name, info.manufacturer, info.model
        )
        self._entities = map_entities(entities, zones)
        self.device = info.name
        self._outbox.put(
            Hello(
                device=info.name,
                ts=time.time(),
                body=HelloBody(
                    name=info.friendly_name or info.name,
                    adapter=ADAPTER,
                    address=self.endpoint.address,
                    mac=format_mac(info.mac_address),
                    area=info.area.name or info.suggested_area or None,
                    project=info.project_name or None,
                    version=info.project_version or info.esphome_version or None,
                    zones=tuple(zones.values()),
                    points=tuple(entity.point for entity in self._entities.values()),
                    manufacturer=manufacturer,
                    model=model,
                ),
            )
        )
        self.report(StatusBody(online=True))
        self.connected = True
        await self._outbox.flush()
        self.failure = None
        self.tried.set()
        self.admit()

    async def _on_disconnect(self, expected_disconnect: bool) -> None:
        self._subscribed = False
        self._hurry()
        if self.connected:
            self.connected = False
            self.report(StatusBody(online=False))

    async def _on_connect_error(self, error: Exception) -> None:
        status = explain(error, self.endpoint)
        self.failure = status
        self._keeper.failed(self, error, status)
        self.tried.set()

    def _on_state(self, state: EntityState) -> None:
        key = state_key(state)
        entity = None if key is None else self._entities.get(key)
        if entity is None or self.device is None:
            return
        now = time.time()
        if isinstance(state, EventState):
            body = EventBody(point=entity.point.id, event=state.event_type)
            self._outbox.put(
                Event(device=self.device, ts=now, id=uuid.uuid4().hex, body=body)
            )
            return
        seen = observe(entity, state)
        if seen is not None:
            self._shown[seen.point] = seen
            if seen.point == self._asked:
                self._echo = seen
            self._outbox.put(
                State(device=self.device, ts=now, body=StateBody(observations=(seen,)))
            )

    def _hurry(self) -> None:
        """Try again every 15 s at the latest: an alarm must not wait a minute.

        That is how aioesphomeapi treats nodes that are awake for a short while only; it
        forgets the wish when the node says that it never sleeps.
        """
        self._logic.deep_sleep = True


def _ack(command: Command, status: CommandStatus, detail: str | None = None) -> AckBody:
    return AckBody(command=command.id, status=status, detail=detail)


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
