"""What the templates of every language mean."""

from .calendar import Now, Part, Period, Unit
from .grammar import Hours, Match, Rule

_AT_MINUTES = 30


def day(now: Now, match: Match) -> Period:
    """Return a day that has a name of its own, such as yesterday."""
    return now.day(match.day)


def part_of(offset: int, part: Part) -> Rule:
    """Return the rule for a part of a day so many days from today."""
    return lambda now, match: now.day(offset)._replace(part=part)


def night(now: Now, match: Match) -> Period:
    """Return the present night, or until noon the one that has just ended."""
    return now.day(-1 if now.local.hour < 12 else 0)._replace(part=Part.NIGHT)


def recent_weekday(now: Now, match: Match) -> Period:
    """Return a weekday, the last one that has come."""
    return now.weekday(match.weekday)


def last_weekday(now: Now, match: Match) -> Period:
    """Return the last such weekday before today."""
    return now.weekday(match.weekday, before_today=True)


def weekday_of_week(weeks: int) -> Rule:
    """Return the rule for a weekday of a week so many weeks from this one."""
    return lambda now, match: now.weekday_of_week(match.weekday, weeks)


def unit(offset: int) -> Rule:
    """Return the rule for a whole unit so many units from the present one."""
    return lambda now, match: now.unit(match.unit, offset)


def whole(of: Unit, offset: int) -> Rule:
    """Return the rule for a certain unit so many units from the present one."""
    return lambda now, match: now.unit(of, offset)


def ago(now: Now, match: Match) -> Period:
    """Return the whole unit so many units ago: nobody remembers more exactly."""
    return now.unit(match.unit, -match.count)


def past(now: Now, match: Match) -> Period:
    """Return the time since so many units ago."""
    return now.past(match.unit, match.count)


def on_date(now: Now, match: Match) -> Period | None:
    """Return a date, with or without a year."""
    return now.date(match.dom, match.month, match.year)


def in_month(now: Now, match: Match) -> Period:
    """Return a month, with or without a year."""
    return now.month(match.month, match.year)


def between(match: Match) -> Hours:
    """Return from when to when."""
    return match.minutes("1"), match.minutes("2")


def at(match: Match) -> Hours:
    """Return about when."""
    found = match.minutes("1")
    return found - _AT_MINUTES, found + _AT_MINUTES


def after(match: Match) -> Hours:
    """Return after when."""
    return match.minutes("1"), None


def before(match: Match) -> Hours:
    """Return before when."""
    return None, match.minutes("1")


def weekend(now: Now, match: Match) -> Period:
    """Return the weekend that it is, or that was last."""
    return now.days(now.weekday(5).start.date(), 2)


def last_weekend(now: Now, match: Match) -> Period:
    """Return the weekend of last week."""
    return now.days(now.weekday_of_week(5, -1).start.date(), 2)
