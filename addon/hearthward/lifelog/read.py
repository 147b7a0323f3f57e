"""Queries of the lifelog; each takes a reading connection and blocks."""

from collections.abc import Collection, Iterable, Iterator
import time
from typing import Any

import msgspec
from sqlalchemy import Connection, Row as Record, literal_column, select, tuple_

from hearthward.model.device import PointState
from hearthward.model.entry import Draft, Entry, EntryKind, EntryPage, EntryQuery, Order

from .chain import START, Plain, Row, digest, key_digest
from .schema import batches, cursors, entries, idempotency, states
from .store import StateRow
from .transaction import Position

_decode = msgspec.json.Decoder(dict[str, object]).decode


def position(connection: Connection, home: str) -> Position:
    """Return the end of a home's lifelog."""
    row = connection.execute(
        select(batches.c.last, batches.c.hash)
        .where(batches.c.home == home)
        .order_by(batches.c.first.desc())
        .limit(1)
    ).first()
    return Position(row.last, row.hash) if row else Position(0, START)


def after(
    connection: Connection, home: str, seq: int, last: int, limit: int
) -> list[Entry]:
    """Return up to `limit` entries after `seq` and not after `last`, in order."""
    rows = connection.execute(
        select(entries)
        .where(entries.c.home == home, entries.c.seq > seq, entries.c.seq <= last)
        .order_by(entries.c.seq)
        .limit(limit)
    )
    return list(_entries(rows))


def by_seqs(
    connection: Connection, home: str, seqs: Collection[int]
) -> dict[int, Entry]:
    """Return those of some entries that are there, by their seqs."""
    rows = connection.execute(
        select(entries).where(entries.c.home == home, entries.c.seq.in_(seqs))
    )
    return {entry.seq: entry for entry in _entries(rows)}


def by_key(connection: Connection, home: str, device: str, key: str) -> Entry | None:
    """Return the entry that an idempotency key stands for."""
    row = connection.execute(
        select(entries)
        .join(
            idempotency,
            (idempotency.c.home == entries.c.home)
            & (idempotency.c.seq == entries.c.seq),
        )
        .where(
            idempotency.c.home == home,
            idempotency.c.key == key_digest(device, key),
        )
    ).first()
    return _entry(row) if row else None


def cursor(connection: Connection, home: str, follower: str) -> int:
    """Return how far a follower is; 0 for one that has not begun."""
    found = connection.execute(
        select(cursors.c.seq).where(
            cursors.c.home == home, cursors.c.follower == follower
        )
    ).scalar()
    return found or 0


def current(connection: Connection, home: str) -> list[PointState]:
    """Return the state of every point."""
    rows = connection.execute(select(states).where(states.c.home == home))
    return [state(row) for row in rows]


def state(row: StateRow | Record[Any]) -> PointState:
    """Return the state that a row tells of."""
    return PointState(
        device=row.device,
        point=row.point,
        seq=row.seq,
        ts=row.ts,
        value=row.value,
        text=row.text,
        body=None if row.body is None else _decode(row.body),
    )


def page(connection: Connection, home: str, query: EntryQuery) -> EntryPage:
    """Return the entries that a history query asks for, by time and then by seq."""
    table = entries.c
    statement = select(entries).where(table.home == home, *_filters(query))
    newest = query.order is Order.DESC
    keys = (table.ts, table.seq)
    if query.cursor is not None:
        edge = _parse_cursor(query.cursor)
        statement = statement.where(
            tuple_(*keys) < edge if newest else tuple_(*keys) > edge
        )
    ordered = (key.desc() for key in keys) if newest else iter(keys)
    rows = connection.execute(
        statement.order_by(*ordered).limit(query.limit + 1)
    ).fetchall()
    found = tuple(_entries(rows[: query.limit]))
    more = len(rows) > query.limit
    return EntryPage(entries=found, next=_cursor(found[-1]) if more and found else None)


def _filters(query: EntryQuery) -> Iterator[Any]:
    table = entries.c
    if query.since is not None:
        yield table.ts >= query.since
    if query.until is not None:
        yield table.ts < query.until
    if query.after_seq is not None:
        yield table.seq > query.after_seq
    if query.device is not None:
        yield table.device == query.device
    if query.point is not None:
        yield table.point == query.point
    if query.kind is not None:
        yield table.kind == query.kind.value
        if query.kind is not EntryKind.STATE:
            # Said literally, or SQLite cannot know that its partial index applies.
            yield literal_column("kind") != literal_column("'state'")


def _cursor(entry: Entry) -> str:
    return f"{entry.ts!r}_{entry.seq}"


def _parse_cursor(text: str) -> tuple[float, int]:
    ts, _, seq = text.partition("_")
    return float(ts), int(seq)


def _entries(rows: Iterable[Record[Any]]) -> Iterator[Entry]:
    return (_entry(row) for row in rows)


def _entry(record: Record[Any]) -> Entry:
    row = Row(*record)
    body = None if row.body is None else _decode(row.body)
    return entry(row, digest(row), body)


def entry(row: Row, stamp: bytes, body: dict[str, object] | None) -> Entry:
    """Return what is read of a row; `stamp` is its digest."""
    return Entry(
        seq=row.seq,
        ts=row.ts,
        received=row.received,
        home=row.home,
        kind=EntryKind(row.kind),
        digest=stamp.hex(),
        device=row.device,
        point=row.point,
        value=row.value,
        text=row.text,
        body=body,
    )


def unstored(home: str, draft: Draft) -> Entry:
    """Return what a draft would be read as; its seq is 0, as it is not stored."""
    return Entry(
        seq=0,
        ts=draft.ts,
        received=time.time(),
        home=home,
        kind=draft.kind,
        digest="",
        device=draft.device,
        point=draft.point,
        value=draft.value,
        text=draft.text,
        body=draft.body,
    )


def appended(row: Plain, stamp: bytes, draft: Draft) -> Entry:
    """Return what a draft is read as, now that it is stored as a row."""
    return Entry(
        seq=row[1],
        ts=row[2],
        received=row[3],
        home=row[0],
        kind=draft.kind,
        digest=stamp.hex(),
        device=draft.device,
        point=draft.point,
        value=row[7],
        text=draft.text,
        body=draft.body,
    )
