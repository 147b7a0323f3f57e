"""The chain as an export proves itself with: links in order, up to a signed checkpoint."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from hearthward.lifelog.chain import START, fold, is_folded, split
from hearthward.lifelog.schema import batches, checkpoints


class Link(NamedTuple):
    """A batch of the chain."""

    first: int
    last: int
    digests: bytes
    hash: bytes


class Checkpoint(NamedTuple):
    """A signed place of the chain; see lifelog/checkpoints.py."""

    seq: int
    ts: float
    hash: bytes
    key: bytes
    signature: bytes


def links(
    connection: Connection, home: str, after: int, entries: int, limit: int
) -> list[Link]:
    """Return the next batches after the seq `after`, of about so many entries together."""
    statement = (
        select(batches.c.first, batches.c.last, batches.c.digests, batches.c.hash)
        .where(batches.c.home == home, batches.c.first > after)
        .order_by(batches.c.first)
        .limit(limit)
    )
    found: list[Link] = []
    with connection.execute(statement) as rows:
        for row in rows:
            found.append(Link(*row))
            if row.last - found[0].first >= entries:
                break
    return found


def before(connection: Connection, home: str, seq: int) -> tuple[int, bytes]:
    """Return the last seq and the hash of the batch before the one that holds `seq`."""
    rows = connection.execute(
        select(batches.c.last, batches.c.hash)
        .where(batches.c.home == home, batches.c.first <= seq)
        .order_by(batches.c.first.desc())
        .limit(2)
    ).fetchall()
    return (rows[1].last, rows[1].hash) if len(rows) > 1 else (0, START)


def covering(connection: Connection, home: str, seq: int) -> Checkpoint | None:
    """Return the first checkpoint that covers `seq`, if there is one."""
    row = connection.execute(
        select(
            checkpoints.c.seq,
            checkpoints.c.ts,
            checkpoints.c.hash,
            checkpoints.c.key,
            checkpoints.c.signature,
        )
        .where(checkpoints.c.home == home, checkpoints.c.seq >= seq)
        .order_by(checkpoints.c.seq)
        .limit(1)
    ).first()
    return Checkpoint(*row) if row else None


def told(checkpoint: Checkpoint) -> dict[str, object]:
    """Return a checkpoint as the proof tells it."""
    return {
        "seq": checkpoint.seq,
        "ts": checkpoint.ts,
        "hash": checkpoint.hash.hex(),
        "key": checkpoint.key.hex(),
        "signature": checkpoint.signature.hex(),
    }


def line(link: Link, *, whole: bool) -> dict[str, object]:
    """Return a link as the proof tells it: with its digests, or with their sum alone."""
    told: dict[str, object] = {"first": link.first, "last": link.last}
    if whole:
        return told | {"digests": [part.hex() for part in split(link.digests)]}
    folded = is_folded(link.first, link.last, link.digests)
    return told | {"sum": (link.digests if folded else fold(link.digests)).hex()}


def holding(found: Iterable[Link], seqs: Iterable[int]) -> Iterator[tuple[Link, bool]]:
    """Return each link and whether it holds one of the seqs, which ascend."""
    ascending = iter(seqs)
    seq = next(ascending, None)
    for link in found:
        holds = False
        while seq is not None and seq <= link.last:
            holds = holds or seq >= link.first
            seq = next(ascending, None)
        yield link, holds
