"""Chosen Home Assistant entities as points of one device, `homeassistant`.

Whatever Home Assistant knows (Zigbee, Matter, cameras, helpers) is thereby in the lifelog like
any other measurement: checked, in the home's units, and unknown when it is unavailable. The hub
reads these points and never commands them: that is what Home Assistant itself is for.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
import math
import time
from typing import Any

from msgspec.structs import replace

from hearthward.home.exposed import Exposed
from hearthward.home.registry import Registry
from hearthward.model.command import Command, CommandStatus
from hearthward.model.device import Device, DeviceStatus, Point, PointKind, Zone
from hearthward.model.homeassistant import EntityState
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
    UpMessage,
)

from . import units
from .gateway import Gateway

ADAPTER = "homeassistant"
DEVICE = "homeassistant"

_ON_OFF = {"on": 1.0, "off": 0.0}
_UNKNOWN = frozenset({"unknown", "unavailable"})

# Domains whose entities are on or off; what else they tell is in their attributes.
_BINARY = frozenset(
    {
        "automation",
        "binary_sensor",
        "fan",
        "humidifier",
        "input_boolean",
        "light",
        "remote",
        "schedule",
        "script",
        "siren",
        "switch",
    }
)

# What describes the entity stays the same, and is the point's; the rest belongs to the state.
_DESCRIBING = frozenset(
    {
        "attribution",
        "device_class",
        "editable",
        "entity_picture",
        "event_type",
        "event_types",
        "friendly_name",
        "icon",
        "options",
        "restored",
        "state_class",
        "supported_features",
        "unit_of_measurement",
    }
)


class HomeAssistant:
    """Hands what Home Assistant tells to the gateway."""

    def __init__(self, gateway: Gateway, registry: Registry, exposed: Exposed) -> None:
        """Take the states of `exposed` entities."""
        self._gateway = gateway
        self._registry = registry
        self._exposed = exposed
        self._describing = asyncio.Lock()
        self._sources: set[object] = set()

    async def post(self, states: Iterable[EntityState], source: object = None) -> int:
        """Store states of chosen entities and return how many of them were new.

        A state that was posted before (same entity, same `ts`) is not stored again. As long as
        there is a `source`, Home Assistant is online.

        Raises:
            LifelogUnavailableError: They are not stored; post them again.

        """
        chosen = [state for state in states if self._exposed.shows(state.entity_id)]
        if source is not None:
            self._sources.add(source)
        if not chosen:
            return 0
        async with self._describing:
            await self._describe(chosen)
        if self._sources and not self._registry.require(DEVICE).online:
            await self._gateway.receive([_status(online=True)])
        return (await self._gateway.receive(list(_messages(chosen)))).stored

    async def left(self, source: object) -> None:
        """Note that a source of states has gone; without any, Home Assistant is offline."""
        if source not in self._sources:
            return
        self._sources.discard(source)
        if not self._sources and self._registry.get(DEVICE) is not None:
            await self._gateway.receive([_status(online=False)])

    async def send(self, command: Command) -> AckBody:
        """Refuse a command, and say where it belongs."""
        return AckBody(
            command=command.id,
            status=CommandStatus.REJECTED,
            detail=f"{command.point} is an entity of Home Assistant: command it there",
        )

    def scale(self, entity: str, unit: str) -> Callable[[float], float] | None:
        """Return how an entity's values in a unit become those of its point, if it has one."""
        for point in _own_points(self._registry.get(DEVICE)):
            if point.id == entity and point.unit is not None:
                found = units.scale(unit, point.unit)
                return None if found is None else found.__call__
        return None

    async def _describe(self, states: Sequence[EntityState]) -> None:
        """Make points of entities that are new or changed; who chose them approved them."""
        known = self._registry.get(DEVICE)
        points = {point.id: point for point in _own_points(known)}
        zones = {zone.id: zone for zone in known.zones} if known else {}
        found = dict(points)
        for state in states:
            point = _point(state, points.get(state.entity_id))
            found[point.id] = point
            if state.area is not None:
                zones[state.area] = Zone(
                    id=state.area, name=state.area, area=state.area
                )
        shown = {id_: each for id_, each in found.items() if self._exposed.shows(id_)}
        if known is None or shown != points:
            used = {point.zone for point in shown.values()}
            body = HelloBody(
                name="Home Assistant",
                adapter=ADAPTER,
                points=tuple(shown[id_] for id_ in sorted(shown)),
                zones=tuple(zones[id_] for id_ in sorted(zones) if id_ in used),
            )
            hello = Hello(device=DEVICE, ts=time.time(), body=body)
            await self._gateway.receive([hello])
        if self._registry.require(DEVICE).status is DeviceStatus.PENDING:
            await self._registry.approve(DEVICE, ADAPTER)


