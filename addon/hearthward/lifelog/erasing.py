"""The rows of an erasure: entries go, their digests stay, and a table says which are gone."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from . import chain
from .schema import batches, entries, erased, idempotency, properties, states
from .store import KEYS_EXPIRED
from .transaction import Transaction


class Range(NamedTuple):
    """Entries that follow each other: the seqs of the first and of the last."""

    first: int
    last: int


class Folded(NamedTuple):
    """A batch, by its first seq, and the hash of its digests."""

    first: int
    digest: bytes


class Summary(NamedTuple):
    """What an erasure erased: how many entries, and a hash over their ranges."""

    entries: int
    digest: str


def ranges(seqs: Iterable[int]) -> Iterator[Range]:
    """Yield the ranges that ascending seqs form."""
    first = last = None
    for seq in seqs:
        if last is not None and seq == last + 1:
            last = seq
            continue
        if first is not None and last is not None:
            yield Range(first, last)
        first = last = seq
    if first is not None and last is not None:
        yield Range(first, last)


def summarize(found: Iterable[Range]) -> Summary:
    """Return the summary of ranges in ascending order.

    The digest is SHA-256 over the first and last seq of each, 8 bytes each, big-endian.
    """
    count, hashed = 0, sha256()
    for first, last in found:
        count += last - first + 1
        hashed.update(first.to_bytes(8) + last.to_bytes(8))
    return Summary(count, hashed.hexdigest())


def erased_by(connection: Connection, home: str, erasure: str) -> list[Range]:
    """Return what an erasure has erased so far, in order; reads through all that is gone."""
    rows = connection.execute(
        select(erased.c.first, erased.c.last)
        .where(erased.c.home == home, erased.c.erasure == erasure)
        .order_by(erased.c.first)
    )
    return [Range(*row) for row in rows]


def erase(transaction: Transaction, seqs: Sequence[int], erasure: str) -> None:
    """Delete entries, ascending, and note that they are gone."""
    home = transaction.home
    transaction.execute(
        delete(entries).where(entries.c.home == home, entries.c.seq.in_(seqs))
    )
    first, *others = ranges(seqs)
    if not _extend(transaction, first, erasure):
        others.insert(0, first)
    if others:
        transaction.execute(
            insert(erased),
            [
                {
                    "home": home,
                    "first": part.first,
                    "last": part.last,
                    "erasure": erasure,
                }
                for part in others
            ],
        )


def erase_states(transaction: Transaction, seqs: Sequence[int]) -> None:
    """Delete the current states that these entries told."""
    transaction.execute(
        delete(states).where(states.c.home == transaction.home, states.c.seq.in_(seqs))
    )


def erase_keys(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    """Delete idempotency keys, each with its device ("" for none)."""
    table = idempotency.c
    for device, key in keys:
        transaction.execute(
            delete(idempotency).where(
                table.home == transaction.home,
                table.device == device,
                table.key == key,
            )
        )


def expired_keys(
    connection: Connection, home: str, before: float
) -> tuple[float, list[tuple[str, str]]]:
    """Return the keys of what was received before a time, and how new the newest of it is.

    A clock that was wrong for a while may have called old batches newer than `before`.
    """
    table, keys = batches.c, idempotency.c
    last = connection.execute(
        select(func.max(table.last)).where(table.home == home, table.ts < before)
    ).scalar()
    newest = connection.execute(
        select(func.max(table.ts)).where(table.home == home, table.last <= (last or 0))
    ).scalar()
    rows = connection.execute(
        select(keys.device, keys.key).where(keys.home == home, keys.seq <= (last or 0)),
        execution_options={"yield_per": 10_000},
    )
    known = connection.execute(
        select(properties.c.value).where(
            properties.c.home == home, properties.c.name == KEYS_EXPIRED
        )
    ).scalar()
    return (
        max(before, newest or 0.0, float(known or 0.0)),
        [(device, key) for device, key in rows],
    )


def empty_batches(connection: Connection, home: str, last: int) -> list[Folded]:
    """Return the digests of batches up to `last` whose entries are all gone, as `fold` wants."""
    table = batches.c
    left = (
        select(entries.c.seq)
        .where(entries.c.home == home, entries.c.seq.between(table.first, table.last))
        .exists()
    )
    rows = connection.execute(
        select(table.first, table.digests).where(
            table.home == home,
            table.last <= last,
            func.length(table.digests) > chain.DIGEST_SIZE,
            ~left,
        ),
        execution_options={"yield_per": 1_000},
    )
    return [Folded(first, chain.fold(digests)) for first, digests in rows]


def fold(transaction: Transaction, folded: Sequence[Folded]) -> None:
    """Keep only the hash of the digests of batches whose entries are all gone.

    The chain is made of that hash, and 32 bytes for every entry that ever was would stay.
    """
    for first, digest in folded:
        transaction.execute(
            update(batches)
            .where(batches.c.home == transaction.home, batches.c.first == first)
            .values(digests=digest)
        )


def _extend(transaction: Transaction, part: Range, erasure: str) -> bool:
    """Join a range to the one that it goes on, if that is of the same erasure."""
    table, home = erased.c, transaction.home
    before = transaction.execute(
        select(table.first, table.last, table.erasure)
        .where(table.home == home, table.first < part.first)
        .order_by(table.first.desc())
        .limit(1)
    ).first()
    if before is None or before[1:] != (part.first - 1, erasure):
        return False
    transaction.execute(
        update(erased)
        .where(table.home == home, table.first == before[0])
        .values(last=part.last)
    )
    return True
