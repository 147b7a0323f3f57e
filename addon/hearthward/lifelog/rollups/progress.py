"""How far the rollups are. It is stored with what it tells of, in the same transaction.

A step of the follower is written in several pieces, each of some series. In between, these are
further than the others.
"""

import msgspec
from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from hearthward.lifelog.schema import cursors, properties
from hearthward.lifelog.transaction import Transaction

FOLLOWER = "rollups"

_PROPERTY = "rollups"


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """What the property holds, as JSON."""

    upto: int = 0
    series: int = 0
    disturbed: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """All entries up to `seq` are rolled up; up to `upto`, those of series up to `series`.

    `disturbed` counts how often something else than the follower changed the rollups: what was
    read before that must not be written after it.
    """

    seq: int
    upto: int
    series: int
    disturbed: int

    @property
    def is_between(self) -> bool:
        """Whether a step has begun and not ended."""
        return self.upto > self.seq

    def of(self, number: int | None) -> int:
        """Return the seq up to which a series is rolled up; None for a point without one."""
        if number is None or number > self.series:
            return self.seq
        return max(self.seq, self.upto)


def read(connection: Connection | Transaction, home: str) -> Progress:
    """Return how far the rollups are."""
    row = connection.execute(_READ, {"home": home}).one()
    stored = msgspec.json.decode(row[1], type=_Stored) if row[1] else _Stored()
    return Progress(
        seq=row[0] or 0,
        upto=stored.upto,
        series=stored.series,
        disturbed=stored.disturbed,
    )


def store(transaction: Transaction, progress: Progress) -> None:
    """Write how far the rollups are."""
    stored = _Stored(progress.upto, progress.series, progress.disturbed)
    value = msgspec.json.encode(stored).decode()
    row = {"home": transaction.home, "name": _PROPERTY, "value": value}
    transaction.put(properties, row)
    if not progress.is_between:
        transaction.move_cursor(FOLLOWER, progress.seq)


def disturb(transaction: Transaction) -> None:
    """Note that rollups are changed; call it in the transaction that does so."""
    found = read(transaction, transaction.home)
    store(transaction, msgspec.structs.replace(found, disturbed=found.disturbed + 1))


def _read() -> Select[tuple[int | None, str | None]]:
    home: BindParameter[str] = bindparam("home")
    return select(
        select(cursors.c.seq)
        .where(cursors.c.home == home, cursors.c.follower == FOLLOWER)
        .scalar_subquery(),
        select(properties.c.value)
        .where(properties.c.home == home, properties.c.name == _PROPERTY)
        .scalar_subquery(),
    )


_READ = _read()
