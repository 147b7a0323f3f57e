"""The text in which a node keeps the schedule of a day: "06:30 normal, 08:30 eco".

The same grammar as in the firmware (`control/schedule.h`): slots in any order, with a comma
or semicolon between them, a blank or `=` between time and preset. A day has at most eight
slots and none twice; an empty text is a day without slots.
"""

from collections.abc import Sequence
from itertools import pairwise
import re

from hearthward.home.errors import HomeError
from hearthward.model.heating import Day, Preset, Slot

MAX_SLOTS = 8

_SLOT = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})[ \t=]\s*(?P<preset>\S+)")


class ScheduleError(HomeError):
    """A schedule cannot be kept; the message says what to change."""

    code = "invalid_schedule"


def parse_day(text: str) -> tuple[Slot, ...]:
    """Read the schedule of a day, in order of time.

    Raises:
        ScheduleError: It is none.

    """
    parts = [part.strip() for part in re.split("[,;]", text.strip())]
    if parts[-1] == "":
        parts.pop()
    return check_day([_parse_slot(part) for part in parts])


def format_day(slots: Sequence[Slot]) -> str:
    """Write the schedule of a day the way the node does."""
    return ", ".join(f"{slot.time} {slot.preset}" for slot in slots)


def check_day(slots: Sequence[Slot], day: Day | None = None) -> tuple[Slot, ...]:
    """Return the slots of a day in order of time.

    Raises:
        ScheduleError: They are too many, or two begin at once.

    """
    where = f"{day.capitalize()}: " if day else ""
    if len(slots) > MAX_SLOTS:
        raise ScheduleError(
            f"{where}a day has at most {MAX_SLOTS} slots, not {len(slots)}; remove some"
        )
    ordered = sorted(slots, key=lambda slot: slot.time)
    for slot, following in pairwise(ordered):
        if slot.time == following.time:
            raise ScheduleError(f"{where}{slot.time} is there twice; remove one")
    return tuple(ordered)


def _parse_slot(text: str) -> Slot:
    found = _SLOT.fullmatch(text)
    hour, minute = (int(found["hour"]), int(found["minute"])) if found else (24, 0)
    if found is None or hour > 23 or minute > 59:
        raise ScheduleError(
            f'"{text[:24]}" does not start with a time from 00:00 to 23:59 and a '
            "preset; write for example 06:30 normal"
        )
    try:
        preset = Preset(found["preset"].lower())
    except ValueError:
        raise ScheduleError(
            f'"{text[:24]}" needs one of {", ".join(Preset)} after the time; '
            "write for example 06:30 normal"
        ) from None
    return Slot(time=f"{hour:02d}:{minute:02d}", preset=preset)
