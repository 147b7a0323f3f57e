"""The buckets of the rollups: 5 minutes, an hour, a local day of the home."""

from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hearthward.model.chart import Resolution

from .days import next_day, start_of_day

WIDTHS = {Resolution.FIVE_MINUTES: 300, Resolution.HOUR: 3_600, Resolution.DAY: 86_400}

FINE, HOUR, DAY = WIDTHS.values()


class Bucket(NamedTuple):
    """A stretch of time; a day is of the width `DAY`, however long it is."""

    width: int
    start: int
    end: int


class Days:
    """The buckets of moments; local days are remembered, as most moments share theirs."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the zone of the home's days."""
        self._zone = zone
        self._day = (0, 0)

    def buckets(self, start: int) -> Iterator[Bucket]:
        """Yield those that hold the 5 minutes from `start` on, the finest first."""
        yield Bucket(FINE, start, start + FINE)
        hour = start - start % HOUR
        yield Bucket(HOUR, hour, hour + HOUR)
        if not self._day[0] <= start < self._day[1]:
            self._day = start_of_day(start, self._zone), next_day(start, self._zone)
        yield Bucket(DAY, *self._day)
