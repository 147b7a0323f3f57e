"""Check what is asked of a point against what the point takes."""

from collections.abc import Callable, Mapping
from datetime import time
import math
import re

from hearthward.model.command import CommandBody
from hearthward.model.device import Point, PointKind


class CommandRejectedError(Exception):
    """The point does not take this; the message says what it takes."""


def check(point: Point, body: CommandBody) -> CommandBody:
    """Return the body in the form that adapters expect.

    Numbers become floats, switches booleans and times "HH:MM:SS".

    Raises:
        CommandRejectedError: The point does not take it.

    """
    checker = _CHECKS.get(point.kind)
    if checker is None:
        raise CommandRejectedError(f"{point.name} only reports, it takes no commands")
    if point.kind is not PointKind.CLIMATE and (
        body.mode is not None
        or body.preset is not None
        or body.target_temperature is not None
    ):
        raise CommandRejectedError(f"{point.name} is a {point.kind}: give `value` only")
    return checker(point, body)


def _check_button(point: Point, body: CommandBody) -> CommandBody:
    if body.value is not None:
        raise CommandRejectedError(f"{point.name} is a button: give no value")
    return body


def _check_switch(point: Point, body: CommandBody) -> CommandBody:
    if isinstance(body.value, str) or body.value not in (True, False):
        raise CommandRejectedError(f"{point.name} takes true (on) or false (off)")
    return CommandBody(value=bool(body.value))


def _check_number(point: Point, body: CommandBody) -> CommandBody:
    return CommandBody(value=_within(point, point.name, body.value))


def _check_select(point: Point, body: CommandBody) -> CommandBody:
    if body.value not in point.options:
        raise CommandRejectedError(
            f"{point.name} takes one of {', '.join(point.options)}"
        )
    return body


def _check_text(point: Point, body: CommandBody) -> CommandBody:
    if not isinstance(body.value, str):
        raise CommandRejectedError(f"{point.name} takes a text")
    shortest = point.min_length or 0
    longest = point.max_length
    if len(body.value) < shortest:
        raise CommandRejectedError(f"{point.name} takes at least {shortest} characters")
    if longest is not None and len(body.value) > longest:
        raise CommandRejectedError(f"{point.name} takes at most {longest} characters")
    if point.pattern and not _matches(point.pattern, body.value):
        raise CommandRejectedError(
            f"{point.name} takes a text that matches {point.pattern}"
        )
    return body


def _check_time(point: Point, body: CommandBody) -> CommandBody:
    try:
        moment = time.fromisoformat(str(body.value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or ":" not in str(body.value):
        raise CommandRejectedError(f'{point.name} takes a time such as "06:30"')
    return CommandBody(value=moment.strftime("%H:%M:%S"))


def _check_climate(point: Point, body: CommandBody) -> CommandBody:
    if body.value is not None:
        raise CommandRejectedError(
            f"{point.name} is a climate: give `mode`, `preset` or `target_temperature`"
        )
    if body == CommandBody():
        raise CommandRejectedError(
            f"{point.name} needs a `mode`, a `preset` or a `target_temperature`"
        )
    if body.mode is not None and body.mode not in point.modes:
        raise CommandRejectedError(
            f"{point.name} has the modes {', '.join(point.modes)}"
        )
    if body.preset is not None and body.preset not in point.presets:
        presets = ", ".join(point.presets) or "none"
        raise CommandRejectedError(f"{point.name} has the presets {presets}")
    if body.target_temperature is None:
        return body
    target = _within(point, f"{point.name}'s target", body.target_temperature)
    return CommandBody(mode=body.mode, preset=body.preset, target_temperature=target)


def _within(point: Point, name: str, value: object) -> float:
    """Return a number that the point's range holds."""
    unit = f" {point.unit}" if point.unit else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CommandRejectedError(f"{name} takes a number{unit and ' in' + unit}")
    if not math.isfinite(value):
        raise CommandRejectedError(f"{name} takes a finite number")
    low = -math.inf if point.min is None else point.min
    high = math.inf if point.max is None else point.max
    if not low <= value <= high:
        raise CommandRejectedError(
            f"{name} takes {low:g} to {high:g}{unit}, not {value:g}"
        )
    return float(value)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # The device wrote the pattern in a dialect of its own and checks it itself.
        return True


_CHECKS: Mapping[PointKind, Callable[[Point, CommandBody], CommandBody]] = {
    PointKind.BUTTON: _check_button,
    PointKind.CLIMATE: _check_climate,
    PointKind.NUMBER: _check_number,
    PointKind.SELECT: _check_select,
    PointKind.SWITCH: _check_switch,
    PointKind.TEXT: _check_text,
    PointKind.TIME: _check_time,
}
