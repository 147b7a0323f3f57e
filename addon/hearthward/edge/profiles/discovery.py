"""Devices that never introduce themselves: what they say tells what they offer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field as attribute
import time
from typing import Any, Protocol

from msgspec.structs import replace

from hearthward.edge.decode import POINT_LIMIT
from hearthward.edge.parcel import Parcel
from hearthward.model.device import Device, Point, PointKind
from hearthward.model.message import Hello, HelloBody

from .layout import Layout, Offers, PointRule, Topic
from .pattern import MISSING, at, fill
from .readings import Field, Fields

# A hello that the registry does not show yet is not repeated with each message.
_PATIENCE = 5.0

_REMEMBERED = 4_096


class Said(Protocol):
    """What is needed of a message."""

    @property
    def topic(self) -> Topic:
        """Return the topic's layout."""

    @property
    def parts(self) -> Mapping[str, str]:
        """Return the named parts of the topic."""

    @property
    def payload(self) -> Any:
        """Return the payload."""

    @property
    def device(self) -> str:
        """Return the device's id."""

    @property
    def when(self) -> float:
        """Return when it was said."""


@dataclass(slots=True, eq=False)
class _Known:
    """What was learned of a device."""

    points: dict[str, Point] = attribute(default_factory=dict)
    # By the payload's field: what it was described as, or found to be.
    fields: dict[str, Field] = attribute(default_factory=dict)
    values: dict[str, str] = attribute(default_factory=dict)
    registered: Device | None = None
    complete: bool = False
    told: float = 0.0


