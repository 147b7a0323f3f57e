"""Forgetting, as the packages above see it: what is meant, and what they erase of their own."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_

from hearthward.lifelog.schema import entries
from hearthward.lifelog.transaction import Transaction
from hearthward.model.entry import EntryKind

# They prove what was done.
KEPT = (EntryKind.AUDIT, EntryKind.ERASURE)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be forgotten; None means any.

    `devices` are the device asked for, or all that the person owns. For a person, entries whose
    `body.person` is the person are meant too. `since` is inclusive and `until` exclusive
    (seconds since the epoch, UTC).
    """

    home: str
    person: str | None = None
    devices: tuple[str, ...] | None = None
    point: str | None = None
    since: float | None = None
    until: float | None = None

    def where(
        self,
        *,
        device: ColumnElement[Any],
        ts: ColumnElement[Any] | None = None,
        point: ColumnElement[Any] | None = None,
        person: ColumnElement[Any] | None = None,
    ) -> list[ColumnElement[bool]]:
        """Return the conditions on a table's columns; what has no column is any."""
        wanted: list[ColumnElement[bool]] = []
        subjects: list[ColumnElement[bool]] = []
        if self.devices is not None:
            subjects.append(device.in_(self.devices))
        if self.person is not None and person is not None:
            subjects.append(person == self.person)
        if subjects:
            wanted.append(or_(*subjects))
        if self.point is not None and point is not None:
            wanted.append(point == self.point)
        if self.since is not None and ts is not None:
            wanted.append(ts >= self.since)
        if self.until is not None and ts is not None:
            wanted.append(ts < self.until)
        return wanted


class Eraser:
    """What a package forgets of its own; override what applies, the rest does nothing.

    A killed erasure is done again from its beginning after the next start: each step must bear
    being repeated.
    """

    def count_media(self, connection: Connection, scope: Scope) -> int:
        """Return how many media `erase_scope` would erase; on a reading connection."""
        return 0

    def erase_beside(self, seqs: Sequence[int]) -> None:
        """Erase what other files than the lifelog hold of these entries.

        It is called in a thread of its own, before the transaction that deletes the entries: the
        writer does not wait for other files. It also serves the aging out of old entries.
        """

    def erase_entries(self, transaction: Transaction, seqs: Sequence[int]) -> None:
        """Erase what was derived from these entries, at most some hundreds, ascending.

        It is called in the writer's thread within the transaction that deletes the entries,
        before they are deleted. It also serves the aging out of old entries.
        """

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Erase what does not hang on entries (rollups, dead letters, media).

        It is called in the writer's thread, in a transaction of its own, before the entries.
        Returns how many media were erased.
        """
        return 0

    def finish(self, transaction: Transaction) -> bool | None:
        """Purge what deleting leaves behind, such as the segments of a full-text index.

        It is called in the writer's thread, when no entry that was meant is left and before the
        write-ahead log is emptied; once more, in another transaction, as long as it returns True:
        so no step needs to hold up an alarm for long.
        """


def meant(scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the entries that a scope means."""
    table = entries.c
    person = func.json_extract(table.body, "$.person")
    wanted = scope.where(
        device=table.device, ts=table.ts, point=table.point, person=person
    )
    return and_(table.home == scope.home, table.kind.not_in(KEPT), *wanted)
