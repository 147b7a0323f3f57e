"""Import: entries from CSV, JSON Lines, an export or Home Assistant's recorder.

What is in the lifelog already is not appended again, so an import can be repeated at will. How far
it is is stored together with what it appends: killed, it goes on where it was. Its commits are
small and come after everybody else's, and the next part is read when the one before is durable.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import batched
import os
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec.structs import replace

from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.media import MediaLibrary
from hearthward.lifelog.transaction import Transaction
from hearthward.model.entry import Draft, Lane
from hearthward.model.transfer import Import, ImportFormat, Problem

from . import lines
from .attachments import Attachments
from .fields import TAKEN, Defaults, LineError, draft as make_draft, kind_of
from .jobs import JobError, Task
from .known import Candidate, known
from .pack import copy_within_space
from .recorder import MAGIC, Convert, Place, Recorder
from .records import JSONL

UPLOAD = "upload"
REJECTED = "rejected"

_AT_ONCE = 500
_SHOWN_PROBLEMS = 100
_SHOWN_ENTRIES = 10


class Position(msgspec.Struct, frozen=True):
    """How far a file was read, and how many bytes of refused lines were kept."""

    offset: int = 0
    line: int = 0
    rejected: int = 0
    place: Place = Place()


class Found(NamedTuple):
    """What a line holds: an entry, something wrong, or nothing that is taken over."""

    line: int
    raw: bytes = b""
    draft: Draft | None = None
    problem: str | None = None
    seq: int | None = None
    digest: str | None = None


class Part(NamedTuple):
    """Some lines of a file, and the position behind them."""

    position: Position
    done: int
    found: Sequence[Found]


def sniff(file: Path) -> ImportFormat:
    """Tell what a file is by its first bytes; blocks.

    Raises:
        LineError: It is nothing that is imported.

    """
    with file.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(MAGIC):
        return ImportFormat.HOMEASSISTANT
    if head.startswith(b"PK\x03\x04"):
        return ImportFormat.ARCHIVE
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return ImportFormat.JSONL
    if not text or text.startswith((b"[", b"\xff\xfe", b"\xfe\xff")):
        raise LineError("Give a CSV with a header or one JSON object a line, in UTF-8")
    return ImportFormat.CSV


def zone_of(name: str | None, home: ZoneInfo) -> ZoneInfo:
    """Return the zone of times without an offset.

    Raises:
        LineError: There is no such zone.

    """
    try:
        return ZoneInfo(name) if name else home
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise LineError(f"Name a time zone such as Europe/Berlin, not {name}") from None


class Importer:
    """Takes the files of imports into the lifelog."""

    def __init__(
        self, lifelog: Lifelog, media: MediaLibrary, zone: ZoneInfo, convert: Convert
    ) -> None:
        """Append to `lifelog`; `convert` knows in which units points are kept."""
        self._lifelog = lifelog
        self._media = media
        self._zone = zone
        self._convert = convert

    async def run(self, task: Task) -> None:
        """Take a file over, or only look at it for a dry run."""
        job = task.job
        assert isinstance(job, Import)
        position = Position()
        if task.position is not None:
            position = msgspec.json.decode(task.position, type=Position)
        file = task.folder / UPLOAD
        with ExitStack() as stack:
            attachments = None
            if job.format is ImportFormat.ARCHIVE:
                attachments = stack.enter_context(Attachments(file))
                file = await asyncio.to_thread(_unpack, file)
            if job.format is ImportFormat.HOMEASSISTANT:
                recorder = Recorder(file, job.query.entities, self._convert)
                parts = self._history(stack.enter_context(recorder), task, position)
            else:
                await asyncio.to_thread(_cut, task.folder / REJECTED, position.rejected)
                task.tell(total=file.stat().st_size)
                parts = self._lines(file, job, position)
            while part := await asyncio.to_thread(next, parts, None):
                await self._take(task, part, attachments)
        await asyncio.to_thread((task.folder / UPLOAD).unlink, missing_ok=True)

    def _lines(self, file: Path, job: Import, position: Position) -> Iterator[Part]:
        """Yield the parts of a text file."""
        is_csv = job.format is ImportFormat.CSV
        query = job.query
        defaults = Defaults(
            zone=zone_of(query.time_zone, self._zone),
            origin=str(job.format),
            device=query.device,
            point=query.point,
            person=query.person,
        )
        read = lines.read_csv if is_csv else lines.read_jsonl
        with file.open("rb") as stream:
            stream.seek(position.offset)
            try:
                for records in batched(read(stream, position.line), _AT_ONCE):
                    last = records[-1]
                    position = replace(
                        position, offset=last.end, line=last.line + last.lines - 1
                    )
                    found = [_find(record, defaults) for record in records]
                    yield Part(position, last.end, found)
            except LineError as error:
                raise JobError(str(error)) from None

    def _history(
        self, recorder: Recorder, task: Task, position: Position
    ) -> Iterator[Part]:
        """Yield the parts of a recorder's database."""
        job = task.job
        assert isinstance(job, Import)
        task.tell(total=recorder.total())
        done = job.done if position.place != Place() else 0
        for page in recorder.pages(position.place):
            position = replace(position, place=page.place)
            done += page.read
            yield Part(position, done, [Found(0, draft=each) for each in page.drafts])

    async def _take(
        self, task: Task, part: Part, attachments: Attachments | None
    ) -> None:
        """Store what is new of a part, and how far it came."""
        job = task.job
        assert isinstance(job, Import)
        candidates = [
            Candidate(each.draft, each.seq, each.digest)
            for each in part.found
            if each.draft is not None
        ]
        there = await self._lifelog.load(partial(known, self._lifelog.home, candidates))
        fresh = [
            candidate.draft
            for index, candidate in enumerate(candidates)
            if index not in there
        ]
        refused = [each for each in part.found if each.problem is not None]
        changes = _counted(job, part, fresh, refused, len(candidates))
        size = await asyncio.to_thread(_keep, task.folder, job.format, refused)
        position = _encode(replace(part.position, rejected=size))
        if job.query.dry_run:
            task.reach(position, **changes)
            return
        if attachments is not None:
            kept = await attachments.keep(self._media, fresh)
            changes["media"] = job.media + len(kept)
            fresh = [draft for draft in fresh if draft not in kept]

        def work(transaction: Transaction) -> None:
            transaction.append(fresh)
            task.store(transaction, position, **changes)

        await self._lifelog.transact(work, Lane.BULK)
        task.reach(position, **changes)


