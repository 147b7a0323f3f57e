"""Time phrases: "yesterday morning", "vor drei Tagen", "先週の火曜日" and their like.

The phrase is cut from what is looked for, and the answer tells what it was taken to mean.
"""

from collections.abc import Iterator
from functools import cache
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hearthward.model.search import TimeSpan

from .calendar import HOURS, Now, Part, Period
from .grammar import Hours, Language, Match, fold, quoted

_GAP = re.compile(r"[\s,]*")

_HALF = 12 * 60

# Of a night, hours before this one are the next day's.
_SMALL_HOURS = 9 * 60

# Parts of a day whose hours are told by half a dial.
_LATE = {Part.NOON, Part.AFTERNOON, Part.EVENING, Part.NIGHT, Part.TONIGHT}
_NIGHTS = {Part.NIGHT, Part.TONIGHT}


class Phrase(NamedTuple):
    """A time phrase and the words that are left without it."""

    span: TimeSpan
    rest: str


class _Region(NamedTuple):
    """Where a phrase is and what it says: a period, of it a part, of that some hours."""

    start: int
    end: int
    period: Period
    part: Part | None = None
    hours: Hours | None = None


def find(query: str, language: str, ts: float, zone: ZoneInfo) -> Phrase | None:
    """Return the time phrase of a query; `ts` is the present (s since the epoch, UTC)."""
    grammar = _language(language)
    now = Now(ts, zone)
    text = fold(query)
    region = _date(grammar, now, text) or _hours_alone(grammar, now, text)
    if region is None:
        return None
    while (wider := _widen(grammar, text, region)) is not None:
        region = wider
    period = _period(now, region)
    start, end = region.start, region.end
    if since := _since(grammar, text, start, end):
        start, end = since
        period = period._replace(end=max(now.local, period.start))
    start = _lead(grammar, text, start)
    span = TimeSpan(
        phrase=query[start:end].strip(),
        since=period.start.timestamp(),
        until=period.end.timestamp(),
    )
    rest = re.sub(r"\s+", " ", f"{query[:start]} {query[end:]}")
    return Phrase(span, rest.strip())


@cache
def _language(tag: str) -> Language:
    """Return the grammar of a language tag such as `zh-Hans`; English for an unknown one."""
    from . import eastern, western

    known = {
        "de": western.GERMAN,
        "es": western.SPANISH,
        "fr": western.FRENCH,
        "ja": eastern.JAPANESE,
        "zh": eastern.CHINESE,
    }
    return known.get(re.split("[-_]", tag.lower())[0], western.ENGLISH)


def _date(grammar: Language, now: Now, text: str) -> _Region | None:
    """Return the longest date of a text, the first of several as long."""
    best: _Region | None = None
    for pattern, rule in grammar.dates:
        for found in _matches(pattern, text):
            start, end = found.span()
            if best is not None and end - start <= best.end - best.start:
                continue
            match = Match(grammar, found)
            period = rule(now, match)
            if period is not None:
                best = _Region(start, end, period, match.part or period.part)
    return best


def _hours_alone(grammar: Language, now: Now, text: str) -> _Region | None:
    """Return hours without a day: those of today, or of yesterday if they are to come."""
    for pattern, rule in grammar.ranges:
        for found in _matches(pattern, text):
            hours = rule(Match(grammar, found))
            region = _Region(*found.span(), now.day(0), hours=hours)
            if _period(now, region).start > now.local:
                return region._replace(period=now.day(-1))
            return region
    return None


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield what matches outside of quotations."""
    taken = quoted(text)
    for found in pattern.finditer(text):
        if not any(found.start() < end and start < found.end() for start, end in taken):
            yield found


def _widen(grammar: Language, text: str, region: _Region) -> _Region | None:
    """Return the region with a part of the day or hours beside it, if there are any."""
    if not region.period.is_day:
        return None
    if region.hours is None:
        for pattern, rule in grammar.times:
            for found in _beside(grammar, pattern, text, region):
                hours = rule(Match(grammar, found))
                return _joined(region, found)._replace(hours=hours)
    if region.part is None:
        for found in _beside(grammar, grammar.part, text, region):
            return _joined(region, found)._replace(part=Match(grammar, found).part)
    return None


def _beside(
    grammar: Language, pattern: re.Pattern[str], text: str, region: _Region
) -> Iterator[re.Match[str]]:
    """Yield what matches right behind or before a region."""
    for joint in (grammar.joint, _GAP):
        behind = joint.match(text, region.end)
        if behind and (found := pattern.match(text, behind.end())) is not None:
            yield found
    for found in pattern.finditer(text[: region.start]):
        if grammar.joint.fullmatch(text, found.end(), region.start):
            yield found


def _joined(region: _Region, found: re.Match[str]) -> _Region:
    start, end = found.span()
    return region._replace(start=min(start, region.start), end=max(end, region.end))


def _period(now: Now, region: _Region) -> Period:
    """Return what a region means."""
    if (region.hours is None and region.part is None) or not region.period.is_day:
        return region.period
    first, end = HOURS[region.part] if region.part else (0, 24)
    first, end = first * 60, end * 60
    if region.hours is not None:
        first, end = _placed(region.hours, region.part, first, end)
    return now.between(region.period, first, end)


def _placed(hours: Hours, part: Part | None, first: int, end: int) -> tuple[int, int]:
    """Return hours within a part of the day that begins at `first` and ends at `end`.

    Eight in the evening is the twentieth hour, and two in the night the next day's.
    """
    step = _HALF if part in _LATE else 2 * _HALF
    begins, ends = hours
    if begins is not None and part in _LATE and begins < _HALF:
        small = part in _NIGHTS and begins < _SMALL_HOURS
        begins += 2 * _HALF if small else _HALF
    first = first if begins is None else begins
    end = end if ends is None else ends
    while end <= first:
        end += step
    return first, end


def _since(
    grammar: Language, text: str, start: int, end: int
) -> tuple[int, int] | None:
    """Return where a phrase is whose time goes on until now, as "since Monday" does."""
    if (before := grammar.since_before.search(text[:start])) is not None:
        return before.start(), end
    behind = grammar.since_behind.match(text, end) if grammar.since_behind else None
    return (start, behind.end()) if behind else None


def _lead(grammar: Language, text: str, start: int) -> int:
    """Return where the words before a time begin that belong to it."""
    found = re.search(rf"(?:^|(?<=\s))(?:{grammar.lead})$", text[:start])
    return found.start() if found else start
