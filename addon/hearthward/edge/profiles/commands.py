"""Commands as the devices of a profile understand them."""

from collections.abc import Mapping, Sequence
import re
from typing import Literal, NamedTuple

import msgspec

from hearthward.model.device import Device, Point, PointKind
from hearthward.model.message import CommandMessage

from .layout import CommandRule, PointRule
from .pattern import fill

_ALONE = re.compile(r"\{([\w.]+)\}")


class Outgoing(NamedTuple):
    """What to publish, and how it is known that the device has done it."""

    topic: str
    payload: bytes
    retain: bool
    confirm: Literal["ack", "state", "sent"]


def encode(
    rules: Sequence[tuple[str, CommandRule]],
    message: CommandMessage,
    device: Device,
    parts: Mapping[str, str],
    field: tuple[str, PointRule | None],
) -> Outgoing | None:
    """Return the command as the first rule for its point says; None if there is none."""
    point = next(
        (each for each in device.points if each.id == message.body.point), None
    )
    if point is None:
        return None
    for topic, rule in rules:
        if point.kind in rule.kinds:
            words = dict(parts) | {
                "point": point.id,
                "field": field[0],
                "id": message.id or "",
                "ts": message.ts,
                "ms": int(message.ts * 1000),
                "value": _value(rule, point, message, field[1]),
            }
            where = fill(topic, {}, words)
            if where is None:
                return None
            payload = _filled(rule.payload, words)
            return Outgoing(
                where,
                payload.encode()
                if isinstance(payload, str)
                else msgspec.json.encode(payload),
                rule.retain,
                rule.confirm,
            )
    return None


def _value(
    rule: CommandRule, point: Point, message: CommandMessage, known: PointRule | None
) -> object:
    """Return what the point is told, in the device's own words."""
    value = message.body.body.value
    if point.kind is PointKind.SWITCH:
        if value and known is not None and known.on_values is not None:
            return known.on_values[0]
        return rule.on_value if value else rule.off_value
    if isinstance(value, float) and known is not None and known.scale != 1.0:
        return value / known.scale
    return value


def _filled(payload: object, words: Mapping[str, object]) -> object:
    """Return a payload with its names replaced, whatever it is made of."""
    if isinstance(payload, dict):
        return {
            str(_filled(name, words)): _filled(value, words)
            for name, value in payload.items()
        }
    if isinstance(payload, list):
        return [_filled(each, words) for each in payload]
    if not isinstance(payload, str):
        return payload
    alone = _ALONE.fullmatch(payload)
    if alone and alone[1] in words:
        return words[alone[1]]
    return fill(payload, {}, words) or ""