class Discovery:
    """The devices of a profile, and what they were seen to offer."""

    def __init__(
        self, layout: Layout, known: Callable[[str], Device | None], fields: Fields
    ) -> None:
        """Take the layout and the rules for its fields."""
        self._layout = layout
        self._registry = known
        self._fields = fields
        self._devices: dict[str, _Known] = {}

    def find(self, device: str, name: str, kind: type) -> Field | None:
        """Return what a field of a device's payload is; None if it is not recorded."""
        known = self._devices.get(device)
        if known is not None and (found := known.fields.get(name)) is not None:
            return found
        return self._fields.find(name, kind)

    def field(self, device: str, point: str) -> tuple[str, PointRule | None]:
        """Return the name of a point's own field in payloads, and the rule for it."""
        known = self._devices.get(device)
        for name, field in known.fields.items() if known else ():
            if field.point.id == point:
                return name, field.rule
        return point, None

    def note(self, device: str, name: str, value: object) -> None:
        """Remember something that commands to the device repeat, as its session."""
        if value is not MISSING:
            self._known(device).values[name] = str(value)

    def values(self, device: str) -> dict[str, str]:
        """Return what was noted."""
        return self._known(device).values

    def hello(
        self, said: Said, parcel: Parcel, found: Sequence[tuple[str, Field]]
    ) -> Iterator[Hello]:
        """Return a hello if the registry lacks the device or one of its points."""
        known = self._known(said.device)
        for name, field in found:
            if known.fields.get(name) is field:
                continue
            if name in known.fields or len(known.fields) < POINT_LIMIT:
                known.fields[name] = field
                self._learn(known, field.point)
        if self._stands(said.device, known):
            return
        now = time.monotonic()
        if known.told and now - known.told < _PATIENCE and known.complete:
            return
        known.told, known.complete = now, True
        yield self._hello(said, parcel, known)

    def describe(self, said: Said, parcel: Parcel) -> Iterator[Hello]:
        """Return the hello of a device that is described."""
        offers = said.topic.offers
        known = self._known(said.device)
        if offers is not None:
            for name, field in self._offered(offers, said.payload):
                known.fields[name] = field
                self._learn(known, field.point)
        known.told, known.complete = time.monotonic(), True
        yield self._hello(said, parcel, known)

    def _known(self, device: str) -> _Known:
        known = self._devices.get(device)
        if known is None:
            if len(self._devices) >= _REMEMBERED:
                self._forget_one()
            known = self._devices[device] = _Known()
        return known

    def _forget_one(self) -> None:
        """Make room: a flood of names must not fill the memory."""
        strangers = (each for each in self._devices if self._registry(each) is None)
        del self._devices[next(strangers, next(iter(self._devices)))]

    def _learn(self, known: _Known, point: Point) -> None:
        if known.points.get(point.id) == point:
            return
        known.points[point.id] = point
        known.registered = None
        known.complete = False

    def _stands(self, device: str, known: _Known) -> bool:
        """Tell whether the registry has all that was learned, and learn what it has."""
        registered = self._registry(device)
        if registered is None:
            return False
        if registered is known.registered:
            return True
        there = {point.id for point in registered.points}
        for point in registered.points:
            known.points.setdefault(point.id, point)
        if known.points.keys() - there:
            return False
        known.registered = registered
        return True

    def _hello(self, said: Said, parcel: Parcel, known: _Known) -> Hello:
        identity = said.topic.identity
        who: dict[str, Any] = {
            name: fill(template, said.parts, said.payload)
            for name in identity.__struct_fields__
            if name != "address" and (template := getattr(identity, name)) is not None
        }
        name = who.pop("name", None)
        registered = self._registry(said.device)
        if registered is not None:
            # What only another topic tells must not be forgotten.
            for field in ("mac", "manufacturer", "model", "version", "serial"):
                who[field] = who.get(field) or getattr(registered, field)
        who["manufacturer"] = who.get("manufacturer") or self._layout.manufacturer
        return Hello(
            device=said.device,
            ts=said.when,
            body=HelloBody(
                name=name or said.parts.get("device", said.device),
                adapter=parcel.adapter,
                address=self._address(said, parcel, registered),
                points=tuple(known.points.values()),
                **who,
            ),
        )

    def _address(
        self, said: Said, parcel: Parcel, registered: Device | None
    ) -> str | None:
        """Return the topic by which the device is found again, for its commands."""
        address = said.topic.identity.address
        if address is not None:
            return fill(address, said.parts, said.payload)
        if registered is not None and registered.address is not None:
            return registered.address
        return parcel.address

    def _offered(self, offers: Offers, payload: object) -> Iterator[tuple[str, Field]]:
        things = at(payload, offers.list)
        for thing in _flat(things, offers):
            name, kind = at(thing, offers.id), at(thing, offers.type)
            if isinstance(name, str) and isinstance(kind, str) and kind in offers.kinds:
                field = self._described(offers, thing, name, kind)
                if field is not None:
                    yield name, field

    def _described(
        self, offers: Offers, thing: object, name: str, kind: str
    ) -> Field | None:
        """Return the field that a description and the profile's rules make together."""
        access = _of(thing, offers.access, int, offers.readable)
        found = self._fields.find(name, str)
        if not access & (offers.readable | offers.writable) or found is None:
            return None
        point, rule = found
        settable = bool(access & offers.writable)
        explicit = self._fields.rule(name)
        ruled = explicit is not None and explicit[0].match != "*"
        point = replace(
            point,
            kind=point.kind if ruled and not settable else offers.kinds[kind][settable],
            name=_of(thing, offers.name, str, point.name),
            unit=_of(thing, offers.unit, str, point.unit) or None,
            min=_of(thing, offers.min, int | float, point.min),
            max=_of(thing, offers.max, int | float, point.max),
            step=_of(thing, offers.step, int | float, point.step),
            options=_options(thing, offers.options) or point.options,
        )
        if point.kind is PointKind.EVENT:
            point = replace(point, unit=None)
        on = _of(thing, offers.on_value, str | int | float | bool, None)
        if on is not None:
            rule = replace(rule, on_values=(on,))
        return Field(point, replace(rule, sends=point.unit or rule.sends))


def _flat(things: object, offers: Offers) -> Iterator[object]:
    """Return things and those inside them."""
    for thing in things if isinstance(things, list) else ():
        yield thing
        if offers.nested is not None and at(thing, offers.type) not in offers.opaque:
            yield from _flat(at(thing, offers.nested), offers)


def _of[T](thing: object, path: str | None, kind: Any, default: T) -> T | Any:
    found = MISSING if path is None else at(thing, path)
    return found if found is not MISSING and isinstance(found, kind) else default


def _options(thing: object, path: str | None) -> tuple[str, ...]:
    found = MISSING if path is None else at(thing, path)
    return tuple(map(str, found)) if isinstance(found, list) else ()
