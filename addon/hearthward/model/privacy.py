"""Privacy: what of a home is recorded, and when nothing is."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .device import Point, PointKind
from .entry import Moment
from .heating import Day


class DataClass(StrEnum):
    """What a recording tells about the people in a home.

    `safety` is what an alarm is made of and `system` what the hub and its devices do; both are
    always recorded.
    """

    SAFETY = "safety"
    SYSTEM = "system"
    PRESENCE = "presence"
    ENVIRONMENT = "environment"
    ENERGY = "energy"
    FRAMES = "frames"
    SOUND = "sound"
    VOICE = "voice"
    NOTES = "notes"


ALWAYS = frozenset({DataClass.SAFETY, DataClass.SYSTEM})

_CLASSES = {
    "battery": DataClass.SYSTEM,
    "battery_charging": DataClass.SYSTEM,
    "carbon_monoxide": DataClass.SAFETY,
    "connectivity": DataClass.SYSTEM,
    "current": DataClass.ENERGY,
    "door": DataClass.PRESENCE,
    "energy": DataClass.ENERGY,
    "garage_door": DataClass.PRESENCE,
    "gas": DataClass.SAFETY,
    "heat": DataClass.SAFETY,
    "illuminance": DataClass.PRESENCE,
    "light": DataClass.PRESENCE,
    "lock": DataClass.PRESENCE,
    "moisture": DataClass.SAFETY,
    "motion": DataClass.PRESENCE,
    "moving": DataClass.PRESENCE,
    "occupancy": DataClass.PRESENCE,
    "opening": DataClass.PRESENCE,
    "power": DataClass.ENERGY,
    "presence": DataClass.PRESENCE,
    "problem": DataClass.SAFETY,
    "safety": DataClass.SAFETY,
    "smoke": DataClass.SAFETY,
    "sound": DataClass.PRESENCE,
    "tamper": DataClass.SAFETY,
    "vibration": DataClass.PRESENCE,
    "voltage": DataClass.ENERGY,
    "window": DataClass.PRESENCE,
}

_KINDS = {
    PointKind.BINARY_SENSOR: DataClass.PRESENCE,
    PointKind.EVENT: DataClass.SAFETY,
    PointKind.SENSOR: DataClass.ENVIRONMENT,
    PointKind.SWITCH: DataClass.PRESENCE,
}


def data_class(point: Point) -> DataClass:
    """Return what a point's states tell about the people in the home.

    What is not known to be harmless counts as presence.
    """
    named = _CLASSES.get(point.device_class or "")
    return named or _KINDS.get(point.kind, DataClass.SYSTEM)


class PrivacyWindow(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """When privacy mode is on every week, in the home's local time ("HH:MM").

    A window that ends at or before its start ends on the next day. `days` are those on which
    it begins.
    """

    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1, max_length=7)]
    start: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class PrivacySettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is recorded: `off` never is, `private` is not while privacy mode is on."""

    off: tuple[DataClass, ...] = ()
    private: tuple[DataClass, ...] = (
        DataClass.PRESENCE,
        DataClass.FRAMES,
        DataClass.SOUND,
        DataClass.VOICE,
    )
    schedule: Annotated[tuple[PrivacyWindow, ...], msgspec.Meta(max_length=50)] = ()


class PrivacyModeRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Turn privacy mode on, until a time or until it is turned off, or off.

    Off ends the schedule's window that is open, too.
    """

    on: bool
    until: Moment | None = None


class PrivacyStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings and whether privacy mode is on; `until` is when it ends by itself, if known."""

    settings: PrivacySettings
    on: bool
    until: float | None = None
