"""Days, parts of days and what is past, in the home's local time.

People look for what was: a weekday or a date without a year is the last one that has come. Weeks
begin on Monday. A night belongs to the day that it begins on.
"""

import datetime as dt
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Unit(StrEnum):
    """What time is counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Part(StrEnum):
    """A part of a day."""

    DAWN = "dawn"
    MORNING = "morning"
    FORENOON = "forenoon"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    TONIGHT = "tonight"


# Hours from the beginning of the day.
HOURS = {
    Part.DAWN: (0, 6),
    Part.MORNING: (5, 12),
    Part.FORENOON: (9, 12),
    Part.NOON: (11, 14),
    Part.AFTERNOON: (12, 18),
    Part.EVENING: (17, 23),
    Part.NIGHT: (21, 30),
    Part.TONIGHT: (17, 30),
}

_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86_400, Unit.WEEK: 604_800}


class Period(NamedTuple):
    """Local times from `start` up to, not including, `end`; of a day maybe only a `part`."""

    start: dt.datetime
    end: dt.datetime
    part: Part | None = None

    @property
    def is_day(self) -> bool:
        """Whether it is one whole day, of which a part can be meant."""
        midnight = self.start.time() == self.end.time() == dt.time()
        return midnight and self.end.date() - self.start.date() == dt.timedelta(1)


class Now:
    """The present of a home."""

    def __init__(self, ts: float, zone: ZoneInfo) -> None:
        """Take the present, s since the epoch (UTC), and the home's time zone."""
        self.ts = ts
        self.zone = zone
        self.local = dt.datetime.fromtimestamp(ts, zone)
        self.today = self.local.date()

    def days(self, first: dt.date, count: int = 1) -> Period:
        """Return whole days."""
        return Period(
            self._midnight(first), self._midnight(first + dt.timedelta(count))
        )

    def day(self, offset: int) -> Period:
        """Return today or a day that many days from it."""
        return self.days(self.today + dt.timedelta(offset))

    def weekday(self, weekday: int, *, before_today: bool = False) -> Period:
        """Return the last such weekday (Monday is 0), today if it is one."""
        back = (self.today.weekday() - weekday) % 7
        return self.day(-(back or 7) if before_today else -back)

    def weekday_of_week(self, weekday: int, weeks: int) -> Period:
        """Return a weekday of this week or of one that many weeks from it."""
        return self.day(7 * weeks + weekday - self.today.weekday())

    def unit(self, unit: Unit, offset: int) -> Period:
        """Return the whole hour, day, week, month or year that many from the present one."""
        if unit in (Unit.MINUTE, Unit.HOUR):
            width = _SECONDS[unit]
            return self.around(offset * width, width)
        if unit is Unit.DAY:
            return self.day(offset)
        if unit is Unit.WEEK:
            return self.days(
                self.today + dt.timedelta(7 * offset - self.today.weekday()), 7
            )
        if unit is Unit.MONTH:
            months = self.today.year * 12 + self.today.month - 1 + offset
            return self._months(months, 1)
        return self._months((self.today.year + offset) * 12, 12)

    def around(self, offset: float, width: float) -> Period:
        """Return a time of `width` s about the present and `offset` s."""
        middle = self.ts + offset
        return Period(self._at(middle - width / 2), self._at(middle + width / 2))

    def past(self, unit: Unit, count: int) -> Period:
        """Return the time that has passed since so many units ago."""
        if unit in _SECONDS and unit is not Unit.DAY and unit is not Unit.WEEK:
            return Period(self._at(self.ts - count * _SECONDS[unit]), self.local)
        if unit in (Unit.DAY, Unit.WEEK):
            days = count * (7 if unit is Unit.WEEK else 1)
            start = self.local.replace(tzinfo=None) - dt.timedelta(days)
            return Period(start.replace(tzinfo=self.zone), self.local)
        months = count * (12 if unit is Unit.YEAR else 1)
        first = self.today.year * 12 + self.today.month - 1 - months
        return Period(self._months(first, 1).start, self.local)

    def date(self, day: int, month: int, year: int | None) -> Period | None:
        """Return a date, the last one that has come if no year is given."""
        years = (self.today.year, *range(self.today.year - 1, self.today.year - 9, -1))
        for candidate in (year,) if year else years:
            try:
                found = dt.date(candidate, month, day)
            except ValueError:
                continue
            if year or found <= self.today:
                return self.days(found)
        return None

    def month(self, month: int, year: int | None) -> Period:
        """Return a month, the last one that has begun if no year is given."""
        passed = month <= self.today.month
        return self._months(
            (year or self.today.year - (not passed)) * 12 + month - 1, 1
        )

    def between(self, day: Period, first: int, end: int) -> Period:
        """Return minutes of a day; those past the 24th hour are the next day's."""
        return Period(
            self._clock(day.start.date(), first), self._clock(day.start.date(), end)
        )

    def _months(self, first: int, count: int) -> Period:
        """Return whole months, counted from the year 0."""
        start, end = (
            self._midnight(dt.date(at // 12, at % 12 + 1, 1))
            for at in (first, first + count)
        )
        return Period(start, end)

    def _clock(self, day: dt.date, minutes: int) -> dt.datetime:
        days, minutes = divmod(minutes, 24 * 60)
        return dt.datetime.combine(
            day + dt.timedelta(days),
            dt.time(minutes // 60, minutes % 60),
            self.zone,
        )

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self.zone)

    def _at(self, ts: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(ts, self.zone)
