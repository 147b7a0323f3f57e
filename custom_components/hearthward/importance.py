"""How much an entry of the lifelog matters to a person; knows nothing of Home Assistant."""

from typing import Final

from .home import Home
from .models import Entry

ALARM: Final = "alarm"
WARNING: Final = "warning"
INFO: Final = "info"

# Event types of our own firmware.
ALARMING: Final = frozenset({"cord_pulled", "long_press", "pressed", "tripped"})
WARNING_EVENTS: Final = frozenset(
    {
        "autotune_failed",
        "clock_lost",
        "frost_protection",
        "heat_dump",
        "reset_refused",
        "schedule_rejected",
        "sensor_lost",
        "valve_stuck",
    }
)

# Device classes whose "on" is danger, or something that a person should look at.
DANGER: Final = frozenset(
    {"carbon_monoxide", "gas", "heat", "moisture", "safety", "smoke", "tamper"}
)
CONCERN: Final = frozenset({"battery", "problem"})


def importance(home: Home, entry: Entry) -> str:
    """Return if an entry is an alarm, a warning, or simply what happened."""
    match entry.kind:
        case "incident":
            return ALARM
        case "event":
            return _event(entry.text or "")
        case "state" if entry.value:
            return _state(home, entry)
        case "status" if not entry.value:
            return WARNING
        case "ack" if (entry.body or {}).get("status") != "acknowledged":
            return WARNING
    return INFO


def _event(event: str) -> str:
    if event in ALARMING:
        return ALARM
    return WARNING if event in WARNING_EVENTS else INFO


def _state(home: Home, entry: Entry) -> str:
    point = home.points.get((entry.device or "", entry.point or ""))
    if point is None or point.kind != "binary_sensor":
        return INFO
    if point.device_class in DANGER:
        return ALARM
    return WARNING if point.device_class in CONCERN else INFO
