"""Time phrases found in a query, by the templates of a language.

A template is a regular expression with placeholders for the language's words. What it matches is
a date or a time ("last Tuesday", "3 days ago"); a part of the day and times of day beside it
("evening", "between 8 and 10") narrow it down. The longest match counts; what is in quotation
marks is never a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
import re
import unicodedata

from .calendar import Now, Part, Period, Unit

# The minutes of a day at which a time begins and ends, None if that is not said.
type Hours = tuple[int | None, int | None]

type HourRule = Callable[["Match"], Hours]
type Rule = Callable[[Now, "Match"], Period | None]

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』')


def fold(text: str) -> str:
    """Return a text without accents and case, each character where it was."""
    return "".join(map(_folded, text))


def _folded(letter: str) -> str:
    if letter == "’":
        return "'"
    plain = unicodedata.normalize("NFKD", letter.lower())
    # Full-width digits become plain ones; kana keep their voicing.
    if "\u3040" <= letter <= "\u30ff":
        return letter
    return plain[0] if plain else letter


@dataclass(frozen=True, kw_only=True)
class Language:
    """The words of a language, folded, and the templates that use them.

    `spaced` languages write spaces between words. `lead` are words before a time that belong to
    it, `join` what stands between a date and its part of the day or its hours. The last of the
    templates of `hours` is about one moment and needs a day.
    """

    spaced: bool
    numbers: Mapping[str, int]
    days: Mapping[str, int]
    parts: Mapping[str, Part]
    weekdays: Sequence[Sequence[str]]
    months: Sequence[Sequence[str]]
    units: Mapping[Unit, Sequence[str]]
    templates: Sequence[tuple[str, Rule]]
    hours: Sequence[tuple[str, HourRule]]
    clock: str
    afternoon: Sequence[str] = ()
    lead: str = ""
    join: str = ""
    since: str = ""
    since_after: str = ""

    @cached_property
    def dates(self) -> list[tuple[re.Pattern[str], Rule]]:
        """The templates of dates, compiled."""
        return [(self.compile(text), rule) for text, rule in self.templates]

    @cached_property
    def times(self) -> list[tuple[re.Pattern[str], HourRule]]:
        """The templates of times of day, compiled."""
        return [(self.compile(text), rule) for text, rule in self.hours]

    @cached_property
    def ranges(self) -> list[tuple[re.Pattern[str], HourRule]]:
        """The templates of hours that are a time without a day, too."""
        return self.times[:-1]

    @cached_property
    def joint(self) -> re.Pattern[str]:
        """What stands between a date and its part of the day or its hours."""
        return re.compile(self.join)

    @cached_property
    def since_before(self) -> re.Pattern[str]:
        """What turns the time behind it into one that lasts until now."""
        return re.compile(
            rf"{r'(?<!\w)' if self.spaced else ''}(?:{self.since or '(?!)'})$"
        )

    @cached_property
    def since_behind(self) -> re.Pattern[str] | None:
        """What turns the time before it into one that lasts until now."""
        return re.compile(self.since_after) if self.since_after else None

    @cached_property
    def part(self) -> re.Pattern[str]:
        """A part of a day."""
        return self.compile("{part}")

    def compile(self, template: str) -> re.Pattern[str]:
        """Return a template with its words filled in."""
        words = {
            "n": _group("n", [r"\d{1,3}", *map(re.escape, _longest(self.numbers))]),
            "day": _group("day", map(re.escape, _longest(self.days))),
            "part": _group("part", map(re.escape, _longest(self.parts))),
            "weekday": _named("weekday", self.weekdays),
            "month": _named("month", self.months),
            "unit": _named("unit", [*self.units.values()]),
            "dom": r"(?P<dom>[0-3]?\d)",
            "mon": r"(?P<mon>[01]?\d)",
            "year": r"(?P<year>(?:19|20)\d\d)",
            "from": self.clock.format("1"),
            "to": self.clock.format("2"),
        }
        filled = re.sub(
            r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), template
        )
        if self.spaced:
            filled = rf"(?<!\w)(?:{filled})(?!\w)"
        return re.compile(filled)


class Match:
    """What a template matched, read in its language."""

    def __init__(self, language: Language, found: re.Match[str]) -> None:
        """Keep what was found."""
        self._language = language
        self._groups = found.groupdict()

    def __contains__(self, name: str) -> bool:
        """Tell whether a group took part."""
        return self._groups.get(name) is not None

    @property
    def count(self) -> int:
        """The number, one if there is none."""
        said = self._groups.get("n")
        if said is None:
            return 1
        known = self._language.numbers.get(said)
        return int(said) if known is None else known

    @property
    def day(self) -> int:
        """How many days from today."""
        return self._language.days[self._groups["day"]]

    @property
    def part(self) -> Part | None:
        """The part of the day."""
        said = self._groups.get("part")
        return self._language.parts[said] if said else None

    @property
    def weekday(self) -> int:
        """The weekday, Monday is 0."""
        return _position(self._language.weekdays, self._groups["weekday"])

    @property
    def month(self) -> int:
        """The month, 1 to 12."""
        if "mon" in self:
            return int(self._groups["mon"])
        return _position(self._language.months, self._groups["month"]) + 1

    @property
    def unit(self) -> Unit:
        """The unit of time."""
        units = list(self._language.units)
        return units[_position([*self._language.units.values()], self._groups["unit"])]

    @property
    def dom(self) -> int:
        """The day of the month."""
        return int(self._groups["dom"])

    @property
    def year(self) -> int | None:
        """The year."""
        return int(self._groups["year"]) if "year" in self else None

    def minutes(self, which: str) -> int:
        """Return a time of day in minutes, `which` is "1" or "2"."""
        hour = int(self._groups[f"h{which}"])
        minute = self._groups.get(f"m{which}") or self._groups.get(f"n{which}")
        half = self._groups.get(f"a{which}") or self._groups.get("a2")
        if half and hour <= 12:
            hour = hour % 12 + 12 * (half in self._language.afternoon)
        return min(hour, 24) * 60 + int(minute or 0)


def _group(name: str, choices: Iterable[str]) -> str:
    return f"(?P<{name}>{'|'.join(choices)})"


def _named(name: str, words: Sequence[Sequence[str]]) -> str:
    return _group(
        name, map(re.escape, _longest(word for each in words for word in each))
    )


def _longest(words: Iterable[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)


def _position(words: Sequence[Sequence[str]], said: str) -> int:
    return next(at for at, each in enumerate(words) if said in each)


def quoted(text: str) -> list[tuple[int, int]]:
    """Return where quotations are."""
    return [found.span() for found in _QUOTED.finditer(text)]
