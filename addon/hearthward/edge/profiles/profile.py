"""A profile at work: payloads of a foreign layout become messages, commands become payloads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from hearthward.edge.parcel import DecodeError, Parcel
from hearthward.model.command import CommandStatus
from hearthward.model.deadletter import Reason
from hearthward.model.device import Device
from hearthward.model.message import (
    Ack,
    AckBody,
    CommandMessage,
    Event,
    EventBody,
    Observation,
    State,
    StateBody,
    Status,
    StatusBody,
    UpMessage,
)

from . import moko
from .commands import Outgoing, encode
from .discovery import Discovery
from .layout import Carries, Layout, Topic
from .pattern import MISSING, Pattern, at, fill, names, slug
from .readings import Fields, is_on, observe
from .times import moment

# What topics led to before; a flood of names must not fill the memory.
_REMEMBERED = 4_096


class Route(NamedTuple):
    """A topic's layout, and the named parts of one topic."""

    topic: Topic
    parts: dict[str, str]
    asked: frozenset[str]


class _Said(NamedTuple):
    """One message in a payload."""

    parcel: Parcel
    topic: Topic
    parts: Mapping[str, str]
    asked: frozenset[str]
    payload: Any
    device: str
    ts: float | None

    @property
    def when(self) -> float:
        """When it happened: as the device says, or when it arrived."""
        return self.parcel.received if self.ts is None else self.ts


