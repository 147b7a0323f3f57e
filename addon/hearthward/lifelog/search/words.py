"""Words as they are indexed, looked for and highlighted, whatever their language.

Letters are folded: case, accents and width do not matter. A word of a script that writes spaces
is indexed whole and, when it is long enough, by its first letters, so that inflected forms and
the compounds of German find each other. Chinese and Japanese write no spaces: each pair of
neighbouring characters is a word.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
import re
from typing import NamedTuple
import unicodedata

from .stopwords import STOPWORDS

VERSION = 2
"""Indexes that were written with other rules are built anew."""

STEM = 5
"""How many letters two words must share at their beginning to be kin."""

# Han, kana, their marks and half-width forms; Bopomofo.
_DENSE = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
# Elisions, as in "l'eau" or "Mum's", end a word.
_RUN = re.compile(rf"[{_DENSE}]+|[^\W_{_DENSE}]+")
_IS_DENSE = re.compile(rf"[{_DENSE}]")

# More words of a query than this are noise, and each costs time.
_QUERY_WORDS = 24

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


class Word(NamedTuple):
    """A word and where it stands, in characters of its text."""

    text: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text in order; those of dense scripts overlap."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start == 1 or not _IS_DENSE.match(text, start):
            yield Word(fold(text[start:end]), start, end)
        else:
            for at in range(start, end - 1):
                yield Word(fold(text[at : at + 2]), at, at + 2)


def terms(text: str) -> list[str]:
    """Return the words of a text without where they stand, which takes half the time."""
    found: list[str] = []
    for run in _RUN.findall(text):
        if run.isascii():
            # Nothing else is to be folded, and most runs are.
            found.append(run.lower())
        elif len(run) == 1 or not _IS_DENSE.match(run):
            found.append(fold(run))
        else:
            found += [fold(run[at : at + 2]) for at in range(len(run) - 1)]
    return [word for word in found if word]


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Return a word without what spelling varies in: case, accents, width, ligatures."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(letter for letter in plain if _counts(letter))
    return unicodedata.normalize("NFC", letters).translate(_LETTERS)


def _counts(letter: str) -> bool:
    """Tell whether a letter makes a word another one."""
    if letter.isascii() or letter.isspace():
        # Some ligatures fall apart into signs and spaces.
        return letter.isalnum()
    # The voicing marks of kana change the word, accents do not.
    return not unicodedata.combining(letter) or letter in "\u3099\u309a"


def indexed(text: str) -> str:
    """Return what the index holds of a text: its words and stems, between spaces."""
    found = dict.fromkeys(terms(text))
    stems = dict.fromkeys(stem for word in found if (stem := stem_of(word)))
    return " ".join((*found, *stems))


def stem_of(word: str) -> str | None:
    """Return the token that kin words share; None for words that are too short for kin."""
    if len(word) < STEM or _IS_DENSE.match(word):
        return None
    return f"_{word[:STEM]}"


def asked(query: str) -> tuple[str, ...]:
    """Return the distinct words of a query; those that tell nothing only if there are no others."""
    found = tuple(dict.fromkeys(terms(query)))
    telling = tuple(word for word in found if not _tells_nothing(word))
    return (telling or found)[:_QUERY_WORDS]


def _tells_nothing(word: str) -> bool:
    """Tell whether a word only holds sentences together; pairs of hiragana mostly do."""
    return word in STOPWORDS or (
        len(word) == 2 and all("ぁ" <= each <= "ゖ" for each in word)
    )


def likeness(wanted: str, word: str) -> float:
    """Say how much a word of a text is a wanted one: 1 for the same, 0 for another."""
    if wanted == word:
        return 1.0
    if stem_of(wanted) is None or wanted[:STEM] != word[:STEM]:
        return 0.0
    shorter, longer = sorted((wanted, word), key=len)
    if longer.startswith(shorter):
        return 0.8
    shared = next(
        at
        for at, pair in enumerate(zip(shorter, longer, strict=False))
        if pair[0] != pair[1]
    )
    return 0.7 * shared / len(longer)


def best_likeness(wanted: str, there: Collection[str]) -> float:
    """Return how much the likest word of a text is a wanted one."""
    if wanted in there:
        return 1.0
    if stem_of(wanted) is None:
        return 0.0
    start = wanted[:STEM]
    kin = (likeness(wanted, word) for word in there if word.startswith(start))
    return max(kin, default=0.0)


def highlights(text: str, wanted: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Return where the wanted words are in a text, (start, end) in characters, merged."""
    wanted = tuple(wanted)
    spans: list[tuple[int, int]] = []
    for word in words(text):
        if not any(likeness(each, word.text) > 0.5 for each in wanted):
            continue
        if spans and word.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(word.end, spans[-1][1]))
        else:
            spans.append((word.start, word.end))
    return tuple(spans)


@lru_cache(maxsize=4096)
def mark(field: str, value: str) -> str:
    """Return the token that says that a field of an entry has a value."""
    digest = blake2b(fold(value).encode(), digest_size=6, person=field.encode())
    return f"__{digest.hexdigest()}"
