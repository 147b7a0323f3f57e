"""Which of some drafts the lifelog holds already, or held before they were forgotten."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from hearthward.lifelog.chain import DIGEST_SIZE, is_folded
from hearthward.lifelog.schema import batches, entries
from hearthward.model.entry import Draft


class Candidate(NamedTuple):
    """A draft; one of an export brings the seq and the digest that it had."""

    draft: Draft
    seq: int | None = None
    digest: str | None = None


type Identity = tuple[float, str, str | None, str | None, float | None, str | None]


def known(
    home: str, candidates: Sequence[Candidate], connection: Connection
) -> set[int]:
    """Return the indices of those that are there, or come twice.

    An entry of this very lifelog is told by its digest, which stays when it is forgotten: an old
    export does not bring it back. Else the same reading of the same point at the same time is
    the same entry. When all of a batch is gone its digests are, too: its entries are taken for
    known by their seq, if the export is one of this lifelog.
    """
    seen = set(_stored(connection, home, {each.draft.ts for each in candidates}))
    own = dict(_own(connection, home, candidates))
    is_own = any(
        each.digest and own.get(each.seq) == each.digest for each in candidates
    )
    found: set[int] = set()
    for index, candidate in enumerate(candidates):
        identity = _identity(candidate.draft)
        held = own.get(candidate.seq, "")
        if identity in seen or held == candidate.digest or (is_own and held is None):
            found.add(index)
        seen.add(identity)
    return found


def _identity(draft: Draft) -> Identity:
    return (
        draft.ts,
        draft.kind.value,
        draft.device,
        draft.point,
        draft.value,
        draft.text,
    )


def _stored(connection: Connection, home: str, times: set[float]) -> Iterator[Identity]:
    table = entries.c
    statement = select(
        table.ts, table.kind, table.device, table.point, table.value, table.text
    ).where(table.home == home, table.ts.in_(times))
    for row in connection.execute(statement):
        yield row.ts, row.kind, row.device, row.point, row.value, row.text


def _own(
    connection: Connection, home: str, candidates: Sequence[Candidate]
) -> Iterator[tuple[int | None, str | None]]:
    """Yield the candidates' seqs that the chain holds, and the digests; None if all is gone."""
    batch: Any = None
    for seq in sorted({each.seq for each in candidates if each.seq is not None}):
        if batch is None or seq > batch.last:
            batch = connection.execute(
                select(batches.c.first, batches.c.last, batches.c.digests)
                .where(batches.c.home == home, batches.c.first <= seq)
                .order_by(batches.c.first.desc())
                .limit(1)
            ).first()
        if batch is None or seq > batch.last:
            return
        if is_folded(*batch):
            yield seq, None
            continue
        start = (seq - batch.first) * DIGEST_SIZE
        yield seq, batch.digests[start : start + DIGEST_SIZE].hex()