def _find(record: lines.Record, defaults: Defaults) -> Found:
    """Return what a record holds."""
    fields = record.fields
    if fields is None:
        return Found(record.line, record.raw, problem=record.problem)
    try:
        if "kind" in fields and kind_of(fields) not in TAKEN:
            return Found(record.line)
        seq, digest = fields.get("seq"), fields.get("digest")
        return Found(
            record.line,
            record.raw,
            draft=make_draft(fields, defaults),
            seq=int(seq) if seq is not None and digest else None,
            digest=digest,
        )
    except (LineError, ValueError) as error:
        return Found(record.line, record.raw, problem=str(error))


def _counted(
    job: Import,
    part: Part,
    fresh: Sequence[Draft],
    refused: Sequence[Found],
    candidates: int,
) -> dict[str, object]:
    """Return the job's fields as they are after a part."""
    problems = [Problem(line=each.line, detail=each.problem or "") for each in refused]
    times = [draft.ts for draft in fresh]
    if job.first is not None and job.last is not None:
        times += [job.first, job.last]
    return {
        "done": part.done,
        "accepted": job.accepted + len(fresh),
        "duplicates": job.duplicates + candidates - len(fresh),
        "rejected": job.rejected + len(refused),
        "skipped": job.skipped + len(part.found) - candidates - len(refused),
        "first": min(times, default=None),
        "last": max(times, default=None),
        "problems": (*job.problems, *problems)[:_SHOWN_PROBLEMS],
        "preview": (*job.preview, *fresh)[:_SHOWN_ENTRIES],
    }


def _keep(folder: Path, kind: ImportFormat, refused: Sequence[Found]) -> int:
    """Write refused lines aside, to be corrected and imported; return the file's size."""
    file = folder / REJECTED
    if not refused:
        return file.stat().st_size if file.exists() else 0
    with file.open("ab") as stream:
        if stream.tell() == 0 and kind is ImportFormat.CSV:
            with (folder / UPLOAD).open("rb") as source:
                stream.write(lines.header(source))
        for each in refused:
            stream.write(each.raw.rstrip(b"\r\n") + b"\n")
        return stream.tell()


def _cut(file: Path, size: int) -> None:
    """Forget lines that were refused after the position was stored."""
    if file.exists():
        os.truncate(file, size)


def _unpack(archive: Path) -> Path:
    """Return the entries of an export as a file."""
    file = archive.with_name(JSONL)
    try:
        with ZipFile(archive) as packed, packed.open(JSONL) as source:
            copy_within_space(source, file)
    except BadZipFile, KeyError:
        raise JobError(
            "Give the ZIP that an export made, whole: this one holds no entries"
        ) from None
    return file


def _encode(position: Position) -> str:
    return msgspec.json.encode(position).decode()
