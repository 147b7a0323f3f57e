"""Native messages, version 1: from bytes to typed messages.

A payload is one message, a JSON list of messages, or a message a line (NDJSON).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from hearthward.model.deadletter import Reason
from hearthward.model.message import (
    Ack,
    Event,
    EventBody,
    Hello,
    Observation,
    State,
    StateBody,
    Status,
    UpMessage,
)

from .parcel import DecodeError, Parcel

# What one message and one payload may weigh, bytes.
MESSAGE_LIMIT = 256 * 1024
PAYLOAD_LIMIT = 16 * 1024 * 1024

# What one message says is stored in one go.
OBSERVATION_LIMIT = 1_000
POINT_LIMIT = 1_000

_NAME_LIMIT = 255
_DEPTH_LIMIT = 32
_SEQ_LIMIT = 2**63


class _Observation(Observation, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _StateBody(StateBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    observations: tuple[_Observation, ...]


class _EventBody(EventBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _State(State, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="state"):
    body: _StateBody


class _Event(Event, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="event"):
    body: _EventBody


# Nearly all messages hold nothing unknown, and are told from the others by the way.
_strict = msgspec.json.Decoder(_State | _Event)

_TYPES = frozenset({"hello", "state", "event", "status", "ack"})

type _Any = Hello | State | Event | Status | Ack


def split(payload: bytes) -> list[bytes]:
    """Return the messages of a payload, each as it was sent.

    Raises:
        DecodeError: It is too large, or no JSON that could be taken apart.

    """
    if payload.startswith(b"{") and b"\n" not in payload:
        return [payload]
    if len(payload) > PAYLOAD_LIMIT:
        raise DecodeError(
            Reason.TOO_LARGE,
            f"Send at most {PAYLOAD_LIMIT // 1024**2} MiB at once; this is {len(payload)} bytes",
        )
    content = payload.strip()
    if content.startswith(b"["):
        parts = [bytes(part) for part in _json(content, list[msgspec.Raw])]
    elif b"\n" in content and not _is_json(content):
        parts = [line for line in content.splitlines() if line.strip()]
    else:
        return [payload]
    if not parts:
        raise DecodeError(Reason.INVALID_MESSAGE, "Send at least one message")
    return parts


def decode(payload: bytes, parcel: Parcel) -> UpMessage:
    """Return a message of a parcel; unknown fields of states and events are kept in `extra`.

    They are kept in the body of the observation or the data of the event; those of the message
    itself in its first observation's. What the parcel tells need not be said again: the device
    that its sender may speak for, the type as the last part of its address, and the time.

    Raises:
        DecodeError: It is no message of version 1; the error says what to correct.

    """
    if len(payload) > MESSAGE_LIMIT:
        raise DecodeError(
            Reason.TOO_LARGE,
            f"Send at most {MESSAGE_LIMIT // 1024} KiB a message; this one has "
            f"{len(payload)} bytes",
        )
    try:
        message: UpMessage = _strict.decode(payload)
    except ValueError, RecursionError:
        message = _with_extra(*_typed(payload, parcel))
    _check(message)
    return message


def nested(value: object, depth: int = 0) -> bool:
    """Tell whether a JSON value is nested more deeply than everybody can handle."""
    if depth > _DEPTH_LIMIT:
        return True
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and any(nested(part, depth + 1) for part in value)


def _typed(payload: bytes, parcel: Parcel) -> tuple[UpMessage, dict[str, Any]]:
    """Return a message and all of its fields."""
    fields = _json(payload)
    if not isinstance(fields, dict):
        raise _invalid("Send a JSON object, or a list of them")
    said = fields
    place = parcel.address.rpartition("/")[2]
    if place in _TYPES:
        fields = {"type": place} | fields
    if parcel.device is not None:
        fields = {"device": parcel.device} | fields
    fields = {"ts": parcel.received} | fields
    try:
        return msgspec.convert(fields, _Any), said
    except (msgspec.ValidationError, RecursionError) as error:
        raise _invalid(f"Correct the message: {error}") from None


def _json(payload: bytes, kind: Any = Any) -> Any:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from None


def _not_json(error: Exception) -> DecodeError:
    if isinstance(error, RecursionError):
        return DecodeError(Reason.INVALID_JSON, "Nest the message less deeply")
    if isinstance(error, UnicodeDecodeError):
        return DecodeError(Reason.INVALID_JSON, "Send the message as UTF-8")
    return DecodeError(Reason.INVALID_JSON, f"Send valid JSON: {error}")


def _is_json(payload: bytes) -> bool:
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
    except ValueError, RecursionError:
        return False
    return True


def _with_extra(message: UpMessage, fields: dict[str, Any]) -> UpMessage:
    """Return the message with its unknown fields."""
    if not isinstance(message, State | Event):
        return message
    extra = _unknown(fields, type(message)) | _unknown(
        fields["body"], type(message.body)
    )
    if isinstance(message, Event):
        data = _kept(message.body.data, extra)
        return replace(message, body=replace(message.body, data=data))
    seen = []
    said = fields["body"]["observations"]
    for observation, known in zip(message.body.observations, said, strict=True):
        extra |= _unknown(known, Observation)
        seen.append(replace(observation, body=_kept(observation.body, extra)))
        extra = {}
    return replace(message, body=StateBody(observations=tuple(seen)))


def _unknown(
    fields: Mapping[str, object], kind: type[msgspec.Struct]
) -> dict[str, Any]:
    known = {*kind.__struct_fields__, "type"}
    return {name: value for name, value in fields.items() if name not in known}


def _kept(
    body: dict[str, object] | None, extra: dict[str, object]
) -> dict[str, object] | None:
    return {**(body or {}), "extra": extra} if extra else body


def _check(message: UpMessage) -> None:
    """Refuse what the types do not."""
    if message.v != 1:
        raise _invalid(f"Send messages of version 1; this says {message.v}")
    if not 0 < len(message.device) <= _NAME_LIMIT:
        raise _invalid(f"Give `device` an id of 1 to {_NAME_LIMIT} characters")
    if message.id is not None and not 0 < len(message.id) <= _NAME_LIMIT:
        raise _invalid(f"Give `id` 1 to {_NAME_LIMIT} characters, or leave it out")
    if message.seq is not None and not -_SEQ_LIMIT <= message.seq < _SEQ_LIMIT:
        raise _invalid("Give `seq` a number of at most 64 bits, or leave it out")
    if isinstance(message, State):
        _check_state(message.body)
    elif isinstance(message, Event):
        if message.body.data and nested(message.body.data):
            raise _invalid("Nest the data of the event less deeply")
    elif isinstance(message, Hello):
        _check_hello(message)


def _check_state(body: StateBody) -> None:
    if len(body.observations) > OBSERVATION_LIMIT:
        raise _invalid(f"Send at most {OBSERVATION_LIMIT} observations at once")
    for seen in body.observations:
        if seen.body is not None and nested(seen.body):
            raise _invalid("Nest the body of an observation less deeply")


def _check_hello(message: Hello) -> None:
    if not is_name(message.device):
        raise _invalid("Give `device` an id of printable characters without a slash")
    points = [point.id for point in message.body.points]
    if len(points) > POINT_LIMIT or len(points) != len(set(points)):
        raise _invalid(
            f"Offer at most {POINT_LIMIT} points, each with an id of its own"
        )
    if not all(0 < len(point) <= _NAME_LIMIT for point in points):
        raise _invalid(f"Give each point an id of 1 to {_NAME_LIMIT} characters")


def is_name(text: str) -> bool:
    """Tell whether a text can be the id of a device: it is shown, and part of addresses."""
    return (
        0 < len(text) <= _NAME_LIMIT
        and text.isprintable()
        and "/" not in text
        and text == text.strip()
    )


def _invalid(detail: str) -> DecodeError:
    return DecodeError(Reason.INVALID_MESSAGE, detail)
