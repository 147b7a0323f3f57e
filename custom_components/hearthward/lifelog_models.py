"""What the hub finds in its lifelog, as this client understands it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .models import Entry, Model

JOB_WAITING: Final = "waiting"
JOB_RUNNING: Final = "running"
JOB_DONE: Final = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchHit(Model):
    """An entry that was found; `highlights` are (start, end) in characters of `summary`."""

    entry: Entry
    summary: str
    score: float
    highlights: tuple[tuple[int, int], ...] = ()
    person: str | None = None
    room: str | None = None

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the entry."""
        return {
            **values,
            "entry": Entry.from_dict(values["entry"]),
            "highlights": tuple(
                (start, end) for start, end in values.get("highlights", ())
            ),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeSpan(Model):
    """What a time phrase was taken to mean; seconds since the epoch, `until` exclusive."""

    phrase: str
    since: float
    until: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage(Model):
    """What was found, best first; not complete while the index is behind the lifelog."""

    hits: tuple[SearchHit, ...]
    time: TimeSpan | None = None
    complete: bool = True
    semantic: bool = False
    next: str | None = None

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the hits."""
        values["hits"] = SearchHit.from_list(values["hits"])
        if values.get("time") is not None:
            values["time"] = TimeSpan.from_dict(values["time"])
        return values


@dataclass(frozen=True, kw_only=True, slots=True)
class Media(Model):
    """A stored file; `id` is the SHA-256 of its bytes, `seq` the entry that tells of it."""

    id: str
    kind: str
    content_type: str
    size: int
    ts: float
    seq: int
    device: str | None = None
    person: str | None = None
    room: str | None = None
    text: str | None = None
    thumbnail: bool = False
    expires: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaPage(Model):
    """Media that were asked for, newest first."""

    media: tuple[Media, ...]
    next: str | None = None

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the media."""
        return {**values, "media": Media.from_list(values["media"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter(Model):
    """A message that the hub rejected, with the reason; `detail` says what to do."""

    id: int
    received: float
    reason: str
    detail: str
    adapter: str
    address: str
    size: int
    device: str | None = None
    profile: str | None = None
    payload: str | None = None
    base64: str | None = None
    attempts: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterPage(Model):
    """Dead letters without their payloads, newest first; `total` counts all that were meant."""

    letters: tuple[DeadLetter, ...]
    total: int
    next: int | None = None

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the letters."""
        return {**values, "letters": DeadLetter.from_list(values["letters"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed(Model):
    """What became of dead letters that were tried again; the rejected ones are kept."""

    accepted: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Deleted(Model):
    """How many dead letters were deleted."""

    deleted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure(Model):
    """What was erased; `seq` is the entry that records it, None when it was only counted."""

    entries: int
    media: int
    seq: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Export(Model):
    """An export: `done` of `total` entries were looked through; the file goes at `expires`."""

    id: str
    status: str
    created: float
    request: Mapping[str, Any]
    actor: str
    devices: tuple[str, ...] | None = None
    done: int = 0
    total: int = 0
    entries: int = 0
    media: int = 0
    missing_media: int = 0
    size: int | None = None
    sha256: str | None = None
    expires: float | None = None
    error: str | None = None

    @property
    def under_way(self) -> bool:
        """Return if it is not finished yet."""
        return self.status in (JOB_WAITING, JOB_RUNNING)

    @property
    def done_well(self) -> bool:
        """Return if there is a file."""
        return self.status == JOB_DONE
