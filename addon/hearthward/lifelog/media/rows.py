"""Queries of the table of uploads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Row,
    delete,
    func,
    select,
    tuple_,
)

from hearthward.lifelog.schema import media
from hearthward.model.media import Media, MediaKind, MediaQuery

_AT_ONCE = 500


class Reader(Protocol):
    """A connection or the writer's transaction."""

    def execute(self, statement: Executable) -> CursorResult[Any]:
        """Run a statement."""


def values(upload: Media) -> dict[str, Any]:
    """Return the row of an upload, without its home."""
    fields = msgspec.structs.asdict(upload)
    del fields["expires"]
    return fields | {"kind": upload.kind.value}


def by_id(connection: Reader, home: str, name: str) -> Media | None:
    """Return the newest upload of a file."""
    statement = (
        select(media)
        .where(media.c.home == home, media.c.id == name)
        .order_by(media.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(statement).first()
    return _media(row) if row else None


def by_seq(connection: Reader, home: str, seq: int) -> Media | None:
    """Return the upload that an entry tells of."""
    row = connection.execute(
        select(media).where(media.c.home == home, media.c.seq == seq)
    ).first()
    return _media(row) if row else None


def known(connection: Reader, home: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that an upload has."""
    wanted = sorted(names)
    found: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        statement = select(media.c.id).where(media.c.home == home, media.c.id.in_(part))
        found.update(row.id for row in connection.execute(statement))
    return found


def summary(connection: Reader, home: str) -> tuple[set[str], int]:
    """Return the names of all files, and their bytes together."""
    statement = (
        select(media.c.id, func.max(media.c.size).label("size"))
        .where(media.c.home == home)
        .group_by(media.c.id)
    )
    sizes = {row.id: row.size for row in connection.execute(statement)}
    return set(sizes), sum(sizes.values())


def page(
    connection: Connection, home: str, query: MediaQuery
) -> tuple[list[Media], str | None]:
    """Return the uploads that a query asks for, and the cursor of the page behind."""
    statement = (
        select(media)
        .where(media.c.home == home, *_filters(query))
        .order_by(media.c.ts.desc(), media.c.seq.desc())
        .limit(query.limit + 1)
    )
    found = [_media(row) for row in connection.execute(statement)]
    shown = found[: query.limit]
    if len(found) == len(shown):
        return shown, None
    return shown, f"{shown[-1].ts!r}_{shown[-1].seq}"


def oldest(
    connection: Reader, home: str, before: float, excess: int, limit: int
) -> list[Media]:
    """Return uploads of before a time, and so many more that `excess` bytes are saved."""
    statement = (
        select(media)
        .where(media.c.home == home)
        .order_by(media.c.ts, media.c.seq)
        .limit(limit)
    )
    found: list[Media] = []
    for upload in map(_media, connection.execute(statement)):
        if upload.ts >= before and excess <= 0:
            break
        found.append(upload)
        excess -= upload.size
    return found


def remove(connection: Reader, home: str, seqs: Sequence[int]) -> None:
    """Remove uploads from the table."""
    connection.execute(delete(media).where(media.c.home == home, media.c.seq.in_(seqs)))


def named(connection: Reader, *conditions: Any) -> set[str]:
    """Return the files that the uploads of these conditions name."""
    statement = select(media.c.id).where(*conditions)
    return {row.id for row in connection.execute(statement)}


def _filters(query: MediaQuery) -> Iterator[Any]:
    table = media.c
    for column, wanted in (
        (table.device, query.device),
        (table.person, query.person),
        (table.kind, query.kind and query.kind.value),
    ):
        if wanted is not None:
            yield column == wanted
    if query.since is not None:
        yield table.ts >= query.since
    if query.until is not None:
        yield table.ts < query.until
    if query.cursor is not None:
        ts, _, seq = query.cursor.partition("_")
        yield tuple_(table.ts, table.seq) < (float(ts), int(seq))


def _media(row: Row[Any]) -> Media:
    fields = row._asdict()
    del fields["home"]
    return Media(**fields | {"kind": MediaKind(fields["kind"])})
