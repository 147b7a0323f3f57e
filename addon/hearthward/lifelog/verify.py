"""Prove that the lifelog was not altered: numbering, digests, chain."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection, select

from .chain import DIGEST_SIZE, START, Row, digest, link
from .schema import batches, entries


def first_break(connection: Connection, home: str) -> str | None:
    """Say what is wrong first; None if the whole lifelog is as it was written."""
    rows = _rows(connection, home)
    previous, end = START, 0
    for batch in connection.execute(
        select(batches).where(batches.c.home == home).order_by(batches.c.first)
    ):
        if batch.first != end + 1:
            return f"a batch begins at seq {batch.first}, not at {end + 1}"
        count = batch.last - batch.first + 1
        if len(batch.digests) != count * DIGEST_SIZE:
            return f"the batch at seq {batch.first} does not hold {count} digests"
        hashed = link(previous, batch.first, batch.last, batch.digests)
        if hashed != batch.hash:
            return f"the chain breaks at the batch that begins at seq {batch.first}"
        found = list(islice(rows, count))
        if [row.seq for row in found] != list(range(batch.first, batch.last + 1)):
            return f"entries are missing between seq {batch.first} and {batch.last}"
        stamps = b"".join(map(digest, found))
        if stamps != batch.digests:
            return f"an entry was altered between seq {batch.first} and {batch.last}"
        previous, end = batch.hash, batch.last
    beyond = next(rows, None)
    return f"the entry {beyond.seq} is not in the chain" if beyond else None


def _rows(connection: Connection, home: str) -> Iterator[Row]:
    records = connection.execute(
        select(entries).where(entries.c.home == home).order_by(entries.c.seq),
        execution_options={"yield_per": 1000},
    )
    return (Row(*record) for record in records)
