"""Forgetting: what is to be erased, and what the packages above must erase with it."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from .transaction import Transaction


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be forgotten; everything that is given must hold, None means any.

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


class Eraser:
    """What a package forgets of its own; override what applies, the rest does nothing.

    A killed erasure is done again from its beginning after the next start: each step must bear
    being repeated.
    """

    def count_media(self, connection: Connection, scope: Scope) -> int:
        """Return how many media `erase_scope` would erase; on a reading connection."""
        return 0

    def erase_entries(self, transaction: Transaction, seqs: Sequence[int]) -> None:
        """Erase what was derived from these entries, at most 1,000, in ascending order.

        It is called in the writer's thread within the transaction that deletes the entries,
        before they are deleted. It also serves the aging out of old entries.
        """

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Erase what does not hang on entries (rollups, dead letters, media).

        It is called in the writer's thread, in a transaction of its own, before the entries.
        Returns how many media were erased.
        """
        return 0

    def finish(self, transaction: Transaction) -> None:
        """Purge what deleting leaves behind, such as the segments of a full-text index.

        It is called once, in the writer's thread, after all else was committed and before the
        write-ahead log is emptied.
        """
