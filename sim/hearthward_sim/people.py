"""What people do by habit: windows opened and hot water taken at their times of day."""

from functools import cache

from .parameters import Home, People
from .weather import DAY


@cache
def parse_clock(text: str) -> float:
    """Return "HH:MM" or "HH:MM:SS" as seconds since midnight. Raise ValueError otherwise."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts):
        raise ValueError(f"'{text}' is no time of day; write it as '06:30'")
    hours, minutes, *rest = (int(part) for part in parts)
    seconds = hours * 3600 + minutes * 60 + sum(rest)
    if minutes > 59 or sum(rest) > 59 or seconds > DAY:
        raise ValueError(f"'{text}' is no time of day; write it as '06:30'")
    return float(seconds)


def windows_open(home: Home, local: float) -> tuple[float, ...]:
    """Return how far each zone's windows are open by habit at `local` seconds."""
    opened = {
        habit.zone
        for habit in home.people.windows
        if _during(habit.at, habit.minutes, local)
    }
    return tuple(1.0 if zone.id in opened else 0.0 for zone in home.zone)


def water_drawn(people: People, local: float) -> float:
    """Return the hot water taken by habit at `local` seconds, L/min."""
    return sum(
        habit.liters_per_minute
        for habit in people.draws
        if _during(habit.at, habit.minutes, local)
    )


def _during(at: str, minutes: float, local: float) -> bool:
    return 0.0 <= (local - parse_clock(at)) % DAY < minutes * 60.0
