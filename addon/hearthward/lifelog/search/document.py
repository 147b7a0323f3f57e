"""What the index holds of an entry."""

from collections.abc import Collection
from itertools import combinations
from typing import NamedTuple

from .words import mark

# An id holds the milliseconds and then which of the documents of that millisecond it is.
_SLOTS = 4096


class Document(NamedTuple):
    """What a person would read of an entry, and whom and what it concerns."""

    seq: int
    ts: float
    kind: str
    summary: str
    device: str | None = None
    person: str | None = None
    room: str | None = None

    @property
    def first_id(self) -> int:
        """The id of the document, unless another one of the same millisecond has it."""
        return time_id(self.ts) + self.seq % _SLOTS

    @property
    def words(self) -> str:
        """What can be found: the summary, the person and the room."""
        return " ".join(filter(None, (self.summary, self.person, self.room)))

    @property
    def marks(self) -> tuple[str, ...]:
        """The tokens that filters look for: of each field, and of each two."""
        found = marks(self.kind, self.device, self.person, self.room)
        return (*found, *(both(*pair) for pair in combinations(sorted(found), 2)))


def time_id(ts: float) -> int:
    """Return the first id of a time, s; ids are in the order of time."""
    return round(ts * 1000) * _SLOTS


def marks(
    kind: str | None, device: str | None, person: str | None, room: str | None
) -> tuple[str, ...]:
    """Return the tokens of the fields that are given."""
    fields = {"kind": kind, "device": device, "person": person, "room": room}
    return tuple(mark(name, value) for name, value in fields.items() if value)


def narrowest(found: Collection[str]) -> tuple[str, ...]:
    """Return the fewest tokens that only documents with all of some marks have.

    A room alone, or a person, has a large part of all documents, and going through them again for
    each word took most of the time of a search.
    """
    ordered = sorted(found)
    if len(ordered) < 2:
        return tuple(ordered)
    # Each two of them; the last one, if it is left alone, with the one before it.
    starts = (min(at, len(ordered) - 2) for at in range(0, len(ordered), 2))
    return tuple(both(*ordered[at : at + 2]) for at in starts)


def both(first: str, second: str) -> str:
    """Return the token of documents that have two marks."""
    return mark("both", f"{first} {second}")
