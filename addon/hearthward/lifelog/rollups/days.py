"""Local days of the home, also those of 23 and 25 hours."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def start_of_day(ts: float, zone: ZoneInfo) -> int:
    """Return when the local day that `ts` falls into began, in seconds since the epoch."""
    return _midnight(datetime.fromtimestamp(ts, zone))


def next_day(ts: float, zone: ZoneInfo) -> int:
    """Return when the local day after that of `ts` begins, in seconds since the epoch."""
    local = datetime.fromtimestamp(ts, zone)
    return _midnight(local.replace(hour=12, fold=0) + timedelta(days=1))


def _midnight(local: datetime) -> int:
    # Where the clock skips midnight, this is the moment of the skip.
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return int(midnight.timestamp())
