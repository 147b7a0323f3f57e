"""Week schedules: which preset a zone goes to at which time of which day."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN

DAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

# What a node has room for.
SLOTS_PER_DAY: Final = 8


def day_slots(
    slots: Sequence[Mapping[str, Any]], presets: Sequence[str]
) -> Sequence[Mapping[str, str]]:
    """Return the slots of a day as the hub takes them, in order of time.

    Raises ServiceValidationError when a node could not keep them.
    """
    _check(slots, presets)
    return [
        {"time": slot["time"].strftime("%H:%M"), "preset": slot["preset"]}
        for slot in sorted(slots, key=_time)
    ]


def _check(slots: Sequence[Mapping[str, Any]], presets: Sequence[str]) -> None:
    if len(slots) > SLOTS_PER_DAY:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="too_many_slots",
            translation_placeholders={"maximum": str(SLOTS_PER_DAY)},
        )
    times = [_time(slot).replace(second=0) for slot in slots]
    for slot, at in zip(slots, times, strict=True):
        if times.count(at) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="time_used_twice",
                translation_placeholders={"time": at.strftime("%H:%M")},
            )
        if slot["preset"] not in presets:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="unknown_preset",
                translation_placeholders={
                    "preset": slot["preset"],
                    "presets": ", ".join(presets),
                },
            )


def _time(slot: Mapping[str, Any]) -> time:
    at: time = slot["time"]
    return at
