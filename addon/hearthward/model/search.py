"""Search: what is asked for and what is found."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .entry import Entry, EntryKind, Moment


class SearchMode(StrEnum):
    """How the words of a query are looked for."""

    HYBRID = "hybrid"
    TEXT = "text"
    SEMANTIC = "semantic"


class SearchQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is looked for among what a person would read.

    `q` may hold time phrases ("yesterday morning") in `language`; what they mean is taken in the
    home's time zone, and `since` and `until` (inclusive, exclusive) narrow it further. `cursor` is
    the `next` of the page before.
    """

    q: Annotated[str, msgspec.Meta(max_length=500)] = ""
    language: Annotated[str, msgspec.Meta(max_length=35)] = "en"
    since: Moment | None = None
    until: Moment | None = None
    person: str | None = None
    room: str | None = None
    device: str | None = None
    kind: EntryKind | None = None
    mode: SearchMode = SearchMode.HYBRID
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class SearchHit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry that was found; `highlights` are (start, end) in characters of `summary`.

    `summary` is what a person reads of the entry, `score` orders hits within one answer only.
    """

    entry: Entry
    summary: str
    score: float
    highlights: tuple[tuple[int, int], ...] = ()
    person: str | None = None
    room: str | None = None


class TimeSpan(msgspec.Struct, frozen=True, kw_only=True):
    """What a time phrase was taken to mean; seconds since the epoch, `until` exclusive."""

    phrase: str
    since: float
    until: float


class SearchPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found, best first; without words to look for, newest first.

    `complete` is false while the index is behind the lifelog, `semantic` tells whether meaning was
    looked for beside words.
    """

    hits: tuple[SearchHit, ...]
    time: TimeSpan | None = None
    complete: bool = True
    semantic: bool = False
    next: str | None = None


class NoteRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A person writes something down; `ts` is when it was so, now when it is left out.

    `author` is who writes, said by a key that speaks for several; else it is the key's name.
    """

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    ts: Moment | None = None
    person: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    room: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    author: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    media: tuple[str, ...] = ()
