"""What a unit of work may do inside the writer's transaction."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import inf, isfinite
import os
import time
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Table,
    and_,
    insert,
    select,
    update,
)

from hearthward.model.entry import Draft

from .chain import SALT_SIZE, Plain, Row, key_digest, seal
from .schema import cursors
from .store import Claim, Parameters, StateRow, Store

# How far a device's clock may be ahead of ours.
_CLOCK_SECONDS = 300.0

_encode = msgspec.json.Encoder().encode


class Position(NamedTuple):
    """The end of the lifelog: its last seq and the hash of its last batch."""

    seq: int
    hash: bytes


class Appended(NamedTuple):
    """What became of drafts: the seq of each, and the positions of those not appended.

    `known` are drafts with a key that an earlier one had, and drafts joined to such; their seqs
    are those of the first.
    """

    seqs: list[int]
    known: list[int]


class Transaction:
    """The entries that one commit will number, and the connection for the rest.

    Entries are staged in memory and written when all units of the commit are done.
    """

    def __init__(
        self, store: Store, connection: Connection, home: str, position: Position
    ) -> None:
        """Start behind the end of what is committed."""
        self.home = home
        self.position = position
        self.now = time.time()
        self._connection = connection
        self._store = store
        self._last = position.seq
        # Plain tuples, in the order of `Row`: the driver takes them twice as fast.
        self.rows: list[Plain] = []
        self.digests: list[bytes] = []
        self.drafts: list[Draft] = []
        # In the order of their seqs.
        self.keys: dict[bytes, int] = {}

    def append(self, drafts: Sequence[Draft]) -> list[int]:
        """Stage entries and return their seqs; a known key returns its first seq."""
        return self.append_new(drafts).seqs

    def append_new(self, drafts: Sequence[Draft]) -> Appended:
        """Stage entries; tell which were known already."""
        mark = self.mark()
        named = [draft.ts for draft in drafts if draft.key is not None]
        if not named or min(named) >= self._keys_expired:
            # Nearly always no key is known, which claiming them shows at half the cost.
            appended = self._stage(drafts, {})
            if self._claim(mark):
                return appended
            self.undo(mark)
        appended = self._stage(drafts, self._stored(drafts))
        self._claim(mark)
        return appended

    def _stage(self, drafts: Sequence[Draft], stored: Mapping[bytes, int]) -> Appended:
        """Stage drafts whose keys are neither staged nor `stored`."""
        seqs: list[int] = []
        known: list[int] = []
        salts = os.urandom(SALT_SIZE * len(drafts))
        dropped: int | None = None
        for index, draft in enumerate(drafts):
            key = None
            if not draft.joined:
                dropped = None
                if draft.key is not None:
                    key = key_digest(draft.device, draft.key)
                    dropped = self._first(draft, key, stored)
            if dropped is None:
                start = SALT_SIZE * index
                seqs.append(self._append(draft, key, salts[start : start + SALT_SIZE]))
            else:
                seqs.append(dropped)
                known.append(index)
        return Appended(seqs, known)

    def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[tuple[object, ...]]:
        """Run a statement of the caller's own tables."""
        return self._connection.execute(statement, parameters)

    def execute_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement with one `VALUES (…)` of the engine's own SQL for many rows."""
        self._store.execute_many(statement, rows)

    def put(self, table: Table, row: Mapping[str, object]) -> None:
        """Insert a row, or replace the one with the same primary key."""
        keys = [column.name for column in table.primary_key]
        same = and_(*(table.c[name] == row[name] for name in keys))
        rest = {name: value for name, value in row.items() if name not in keys}
        if rest and self.execute(update(table).where(same).values(rest)).rowcount:
            return
        if rest or self.execute(select(table).where(same)).first() is None:
            self.execute(insert(table).values(**row))

    def move_cursor(self, follower: str, seq: int) -> None:
        """Remember that a follower has done with every entry up to `seq`."""
        self.put(cursors, {"home": self.home, "follower": follower, "seq": seq})

    def mark(self) -> int:
        """Return a mark to which `undo` can go back."""
        return len(self.rows)

    def undo(self, mark: int) -> None:
        """Drop what was staged since `mark`."""
        first = self._last + mark
        self.keys = {key: seq for key, seq in self.keys.items() if seq <= first}
        del self.rows[mark:], self.digests[mark:], self.drafts[mark:]

    @cached_property
    def states(self) -> list[StateRow]:
        """The newest staged state of each point; to be asked for when all is staged."""
        newest: dict[tuple[str, str], Plain] = {}
        for row in self.rows:
            _, _, ts, received, kind, device, point, *_ = row
            if kind != "state" or device is None or point is None:
                continue
            known = newest.get((device, point))
            if known is None or is_newer(ts, known[2], received):
                newest[device, point] = row
        return [_state(Row(*row)) for row in newest.values()]

    @cached_property
    def _keys_expired(self) -> float:
        """How old a draft is for which not finding its key proves nothing."""
        expired = self._store.keys_expired(self.home)
        return expired + _CLOCK_SECONDS if expired else -inf

    def _stored(self, drafts: Sequence[Draft]) -> dict[bytes, int]:
        """Return the seqs of the keys that are in the store already."""
        wanted = {
            key_digest(draft.device, draft.key)
            for draft in drafts
            if draft.key is not None and not draft.joined
        }
        return self._store.find_keys(self.home, wanted) if wanted else {}

    def _claim(self, mark: int) -> bool:
        """Claim the keys staged since `mark`; False if one is in the store already."""
        first = self._last + mark
        claims: list[Claim] = []
        for claim in reversed(self.keys.items()):
            if claim[1] <= first:
                break
            claims.append(claim)
        return not claims or self._store.claim_keys(self.home, claims)

    def _first(
        self, draft: Draft, key: bytes, stored: Mapping[bytes, int]
    ) -> int | None:
        """Return the seq of the entry that has the draft's key already."""
        known = self.keys.get(key) or stored.get(key)
        if known is None and draft.ts < self._keys_expired:
            return self._store.find_same(self.home, draft)
        return known

    def _append(self, draft: Draft, key: bytes | None, salt: bytes) -> int:
        if not isfinite(draft.ts):
            raise ValueError("An entry needs the time at which it happened")
        seq = self._last + len(self.rows) + 1
        value = draft.value
        # A zero is added as SQLite knows no -0.0; what is no number (NaN) means nothing.
        fields = (
            self.home,
            seq,
            draft.ts + 0.0,
            self.now,
            draft.kind.value,
            draft.device,
            draft.point,
            None if value is None or not isfinite(value) else value + 0.0,
            draft.text,
            None if draft.body is None else _encode(draft.body).decode(),
        )
        # Encoding fails on text that no database takes, before anything is staged.
        self.digests.append(seal(fields, salt))
        self.rows.append((*fields, salt))
        self.drafts.append(draft)
        if key is not None:
            self.keys[key] = seq
        return seq


def _state(row: Row) -> StateRow:
    return StateRow(
        row.home,
        row.device or "",
        row.point or "",
        row.seq,
        row.ts,
        row.value,
        row.text,
        row.body,
        row.received,
    )


def is_newer(ts: float, known: float, received: float) -> bool:
    """Say whether a state of `ts` replaces one of `known`.

    Late data does not; but a state from the future, which a wrong clock left behind, gives way.
    """
    return ts >= known or known > received
