"""Translate the words of a point into those of Home Assistant."""

from collections.abc import Mapping
from enum import StrEnum

from .models import Point


def enum_or_none[EnumT: StrEnum](enum: type[EnumT], value: str | None) -> EnumT | None:
    """Return the member for a value, None for one that Home Assistant does not know."""
    return enum(value) if value is not None and value in enum else None


def class_for_unit[ClassT: StrEnum](
    enum: type[ClassT],
    units: Mapping[ClassT, set[type[StrEnum] | str | None]],
    point: Point,
) -> ClassT | None:
    """Return the device class of a point, unless its unit does not go with it."""
    device_class = enum_or_none(enum, point.device_class)
    if device_class is None or device_class not in units:
        return device_class
    return device_class if point.unit in units[device_class] else None
