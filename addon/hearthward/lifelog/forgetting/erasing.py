"""The rows of an erasure: entries go, their digests stay, and a table says which are gone."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from hearthward.lifelog import chain
from hearthward.lifelog.schema import (
    batches,
    entries,
    erased,
    idempotency,
    properties,
    states,
)
from hearthward.lifelog.store import KEYS_EXPIRED, Claim
from hearthward.lifelog.transaction import Transaction


class Range(NamedTuple):
    """Entries that follow each other: the seqs of the first and of the last."""

    first: int
    last: int


class Expiring(NamedTuple):
    """Keys of entries up to `last`, and when the newest of these was received."""

    last: int
    received: float


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


class Tally:
    """Sums ranges up, in ascending order.

    The digest is SHA-256 over the first and last seq of each, 8 bytes each, big-endian.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.first = self.last = self._entries = 0
        self._hash = sha256()

    def add(self, part: Range) -> None:
        """Take the next range."""
        self.first, self.last = self.first or part.first, part.last
        self._entries += part.last - part.first + 1
        self._hash.update(part.first.to_bytes(8) + part.last.to_bytes(8))

    @property
    def summary(self) -> Summary:
        """What it comes to."""
        return Summary(self._entries, self._hash.hexdigest())


def summarize(found: Iterable[Range]) -> Summary:
    """Return the summary of ranges in ascending order."""
    tally = Tally()
    for part in found:
        tally.add(part)
    return tally.summary


def erased_by(connection: Connection, home: str, erasure: str) -> Iterator[Range]:
    """Yield what an erasure has erased so far, in order; reads through all that is gone."""
    rows = connection.execute(
        select(erased.c.first, erased.c.last)
        .where(erased.c.home == home, erased.c.erasure == erasure)
        .order_by(erased.c.first),
        execution_options={"yield_per": 10_000},
    )
    return (Range(*row) for row in rows)


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


def erase_keys(transaction: Transaction, keys: Sequence[bytes]) -> None:
    """Delete idempotency keys."""
    transaction.execute(
        delete(idempotency).where(
            idempotency.c.home == transaction.home, idempotency.c.key.in_(keys)
        )
    )


def keys_after(
    connection: Connection, home: str, after: bytes, limit: int
) -> list[Claim]:
    """Return idempotency keys that follow one, in their order."""
    table = idempotency.c
    rows = connection.execute(
        select(table.key, table.seq)
        .where(table.home == home, table.key > after)
        .order_by(table.key)
        .limit(limit)
    )
    return [(key, seq) for key, seq in rows]


def expiring(connection: Connection, home: str, before: float) -> Expiring | None:
    """Return which keys are of what was received before a time; None if there are none.

    A clock that was wrong for a while may have called old batches newer than `before`.
    """
    table, keys = batches.c, idempotency.c
    last = connection.execute(
        select(func.max(table.last)).where(table.home == home, table.ts < before)
    ).scalar()
    old = select(keys.seq).where(keys.home == home, keys.seq <= (last or 0)).limit(1)
    if last is None or connection.execute(old).first() is None:
        return None
    newest = connection.execute(
        select(func.max(table.ts)).where(table.home == home, table.last <= last)
    ).scalar()
    known = connection.execute(
        select(properties.c.value).where(
            properties.c.home == home, properties.c.name == KEYS_EXPIRED
        )
    ).scalar()
    return Expiring(last, max(before, newest or 0.0, float(known or 0.0)))


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
