"""Prove that the lifelog was not altered: numbering, digests, chain, erasures, signatures."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
import msgspec
from sqlalchemy import Connection, Row as Record, Table, inspect, select

from hearthward.model.entry import EntryKind
from hearthward.model.proof import Verification

from .chain import DIGEST_SIZE, START, Row, digest, is_folded, link, message, split
from .forgetting.erasing import Range, Summary, Tally
from .schema import batches, checkpoints, entries, erased, erasures

type _Record = Record[Any]


class _BrokenError(Exception):
    """What is wrong, and where."""


class _Recorded(msgspec.Struct):
    """What the entry of an erasure says."""

    erasure: str
    entries: int
    ranges: str


def verify(
    connection: Connection, home: str, trusted: Collection[bytes] = ()
) -> Verification:
    """Check a home's whole lifelog, up to the first break; blocks for long.

    With `trusted` public keys, checkpoints of other keys are a break, and so is none at all.
    """
    walk = _Walk(connection, home)
    problem = None
    try:
        walk.check_chain()
        walk.check_erasures()
        walk.check_signers(frozenset(trusted))
    except _BrokenError as broken:
        problem = str(broken)
    return Verification(
        home=home,
        last=walk.last,
        entries=walk.entries,
        batches=walk.batches,
        erased=walk.erased,
        erasures=len(walk.recorded),
        unfinished=walk.unfinished,
        checkpoints=walk.signatures,
        keys=tuple(sorted(key.hex() for key in walk.signers)),
        problem=problem,
    )


class _Walk:
    """One way through the lifelog, and what was seen on it."""

    def __init__(self, connection: Connection, home: str) -> None:
        self.last = 0
        self.entries = 0
        self.batches = 0
        self.erased = 0
        self.unfinished = 0
        self.signatures = 0
        self.signers: set[bytes] = set()
        self.recorded: dict[str, Summary] = {}
        self._connection = connection
        self._home = home
        # Files of the first schema know no erasures and no checkpoints.
        self._tables = set(inspect(connection).get_table_names())
        self._gone = _Gone(self._rows(erased))

    def check_chain(self) -> None:
        """Check batch by batch: its hash, its entries, the checkpoint at its end."""
        rows = (Row(*record) for record in self._rows(entries))
        row = next(rows, None)
        witnesses = self._rows(checkpoints)
        witness = next(witnesses, None)
        previous = START
        for batch in self._rows(batches):
            self._check_link(batch, previous)
            found = []
            while row is not None and row.seq <= batch.last:
                found.append(row)
                row = next(rows, None)
            self._check_entries(batch, found)
            while witness is not None and witness.seq <= batch.last:
                self._check_signature(witness, batch)
                witness = next(witnesses, None)
            previous, self.last = batch.hash, batch.last
            self.batches += 1
        if row is not None:
            raise _BrokenError(f"the entry {row.seq} is not in the chain")
        if witness is not None:
            raise _BrokenError(
                f"the end is missing: the last entry is {self.last}, but a checkpoint was "
                f"signed at {witness.seq}"
            )

    def check_erasures(self) -> None:
        """Check that an entry tells of every erasure, and of nothing else."""
        pending = {row.id for row in self._rows(erasures)}
        for name, gone in self._gone.tallies().items():
            known = self.recorded.get(name)
            if known is None and name not in pending:
                raise _BrokenError(
                    f"no entry records why the entries {gone.first} to {gone.last} "
                    "are gone"
                )
            if known is not None and known != gone.summary:
                raise _BrokenError(
                    f"other entries between {gone.first} and {gone.last} are gone "
                    "than their erasure says"
                )
        self.unfinished = len(pending)

    def check_signers(self, trusted: frozenset[bytes]) -> None:
        """Check that only trusted keys signed, if any are named."""
        if not trusted:
            return
        if not self.signatures:
            raise _BrokenError("no checkpoint was signed")
        if strangers := self.signers - trusted:
            raise _BrokenError(
                f"a checkpoint was signed with the unknown key {min(strangers).hex()}"
            )

    def _check_link(self, batch: _Record, previous: bytes) -> None:
        first, last, digests = batch.first, batch.last, batch.digests
        if first != self.last + 1:
            raise _BrokenError(f"a batch begins at seq {first}, not at {self.last + 1}")
        count = last - first + 1
        if len(digests) != count * DIGEST_SIZE and not is_folded(first, last, digests):
            raise _BrokenError(
                f"the batch at seq {first} does not hold {count} digests"
            )
        if link(previous, first, last, digests) != batch.hash:
            raise _BrokenError(
                f"the chain breaks at the batch that begins at seq {first}"
            )

    def _check_entries(self, batch: _Record, found: list[Row]) -> None:
        where = f"between seq {batch.first} and {batch.last}"
        gone = self._gone.within(batch.first, batch.last)
        seqs = [row.seq for row in found]
        if seqs != [
            seq for seq in range(batch.first, batch.last + 1) if seq not in gone
        ]:
            if gone.intersection(seqs):
                raise _BrokenError(f"entries that were erased are there again {where}")
            raise _BrokenError(f"entries are missing {where}")
        if found and is_folded(batch.first, batch.last, batch.digests):
            raise _BrokenError(f"digests are missing {where}")
        stamps = batch.digests
        if gone and found:
            slots = split(batch.digests)
            stamps = b"".join(slots[seq - batch.first] for seq in seqs)
        if found and b"".join(map(digest, found)) != stamps:
            raise _BrokenError(f"an entry was altered {where}")
        self.entries += len(found)
        self.erased += len(gone)
        for row in found:
            if row.kind == EntryKind.ERASURE:
                self._note_erasure(row)

    def _note_erasure(self, row: Row) -> None:
        with suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(row.body or "", type=_Recorded)
            self.recorded[said.erasure] = Summary(said.entries, said.ranges)

    def _check_signature(self, witness: _Record, batch: _Record) -> None:
        if (witness.seq, witness.hash) != (batch.last, batch.hash):
            raise _BrokenError(
                f"the chain is not the one that was signed at seq {witness.seq}"
            )
        signed = message(self._home, witness.seq, witness.ts, witness.hash)
        try:
            key = Ed25519PublicKey.from_public_bytes(witness.key)
            key.verify(witness.signature, signed)
        except ValueError, InvalidSignature:
            raise _BrokenError(
                f"the signature of the checkpoint at seq {witness.seq} is wrong"
            ) from None
        self.signatures += 1
        self.signers.add(bytes(witness.key))

    def _rows(self, table: Table) -> Iterator[_Record]:
        """Yield the home's rows of a table in the order of its key."""
        if table.name not in self._tables:
            return iter(())
        return iter(
            self._connection.execute(
                select(table)
                .where(table.c.home == self._home)
                .order_by(*table.primary_key),
                execution_options={"yield_per": 1_000},
            )
        )


class _Gone:
    """What is gone, as the walk comes by; there may be as many ranges as entries."""

    def __init__(self, rows: Iterator[_Record]) -> None:
        self._rows = rows
        self._row = next(rows, None)
        self._tallies: dict[str, Tally] = defaultdict(Tally)

    def within(self, first: int, last: int) -> set[int]:
        """Return the erased seqs of a batch; batches come in their order."""
        seqs: set[int] = set()
        while self._row is not None and self._row.first <= last:
            seqs.update(
                range(max(first, self._row.first), min(last, self._row.last) + 1)
            )
            if self._row.last > last:
                break
            self._pass()
        return seqs

    def tallies(self) -> dict[str, Tally]:
        """Return what each erasure has erased."""
        while self._row is not None:
            self._pass()
        return self._tallies

    def _pass(self) -> None:
        assert self._row is not None
        self._tallies[self._row.erasure].add(Range(self._row.first, self._row.last))
        self._row = next(self._rows, None)