def _own_points(device: Device | None) -> Iterator[Point]:
    """Yield the points of a device without those that the hub added."""
    if device is not None:
        yield from (point for point in device.points if not point.derived)


def _point(state: EntityState, known: Point | None) -> Point:
    """Return the point that an entity is; it keeps the unit of its history if it can."""
    attributes = state.attributes
    unit = _words(attributes, "unit_of_measurement")
    if unit is not None and known is not None and known.unit is not None:
        unit = known.unit if units.scale(unit, known.unit) else unit
    if known is not None and state.state in _UNKNOWN:
        # An entity that is away does not say what it measures.
        return replace(known, zone=state.area or known.zone)
    return Point(
        id=state.entity_id,
        object_id=state.entity_id,
        kind=_kind(state.entity_id),
        name=_words(attributes, "friendly_name") or state.entity_id,
        zone=state.area,
        device_class=_words(attributes, "device_class"),
        unit=unit,
        state_class=_words(attributes, "state_class"),
    )


def _kind(entity: str) -> PointKind:
    domain = _domain(entity)
    if domain == "event":
        return PointKind.EVENT
    return PointKind.BINARY_SENSOR if domain in _BINARY else PointKind.SENSOR


def _messages(states: Iterable[EntityState]) -> Iterator[UpMessage]:
    for state in states:
        if _domain(state.entity_id) != "event":
            yield _state(state)
        elif state.state not in _UNKNOWN:
            yield _event(state)


def _state(state: EntityState) -> State:
    """Return the observation: a number and on/off as value, words as text."""
    if state.state in _UNKNOWN:
        seen = Observation(point=state.entity_id)
    else:
        value = _number(state)
        seen = Observation(
            point=state.entity_id,
            value=value,
            unit=None
            if value is None
            else _words(state.attributes, "unit_of_measurement"),
            text=state.state if value is None else None,
            body=_body(state.attributes),
        )
    return State(
        device=DEVICE,
        ts=state.ts,
        id=f"{state.entity_id}@{state.ts!r}",
        body=StateBody(observations=(seen,)),
    )


def _event(state: EntityState) -> Event:
    """Return what happened; the state of an event entity is the time of its last event.

    Home Assistant tells it again after each of its starts, so that time is part of its id.
    """
    return Event(
        device=DEVICE,
        ts=_moment(state),
        id=f"{state.entity_id}@{state.state}",
        body=EventBody(
            point=state.entity_id,
            event=_words(state.attributes, "event_type") or "event",
            data=_body(state.attributes),
        ),
    )


def _status(*, online: bool) -> Status:
    return Status(device=DEVICE, ts=time.time(), body=StatusBody(online=online))


def _domain(entity: str) -> str:
    return entity.partition(".")[0]


def _number(state: EntityState) -> float | None:
    if state.state in _ON_OFF and _kind(state.entity_id) is PointKind.BINARY_SENSOR:
        return _ON_OFF[state.state]
    try:
        number = float(state.state)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(state: EntityState) -> float:
    try:
        return datetime.fromisoformat(state.state).timestamp()
    except ValueError:
        return state.ts


def _words(attributes: Mapping[str, Any], name: str) -> str | None:
    """Return an attribute if it is a text; Home Assistant does not promise that it is."""
    found = attributes.get(name)
    return found if isinstance(found, str) and found else None


def _body(attributes: Mapping[str, Any]) -> dict[str, object] | None:
    rest = {name: each for name, each in attributes.items() if name not in _DESCRIBING}
    return {"attributes": rest} if rest else None
