"""Schedules and boosts of zones."""

from enum import StrEnum
from typing import Annotated

import msgspec


class Day(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Preset(StrEnum):
    """How warm a zone is kept."""

    ECO = "eco"
    NORMAL = "normal"
    BOOST = "boost"


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `time` on, in the node's local time, the zone is kept at `preset`."""

    time: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    preset: Preset


type Slots = Annotated[tuple[Slot, ...], msgspec.Meta(max_length=8)]


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The slots of each day of the week; a day that is left out stays as it is."""

    days: Annotated[
        dict[Day, Slots],
        msgspec.Meta(extra_json_schema={"propertyNames": {"enum": list(Day)}}),
    ]


class BoostRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """How long the boost lasts; without `minutes`, as long as the node is set to."""

    minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """When the boost ends, in seconds since the epoch (UTC)."""

    until: float
