"""What the lifelog asks of a database engine; one module per engine answers it."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from hearthward.model.entry import Draft

from .chain import Plain


class StateRow(NamedTuple):
    """A point's state as the table holds it."""

    home: str
    device: str
    point: str
    seq: int
    ts: float
    value: float | None
    text: str | None
    body: str | None
    received: float


class BatchRow(NamedTuple):
    """A commit as the table of the chain holds it."""

    home: str
    first: int
    last: int
    ts: float
    digests: bytes
    hash: bytes


# The property that holds how far keys have expired.
KEYS_EXPIRED = "keys_expired"


class Trouble(StrEnum):
    """What kind of trouble an engine's error tells of."""

    NO_ROOM = "no_room"
    DAMAGED = "damaged"
    PASSING = "passing"


type Claim = tuple[bytes, int]
"""An idempotency key, as `chain.key_digest` makes it, and the seq of the entry it stands for."""


class Batch(NamedTuple):
    """All rows that one commit writes."""

    entries: Sequence[Plain]
    states: Sequence[StateRow]
    link: BatchRow


class Store(Protocol):
    """A database engine: one writing connection, any number of reading ones.

    All methods block; the lifelog calls them from threads of its own.
    """

    def open(self) -> None:
        """Prepare the database and bring its schema up to date."""

    def begin(self) -> Connection:
        """Begin the writer's transaction and return its connection."""

    def commit(self) -> None:
        """Make the writer's transaction durable."""

    def rollback(self) -> None:
        """Drop the writer's transaction, if there is one."""

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo what happens inside when it raises, and go on."""

    def claim_keys(self, home: str, claims: Sequence[Claim]) -> bool:
        """Have keys stand for seqs; False, and nothing done, if one stands for another already."""

    def find_keys(self, home: str, wanted: Collection[bytes]) -> dict[bytes, int]:
        """Return the seqs of those keys that the writer's transaction knows."""

    def keys_expired(self, home: str) -> float:
        """Return the time before which keys may have expired; 0 if none has."""

    def find_same(self, home: str, draft: Draft) -> int | None:
        """Return the seq of an entry of the same time that says the same."""

    def insert(self, batch: Batch) -> None:
        """Write a batch's rows within the writer's transaction."""

    def execute_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement with one `VALUES (…)` for many rows within the writer's transaction."""

    def reader(
        self, seconds: float | None = None
    ) -> AbstractContextManager[Connection]:
        """Return a reading connection whose statements see one point in time.

        It fails after so many `seconds`, if there is a limit.
        """

    def purge(self) -> bool:
        """Leave nothing deleted behind in the journal; False if it could not be done yet."""

    def explain(self, error: Exception) -> str | None:
        """Say what to do about an engine's error; None if it is not the engine's."""

    def trouble(self, error: Exception) -> Trouble:
        """Say what kind of trouble an error is that `explain` knows."""

    def take_room(self) -> bool:
        """Keep room for bad times; False if there is none to spare."""

    def free_room(self) -> int:
        """Return how much room there is on the disk, bytes."""

    def release_room(self) -> None:
        """Give that room to what is written next."""

    def stand_in(self) -> Store:
        """Return a store, open, of what can still be read; what it is given is not kept."""

    def close(self) -> None:
        """Close all connections."""


type Parameters = dict[str, Any] | Sequence[dict[str, Any]] | None
