"""From the fields of a line to the entry that it stands for."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
import math
import time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from hearthward.model.entry import Draft, EntryKind

HOME_ASSISTANT = "homeassistant"

# What was measured, happened or was written. The rest tells what another hub did itself.
TAKEN = frozenset(
    {
        EntryKind.STATE,
        EntryKind.EVENT,
        EntryKind.INCIDENT,
        EntryKind.NOTE,
        EntryKind.MEDIA,
    }
)

# The first of these names that a line has is taken.
_TIME = ("ts", "time", "timestamp", "datetime", "date", "last_changed", "last_updated")
_POINT = ("point", "entity_id", "sensor", "metric")
_STATE = ("state", "reading")
_TEXT = ("text", "message", "note")
_KNOWN = frozenset(
    {
        *_TIME,
        *_POINT,
        *_STATE,
        *_TEXT,
        "body",
        "device",
        "digest",
        "home",
        "kind",
        "person",
        "received",
        "room",
        "seq",
        "value",
    }
)

_ON_OFF = {"on": 1.0, "off": 0.0}
_UNKNOWN = frozenset({"unknown", "unavailable", "none", "nan", "null"})

# Seconds since the epoch of a time some thousand years away; milliseconds are beyond it.
_FARTHEST = 1e11
_AHEAD = 86400.0

_decode = msgspec.json.Decoder(dict[str, object]).decode


class LineError(Exception):
    """A line cannot be taken; the message says what to do."""


class Defaults(NamedTuple):
    """What holds for lines that do not say it."""

    zone: ZoneInfo
    origin: str
    device: str | None = None
    point: str | None = None
    person: str | None = None


def kind_of(fields: Mapping[str, Any]) -> EntryKind:
    """Return the kind of an entry: what the line says, else a state of a point or a note.

    Raises:
        LineError: There is no such kind.

    """
    said = fields.get("kind")
    if said is None:
        return EntryKind.STATE if _first(fields, _POINT) else EntryKind.NOTE
    try:
        return EntryKind(said)
    except ValueError:
        known = ", ".join(sorted(TAKEN))
        raise LineError(f"Change the kind {said!r} to one of {known}") from None


def draft(fields: Mapping[str, Any], defaults: Defaults) -> Draft:
    """Return the entry that a line stands for.

    Raises:
        LineError: It stands for none.

    """
    point = _text(_first(fields, _POINT), "point") or defaults.point
    kind = kind_of(fields if point is None else {"point": point, **fields})
    device = _text(fields.get("device"), "device") or defaults.device
    if device is None and "entity_id" in fields:
        device = HOME_ASSISTANT
    value, text = _reading(fields)
    if kind is EntryKind.STATE and (device is None or point is None):
        missing = "device" if device is None else "point"
        raise LineError(f"Name the {missing}: in a column, or for the whole import")
    if kind is not EntryKind.STATE and not text and "body" not in fields:
        raise LineError("Give a text: an entry that is no state says something")
    return Draft(
        ts=_moment(_first(fields, _TIME), defaults.zone),
        kind=kind,
        device=device,
        point=point,
        value=value,
        text=text,
        body=_body(fields, kind, defaults),
    )


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        found = fields.get(name)
        if found is not None:
            return found
    return None


def _text(said: Any, name: str) -> str | None:
    if said is None or isinstance(said, str):
        return said or None
    raise LineError(f"Write the {name} as a text, not as {said!r}")


def _reading(fields: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """Return the number and the words of a line."""
    text = _text(_first(fields, _TEXT), "text")
    said = fields.get("value")
    if said is not None:
        return _number(said), text
    state = _first(fields, _STATE)
    if state is None:
        return None, text
    value, words = reading(str(state))
    return value, words or text


def reading(state: str) -> tuple[float | None, str | None]:
    """Return a state as Home Assistant says it: a number, on or off, words, or nothing."""
    if state in _ON_OFF:
        return _ON_OFF[state], None
    if state.lower() in _UNKNOWN:
        return None, None
    try:
        value = float(state)
    except ValueError:
        return None, state
    return (value, None) if math.isfinite(value) else (None, None)


def _number(said: Any) -> float:
    if isinstance(said, str):
        try:
            said = float(said)
        except ValueError:
            raise LineError(
                f"Write the value {said!r} as a number such as 21.5; words go into `text`"
            ) from None
    if isinstance(said, bool | int | float) and math.isfinite(said):
        return float(said)
    raise LineError(f"Write the value {said!r} as a number such as 21.5")


def _moment(said: Any, zone: ZoneInfo) -> float:
    if said is None:
        raise LineError("Give the time in a column `time` or `ts`")
    ts = _parse(said, zone)
    if not abs(ts) < _FARTHEST:
        raise LineError(f"Give the time {said!r} in seconds, not in milliseconds")
    if ts > time.time() + _AHEAD:
        raise LineError(f"Correct the time {said!r}: it is still to come")
    return ts


def _parse(said: Any, zone: ZoneInfo) -> float:
    with suppress(ValueError, TypeError):
        return float("" if isinstance(said, bool) else said)
    try:
        at = datetime.fromisoformat(said)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except ValueError, TypeError, OverflowError:
        raise LineError(
            f"Write the time {said!r} as 2026-01-31T08:00:00+01:00 or in seconds since 1970"
        ) from None


def _body(
    fields: Mapping[str, Any], kind: EntryKind, defaults: Defaults
) -> dict[str, object] | None:
    """Return the details: those of the line, who and where, and what has no field of its own."""
    body = dict(_details(fields.get("body")))
    for name, default in (("person", defaults.person), ("room", None)):
        said = _text(fields.get(name), name) or default
        if said is not None and name not in body:
            body[name] = said
    extra = {
        name: said
        for name, said in fields.items()
        if name not in _KNOWN and said is not None
    }
    if extra:
        body["extra"] = extra
    if kind is not EntryKind.STATE:
        body["imported"] = defaults.origin
    return body or None


def _details(said: Any) -> Mapping[str, object]:
    if said is None or isinstance(said, dict):
        return said or {}
    try:
        return _decode(said)
    except (msgspec.MsgspecError, TypeError) as error:
        raise LineError(f"Write the body as a JSON object: {error}") from None