class Profile:
    """A layout, ready to decode and to encode."""

    def __init__(
        self,
        layout: Layout,
        known: Callable[[str], Device | None],
        base: str | None = None,
    ) -> None:
        """Take a layout; `known` gives a device as the registry has it.

        Raises:
            ValueError: A topic in it makes no sense.

        """
        self.layout = layout
        self._base = {"base": base} if base else {}
        self._known = known
        self._topics = [(Pattern(topic.topic, base), topic) for topic in layout.topics]
        self._asked = [_asked(topic, layout.device) for topic in layout.topics]
        self._commands = [
            (Pattern(rule.topic, base).text, rule) for rule in layout.commands
        ]
        self._fields = Fields(layout.points, keep_unknown=layout.unknown == "keep")
        self._discovery = Discovery(layout, known, self._fields)
        self._routes: dict[str, tuple[Route, ...]] = {}
        # Who says itself whether it is online.
        self.told: set[str] = set()

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.layout.profile

    @property
    def subscriptions(self) -> Mapping[str, set[Carries]]:
        """The subscriptions that cover its topics, and what comes by each."""
        found: dict[str, set[Carries]] = {}
        for pattern, topic in self._topics:
            found.setdefault(pattern.filter, set()).add(topic.carries)
        nothing = {Carries.NOTHING}
        return {name: carries for name, carries in found.items() if carries != nothing}

    def routes(self, address: str) -> tuple[Route, ...]:
        """Return what a topic can carry; empty if it is none of this profile."""
        found = self._routes.get(address)
        if found is None:
            if len(self._routes) >= _REMEMBERED:
                self._routes.clear()
            found = self._routes[address] = tuple(
                Route(topic, self._base | parts, asked)
                for (pattern, topic), asked in zip(
                    self._topics, self._asked, strict=True
                )
                if (parts := pattern.match(address)) is not None
            )
        return found

    def decode(self, parcel: Parcel) -> list[UpMessage]:
        """Return the messages in a parcel, a device's hello before what it says.

        Raises:
            DecodeError: It is not what the profile describes.

        """
        if len(parcel.payload) > self.layout.max_size:
            raise DecodeError(
                Reason.TOO_LARGE,
                f"{len(parcel.payload)} bytes, and the profile {self.name} allows "
                f"{self.layout.max_size}: send less at a time",
            )
        routes = self.routes(parcel.address)
        if not routes:
            raise DecodeError(
                Reason.INVALID_MESSAGE,
                f"{parcel.address} is no topic of the profile {self.name}: correct the "
                "topic, or choose another profile",
            )
        for route in routes:
            topic = route.topic
            if topic.carries is Carries.NOTHING:
                return []
            payload = _payload(parcel.payload, topic)
            if _meant(topic, payload):
                return [
                    message
                    for item in _items(payload, topic)
                    for message in self._messages(parcel, route, item)
                ]
        raise DecodeError(
            Reason.INVALID_MESSAGE,
            f"The profile {self.name} has no messages like this on {parcel.address}: "
            "correct the message, or the profile's `when`",
        )

    def answers(self, parcel: Parcel) -> list[Ack]:
        """Return the answers to commands in a parcel.

        Raises:
            DecodeError: It is not what the profile describes.

        """
        for route in self.routes(parcel.address):
            topic = route.topic
            if topic.carries is not Carries.ACK:
                continue
            payload = _payload(parcel.payload, topic)
            if _meant(topic, payload):
                return [
                    message
                    for item in _items(payload, topic)
                    for message in self._messages(parcel, route, item)
                    if isinstance(message, Ack)
                ]
        return []

    def encode(self, message: CommandMessage) -> Outgoing | None:
        """Return what to publish for a command; None if it is not for this profile."""
        device = self._known(message.device)
        if device is None or device.address is None:
            return None
        routes = self.routes(device.address)
        if not routes:
            return None
        return encode(
            self._commands,
            message,
            device,
            routes[0].parts | self._discovery.values(device.id),
            self._discovery.field(device.id, message.body.point),
        )

    def _messages(
        self, parcel: Parcel, route: Route, item: object
    ) -> Iterator[UpMessage]:
        topic, parts, asked = route
        device = fill(topic.device or self.layout.device, parts, item)
        identity = slug(device or "")
        if not identity:
            raise DecodeError(
                Reason.INVALID_MESSAGE,
                f"The message names no device: {topic.device or self.layout.device} "
                "is not in it",
            )
        self._check_owner(identity, parcel)
        ts = None
        if topic.ts is not None:
            written = at(item, topic.ts)
            if written is not MISSING and written is not None:
                ts = moment(written, topic.time_format)
        said = _Said(parcel, topic, parts, asked, item, identity, ts)
        if topic.session is not None:
            self._discovery.note(identity, "session", at(item, topic.session))
        match topic.carries:
            case Carries.ACK:
                yield _ack(said)
            case Carries.STATUS:
                yield from self._status(said)
            case Carries.EVENT:
                yield from self._event(said)
            case Carries.HELLO:
                yield from self._discovery.describe(said, parcel)
            case Carries.STATE:
                yield from self._state(said)

    def _check_owner(self, device: str, parcel: Parcel) -> None:
        """Refuse to speak for a native device, unless the sender's key is for it.

        Raises:
            DecodeError: It is one.

        """
        known = self._known(device)
        if known is None or parcel.device is not None:
            return
        # Devices of profiles have the topic by which they are found, whatever its base was.
        if known.address is None or "/" not in known.address:
            raise DecodeError(
                Reason.NOT_PERMITTED,
                f"{device} is no device of the profile {self.name}: give this one another "
                "id, or delete that one first",
            )

    def _status(self, said: _Said) -> Iterator[UpMessage]:
        topic = said.topic
        found = said.payload if topic.online is None else at(said.payload, topic.online)
        if found is MISSING:
            raise DecodeError(
                Reason.INVALID_MESSAGE, f"The field {topic.online} is missing"
            )
        yield from self._discovery.hello(said, said.parcel, ())
        if len(self.told) < _REMEMBERED:
            self.told.add(said.device)
        yield Status(
            device=said.device,
            ts=said.when,
            id=_identity(said),
            body=StatusBody(online=is_on(found, topic.online_values)),
        )

    def _event(self, said: _Said) -> Iterator[UpMessage]:
        topic = said.topic
        kind = at(said.payload, topic.event or "event")
        if not isinstance(kind, str) or not kind:
            raise DecodeError(
                Reason.INVALID_MESSAGE,
                f"The field {topic.event or 'event'} must say what happened",
            )
        name = fill(topic.event_point or "event", said.parts, said.payload)
        field = self._fields.find(name or "event", str)
        if field is None:
            return
        yield from self._discovery.hello(said, said.parcel, [(name or "event", field)])
        told = at(said.payload, topic.event_data) if topic.event_data else said.payload
        data = {
            key: value
            for key, value in (told.items() if isinstance(told, dict) else ())
            if key not in topic.ignore
            and key != (topic.event or "event").split(".")[-1]
        }
        yield Event(
            device=said.device,
            ts=said.when,
            id=_identity(said),
            seq=_seq(said),
            body=EventBody(point=field.point.id, event=kind, data=data or None),
        )

    def _state(self, said: _Said) -> Iterator[UpMessage]:
        """Return the hello if the device shows something new, its readings and its events."""
        units = _units(said)
        found = []
        observations: list[Observation] = []
        events: list[UpMessage] = []
        for name, value in _object(said).items():
            if name in said.topic.ignore:
                continue
            field = self._discovery.find(said.device, name, type(value))
            if field is None:
                continue
            found.append((name, field))
            if field.point.kind == "event":
                events.extend(_happened(said, field.point.id, value))
                continue
            observations.append(observe(field, value, None, units.get(name)))
        yield from self._discovery.hello(said, said.parcel, found)
        if observations:
            observations[0] = _with_extra(said, observations[0])
            yield State(
                device=said.device,
                ts=said.when,
                id=_identity(said),
                seq=_seq(said),
                body=StateBody(observations=tuple(observations)),
            )
        yield from events


