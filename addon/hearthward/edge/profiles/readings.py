"""Fields of a payload become points and observations."""

from functools import lru_cache
from math import isfinite
import re
from typing import NamedTuple

from hearthward.model.device import Point, PointKind
from hearthward.model.message import Observation

from .layout import PointRule, Scalar
from .pattern import slug, wildcard

_ON = (True, 1, "on", "true", "yes", "1", "open", "detected")
_SWITCHED = frozenset({PointKind.BINARY_SENSOR, PointKind.SWITCH})
_NUMERIC = frozenset({PointKind.SENSOR, PointKind.NUMBER})


class Field(NamedTuple):
    """What a profile knows of a field: its point, and how its value is to be read."""

    point: Point
    rule: PointRule


class Fields:
    """The rules of a profile, by the name of a field."""

    def __init__(self, rules: tuple[PointRule, ...], *, keep_unknown: bool) -> None:
        """Take the rules; the first that fits a field holds."""
        self._rules = [
            (wildcard(match), rule)
            for rule in rules
            for match in ((rule.match,) if isinstance(rule.match, str) else rule.match)
        ]
        self._unknown = PointRule(match="*") if keep_unknown else None
        self.find = lru_cache(4096)(self._find)

    def rule(self, name: str) -> tuple[PointRule, re.Match[str] | None] | None:
        """Return the rule for a field and what its `*` stand for; None to leave it."""
        for test, rule in self._rules:
            if found := test(name):
                return None if rule.drop else (rule, found)
        return None if self._unknown is None else (self._unknown, None)

    def _find(self, name: str, kind: type) -> Field | None:
        """Return the point of a field whose value is of type `kind`."""
        found = self.rule(name)
        if found is None:
            return None
        rule, match = found
        parts = match.groups() if match else ()
        identity = slug(_filled(rule.id or name, parts))
        if not identity:
            return None
        point_kind = rule.kind
        if rule is self._unknown and kind is bool:
            point_kind = PointKind.BINARY_SENSOR
        return Field(
            Point(
                id=identity,
                kind=point_kind,
                name=_filled(rule.name, parts) if rule.name else _title(identity),
                object_id=identity,
                category=rule.category,
                device_class=rule.device_class,
                unit=rule.unit,
                state_class=rule.state_class,
                precision=rule.precision,
                options=rule.events if point_kind is PointKind.EVENT else rule.options,
                min=rule.min,
                max=rule.max,
                step=rule.step,
            ),
            rule,
        )


def observe(
    field: Field, value: object, ts: float | None, unit: str | None
) -> Observation:
    """Return what a value says of a point; nothing in it means no valid value.

    `unit` is what the payload says, if it does.
    """
    point, rule = field
    if value is None:
        return Observation(point=point.id, ts=ts)
    if point.kind in _SWITCHED:
        return Observation(
            point=point.id, ts=ts, value=float(is_on(value, rule.on_values))
        )
    if isinstance(value, dict | list):
        return Observation(point=point.id, ts=ts, body={"value": value})
    number = _number(value) if point.kind in _NUMERIC else None
    if number is None:
        return Observation(point=point.id, ts=ts, text=_text(value))
    if not isfinite(number):
        return Observation(point=point.id, ts=ts)
    return Observation(
        point=point.id,
        ts=ts,
        value=number * rule.scale,
        unit=unit or rule.sends or rule.unit,
    )


def is_on(value: object, on: tuple[Scalar, ...] | None) -> bool:
    """Tell whether a value means on."""
    if on is not None:
        return any(value == each and type(value) is type(each) for each in on)
    return (value.casefold() if isinstance(value, str) else value) in _ON


def _number(value: object) -> float | None:
    """Return the number that a value is or writes; None for words."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, bool | int | float) else None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _filled(template: str, parts: tuple[str, ...]) -> str:
    for number, part in enumerate(parts, 1):
        template = template.replace(f"{{{number}}}", part)
    return template


def _title(identity: str) -> str:
    return identity.replace("_", " ").capitalize()
