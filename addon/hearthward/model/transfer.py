"""Export and import: what is asked for and how far it is."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .entry import Draft, Moment

type Words = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class JobStatus(StrEnum):
    """How far a job is; the last three are its end."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class ExportRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is exported: all that is given must hold, nothing given means everything.

    A person's entries are those of the devices that the person owns and those that name the
    person. `since` is inclusive and `until` exclusive (seconds since the epoch, UTC).
    """

    person: Words | None = None
    device: Words | None = None
    since: Moment | None = None
    until: Moment | None = None
    media: bool = True


class Export(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An export: `done` of `total` entries of the lifelog were looked through.

    `devices` are the device asked for, or those that the person owned when it was asked.
    `size` and `sha256` are those of the file, which is removed at `expires`. `missing_media`
    counts files that were named by an entry but aged out, or are damaged.
    """

    id: str
    status: JobStatus
    created: float
    request: ExportRequest
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


class ImportFormat(StrEnum):
    """What an imported file is.

    `archive` is the ZIP of an export, `homeassistant` the database of the recorder.
    """

    CSV = "csv"
    JSONL = "jsonl"
    ARCHIVE = "archive"
    HOMEASSISTANT = "homeassistant"


class ImportQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How an uploaded file is read.

    Without a `format` it is told by the file's first bytes. `device` and `point` are taken for
    lines that name none, `time_zone` for times without an offset. `entities` are patterns such as
    `sensor.*`, separated by commas, for the entities of a recorder. A `dry_run` stores nothing.
    """

    format: ImportFormat | None = None
    dry_run: bool = False
    name: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    device: Words | None = None
    point: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    person: Words | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    entities: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken, counted from 1, and what to do about it."""

    line: int
    detail: str


class Import(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import: `done` of `total` bytes, or rows of a database, were read.

    `duplicates` were in the lifelog already. `problems` are the first of the `rejected` lines; all
    of them can be had as a file. `preview` shows the first entries as they are stored. `skipped`
    counts records of what another hub did itself, which are not taken over.
    """

    id: str
    status: JobStatus
    created: float
    query: ImportQuery
    format: ImportFormat
    actor: str
    done: int = 0
    total: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    skipped: int = 0
    media: int = 0
    first: float | None = None
    last: float | None = None
    preview: tuple[Draft, ...] = ()
    problems: tuple[Problem, ...] = ()
    expires: float | None = None
    error: str | None = None
