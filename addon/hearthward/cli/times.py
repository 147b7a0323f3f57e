"""Times as people write them on a command line."""

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from .common import WRONG, fail


def moment(text: str | None, zone: ZoneInfo) -> float | None:
    """Return the time that a person wrote, taken in the home's zone without an offset."""
    if text is None:
        return None
    with suppress(ValueError):
        return float(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"Write a time as 2026-01-31 or 2026-01-31T08:00, not {text}", WRONG)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
