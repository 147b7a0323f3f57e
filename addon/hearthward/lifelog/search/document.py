"""What the index holds of an entry."""

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
        """The tokens that filters look for."""
        return marks(self.kind, self.device, self.person, self.room)


def time_id(ts: float) -> int:
    """Return the first id of a time, s; ids are in the order of time."""
    return round(ts * 1000) * _SLOTS


def marks(
    kind: str | None, device: str | None, person: str | None, room: str | None
) -> tuple[str, ...]:
    """Return the tokens of the fields that are given."""
    fields = {"kind": kind, "device": device, "person": person, "room": room}
    return tuple(mark(name, value) for name, value in fields.items() if value)
