"""Export: entries, media and the proof that none of it was altered, in one ZIP.

The lifelog is walked from batch to batch in short reads, each of which sees one point in time:
entries never change, so no long snapshot has to hold up the write-ahead log. What is read goes to
files beside the archive, as a ZIP takes one member after the other; memory stays as it is however
long the export.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from hashlib import file_digest
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from hearthward.lifelog.chain import Row
from hearthward.lifelog.forgetting.scope import Scope
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.media import DamagedMediaError, MediaLibrary, UnknownMediaError
from hearthward.lifelog.media.content import suffix
from hearthward.lifelog.schema import entries
from hearthward.model.transfer import Export

from . import proof
from .jobs import Task
from .pack import Member, pack
from .records import CHAIN, CSV, JSONL, STAMPED, Records

FILE = "export.zip"

_ENTRIES_AT_ONCE = 2_000
_LINKS_AT_ONCE = 1_000


class Place(NamedTuple):
    """Where a walk is: after `seq`; entries are meant up to `last`, the chain to `end`."""

    seq: int
    last: int
    end: int


class Step(NamedTuple):
    """How far a walk came: the last seq, and whether the chain goes on."""

    seq: int
    more: bool


class Exporter:
    """Makes the files of exports."""

    def __init__(
        self,
        lifelog: Lifelog,
        media: MediaLibrary,
        sign: Callable[[], Awaitable[object]],
    ) -> None:
        """Read from `lifelog` and `media`; `sign` signs the lifelog's end."""
        self._lifelog = lifelog
        self._media = media
        self._sign = sign

    async def run(self, task: Task) -> None:
        """Make the file of an export."""
        job = task.job
        assert isinstance(job, Export)
        # What comes later is not signed yet, and is not meant.
        end = self._lifelog.last
        await self._sign()
        manifest: dict[str, Any] = {
            "format": "hearthward export 1",
            "home": self._lifelog.home,
            "created": job.created,
            "request": job.request,
            "devices": job.devices,
        }
        with Records(task.folder) as records:
            manifest |= await self._walk(task, job, records, end)
        named = records.media if job.request.media else {}
        media = [member async for member in self._members(named)]
        counts = {
            "entries": records.entries,
            "media": len(media),
            "missing_media": len(named) - len(media),
        }
        members = [
            Member(name, records.path(name)) for name in (JSONL, CSV, STAMPED, CHAIN)
        ]
        archive = task.folder / FILE
        await _in_thread(partial(pack, archive, [*members, *media], manifest | counts))
        for member in members:
            member.file.unlink()
        size, checksum = await asyncio.to_thread(_measure, archive)
        task.tell(**counts, size=size, sha256=checksum)

    async def _walk(
        self, task: Task, job: Export, records: Records, end: int
    ) -> dict[str, object]:
        """Write the entries that are meant and their chain; return what proves it."""
        load, home = self._lifelog.load, self._lifelog.home
        first, last = await load(lambda connection: _range(connection, home, job, end))
        if first is None or last is None:
            return {"checkpoint": None, "previous": None}
        start, previous = await load(
            lambda connection: proof.before(connection, home, first)
        )
        checkpoint = await load(
            lambda connection: proof.covering(connection, home, last)
        )
        end = checkpoint.seq if checkpoint else end
        task.tell(done=0, total=last - start)
        step = Step(start, more=True)
        while step.more and step.seq < end:
            step = await load(
                partial(
                    _step,
                    home=home,
                    job=job,
                    records=records,
                    place=Place(step.seq, last, end),
                )
            )
            task.tell(done=min(step.seq, last) - start, entries=records.entries)
        return {
            "previous": {"seq": start, "hash": previous.hex()},
            "checkpoint": checkpoint and proof.told(checkpoint),
        }

    async def _members(self, named: dict[str, None]) -> AsyncIterator[Member]:
        """Yield the media that are there and whole."""
        for name in named:
            try:
                media, file = await self._media.open(name)
            except UnknownMediaError, DamagedMediaError:
                continue
            place = f"media/{name}{suffix(media.content_type)}"
            yield Member(place, file, compress=False)


def _step(
    connection: Connection, home: str, job: Export, records: Records, place: Place
) -> Step:
    """Write the next batches and those of their entries that are meant."""
    links = [
        link
        for link in proof.links(
            connection, home, place.seq, _ENTRIES_AT_ONCE, _LINKS_AT_ONCE
        )
        if link.last <= place.end
    ]
    if not links:
        return Step(place.seq, more=False)
    found: list[Row] = []
    if links[0].first <= place.last:
        until = min(links[-1].last, place.last)
        found = list(_rows(connection, home, job, links[0].first, until))
        records.add(found)
    for link, holds in proof.holding(links, (row.seq for row in found)):
        records.link(proof.line(link, whole=holds))
    return Step(links[-1].last, more=True)


def _rows(
    connection: Connection, home: str, job: Export, first: int, last: int
) -> Iterator[Row]:
    statement = (
        select(entries)
        .where(entries.c.seq >= first, entries.c.seq <= last, *_meant(home, job))
        .order_by(entries.c.seq)
    )
    return (Row(*record) for record in connection.execute(statement))


def _range(
    connection: Connection, home: str, job: Export, end: int
) -> tuple[int | None, int | None]:
    """Return the first and the last seq that are meant, up to the seq `end`."""
    seq = entries.c.seq
    statement = select(func.min(seq), func.max(seq)).where(
        seq <= end, *_meant(home, job)
    )
    row = connection.execute(statement).one()
    return row[0], row[1]


def _meant(home: str, job: Export) -> list[ColumnElement[bool]]:
    table, request = entries.c, job.request
    scope = Scope(
        home=home,
        person=request.person,
        devices=job.devices,
        since=request.since,
        until=request.until,
    )
    person = func.json_extract(table.body, "$.person")
    return [
        table.home == home,
        *scope.where(device=table.device, ts=table.ts, person=person),
    ]


def _measure(archive: Path) -> tuple[int, str]:
    with archive.open("rb") as stream:
        return archive.stat().st_size, file_digest(stream, "sha256").hexdigest()


async def _in_thread(work: Callable[[Callable[[], bool]], object]) -> None:
    """Run work that asks now and then whether it is still wanted, and wait for its end."""
    stopped = Event()
    running = asyncio.create_task(asyncio.to_thread(work, stopped.is_set))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.wait([running])
        running.exception()
        raise