def _payload(raw: bytes, topic: Topic) -> object:
    if topic.payload == "text":
        return raw.decode(errors="replace").strip()
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(
            Reason.INVALID_JSON, f"Correct the JSON: {str(error)[:200]}"
        ) from None


def _meant(topic: Topic, payload: object) -> bool:
    """Tell whether a payload is one that the layout is for."""
    return all(
        at(payload, path) in (value if isinstance(value, tuple) else (value,))
        for path, value in topic.when.items()
    )


def _items(payload: object, topic: Topic) -> Sequence[object]:
    if topic.each is None:
        return [payload]
    items = payload if topic.each == "." else at(payload, topic.each)
    if not isinstance(items, list):
        raise DecodeError(
            Reason.INVALID_MESSAGE, f"The field {topic.each} must be a list"
        )
    return items


def _object(said: _Said) -> Mapping[str, object]:
    """Return the fields that are observations."""
    topic = said.topic
    for path in topic.raw:
        advertisement = at(said.payload, path)
        if isinstance(advertisement, str):
            return moko.decode_hex(advertisement)
    if topic.raw:
        return {}
    found = said.payload if topic.values is None else at(said.payload, topic.values)
    if not isinstance(found, dict):
        raise DecodeError(
            Reason.INVALID_MESSAGE,
            f"{topic.values or 'The payload'} must be an object with the readings",
        )
    return found


def _asked(topic: Topic, device: str) -> frozenset[str]:
    """Return the fields of a payload that a layout has a use for."""
    templates = [topic.device or device, topic.id or ""]
    identity = topic.identity
    templates += [getattr(identity, name) or "" for name in identity.__struct_fields__]
    paths: list[str | None] = [
        name for template in templates for name in names(template)
    ]
    paths += [topic.ts, topic.session, topic.seq, topic.values, topic.units]
    paths += [topic.each, *topic.when, *topic.ignore, *topic.raw]
    return frozenset(path.partition(".")[0] for path in paths if path)


def _with_extra(said: _Said, seen: Observation) -> Observation:
    """Return an observation with the fields of the payload that nobody asked for."""
    if said.topic.values is None or not isinstance(said.payload, dict):
        return seen
    extra = {
        name: value for name, value in said.payload.items() if name not in said.asked
    }
    return replace(seen, body={**(seen.body or {}), "extra": extra}) if extra else seen


def _units(said: _Said) -> Mapping[str, str]:
    path = said.topic.units
    found = MISSING if path is None else at(said.payload, path)
    if not isinstance(found, dict):
        return {}
    return {name: str(unit) for name, unit in found.items()}


def _happened(said: _Said, point: str, value: object) -> Iterator[Event]:
    """Return the event that a field tells; an empty one tells of none."""
    if not isinstance(value, str) or not value:
        return
    identity = _identity(said)
    yield Event(
        device=said.device,
        ts=said.when,
        id=identity and f"{identity} {point}",
        body=EventBody(point=point, event=value),
    )


def _ack(said: _Said) -> Ack:
    topic = said.topic
    command = at(said.payload, topic.command or "command")
    if not isinstance(command, str | int):
        raise DecodeError(
            Reason.INVALID_MESSAGE,
            f"The field {topic.command or 'command'} must name the command",
        )
    done = is_on(at(said.payload, topic.outcome or "status"), topic.outcome_values)
    detail = at(said.payload, topic.detail) if topic.detail else None
    return Ack(
        device=said.device,
        ts=said.when,
        body=AckBody(
            command=str(command),
            status=CommandStatus.ACKNOWLEDGED if done else CommandStatus.REJECTED,
            detail=detail if isinstance(detail, str) else None,
        ),
    )


def _seq(said: _Said) -> int | None:
    """Return the device's own counter; one with a session is part of the id."""
    topic = said.topic
    if topic.seq is None or topic.session is not None:
        return None
    found = at(said.payload, topic.seq)
    return found if isinstance(found, int) else None


def _identity(said: _Said) -> str | None:
    """Return what makes a repeated message a duplicate.

    That is the id that the profile names, else session and counter. Failing both, the payload
    itself when it holds the device's own time: the same bytes twice are then the same message.
    """
    topic = said.topic
    if topic.id and (found := fill(topic.id, said.parts, said.payload)):
        return found
    if topic.session and topic.seq:
        counted = fill(f"{{{topic.session}}} {{{topic.seq}}}", {}, said.payload)
        if counted is not None:
            return counted
    if said.ts is None or _seq(said) is not None:
        return None
    content = (
        said.parcel.payload if topic.each is None else msgspec.json.encode(said.payload)
    )
    address = said.parcel.address.encode()
    return blake2b(address + b" " + content, digest_size=16).hexdigest()
