"""The one thread that writes: it commits whatever waits, as one batch.

There is no timer: while a batch is being synced the next one gathers, so a lone append costs
one sync and a crowd shares it.
"""

from collections.abc import Callable, Iterator, Sequence
import logging
import threading
from typing import Any, NamedTuple

from hearthward.model.entry import Lane

from .chain import link
from .errors import LifelogUnavailableError
from .lanes import Lanes, Unit
from .standing import Standing
from .store import Batch, BatchRow, Store
from .transaction import Position, Transaction

_LOGGER = logging.getLogger(__name__)

# A commit takes no more units when it holds this much: an alarm waits for it.
_COMMIT_UNITS = 2_000
_COMMIT_ENTRIES = 1_000


class Outcome(NamedTuple):
    """What became of a unit."""

    unit: Unit
    result: Any = None
    error: Exception | None = None


type Deliver = Callable[[Transaction | None, Sequence[Outcome], str | None], None]


class Writer:
    """Run units of work in the order of their lanes, many to a commit.

    `locate` reads the end of the lifelog; `deliver` is called in the writer's thread after
    each commit with its transaction, or with None when nothing was stored, with what became of
    its units and with what keeps the lifelog from being written.
    """

    def __init__(
        self,
        store: Store,
        home: str,
        locate: Callable[[], Position],
        deliver: Deliver,
        damage: str | None = None,
    ) -> None:
        """Start the thread; `damage` is what was found when the store was opened."""
        self._standing = Standing(store, damage)
        self._store = store
        self._home = home
        self._locate = locate
        self._deliver = deliver
        self._position: Position | None = None
        self._lanes = Lanes()
        self._thread = threading.Thread(target=self._run, name="lifelog-writer")
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Queue a unit; units of a lane are committed in the order of this call."""
        self._lanes.put(unit)

    def stop(self) -> None:
        """Commit what is queued, then end the thread; blocks until then."""
        self._lanes.close()
        self._thread.join()

    def seal(self) -> None:
        """Take nothing more if there is damage."""
        self._standing.seal()

    def _run(self) -> None:
        while (unit := self._lanes.take()) is not None:
            if refusal := self._standing.refusal(unit.lane):
                self._refuse([unit], LifelogUnavailableError(refusal))
            else:
                self._commit(unit)

    def _commit(self, unit: Unit | None) -> None:
        """Commit a unit and those behind it; without one, only what is news of the store."""
        taken: list[Unit] = []
        try:
            transaction, outcomes = self._attempt(unit, taken)
        except Exception as error:  # noqa: BLE001 - every producer must hear of it
            self._fail(taken or ([unit] if unit else []), error)
        else:
            self._standing.succeeded()
            self._deliver(transaction, outcomes, self._standing.failure)

    def _attempt(
        self, unit: Unit | None, taken: list[Unit]
    ) -> tuple[Transaction, list[Outcome]]:
        position = self._position or self._locate()
        transaction = Transaction(
            self._store, self._store.begin(), self._home, position
        )
        transaction.append(self._standing.news)
        outcomes = [
            self._perform(transaction, unit)
            for unit in self._gather(unit, taken, transaction)
        ]
        self._position = self._write(transaction, position)
        return transaction, outcomes

    def _fail(self, units: Sequence[Unit], error: Exception) -> None:
        """Answer the producers; alarms are tried once more when that gave them room."""
        failure = self._abandon(error)
        roomy = self._standing.failed(self._store.trouble(error), str(failure))
        urgent = [unit for unit in units if roomy and unit.lane is Lane.ALARM]
        for unit in reversed(urgent):
            self._lanes.put_back(unit)
        self._refuse([unit for unit in units if unit not in urgent], failure)
        if roomy:
            self._commit(None)

    def _refuse(self, units: Sequence[Unit], failure: LifelogUnavailableError) -> None:
        outcomes = [Outcome(unit, error=failure) for unit in units]
        self._deliver(None, outcomes, self._standing.failure)

    def _gather(
        self, unit: Unit | None, taken: list[Unit], transaction: Transaction
    ) -> Iterator[Unit]:
        """Yield the units of a commit, and note them; after an alarm only alarms."""
        lowest = Lane.BULK
        while unit is not None:
            taken.append(unit)
            yield unit
            if len(taken) >= _COMMIT_UNITS or len(transaction.rows) >= _COMMIT_ENTRIES:
                return
            if unit.lane is Lane.ALARM:
                lowest = Lane.ALARM
            unit = self._lanes.take_waiting(lowest)

    def _perform(self, transaction: Transaction, unit: Unit) -> Outcome:
        """Run one unit; its error is its own unless the engine failed."""
        mark = transaction.mark()
        try:
            if not unit.isolated:
                return Outcome(unit, unit.work(transaction))
            with self._store.savepoint():
                return Outcome(unit, unit.work(transaction))
        except Exception as error:
            if self._store.explain(error):
                raise
            transaction.undo(mark)
            return Outcome(unit, error=error)

    def _write(self, transaction: Transaction, position: Position) -> Position:
        """Write what was staged, commit, and return the new end."""
        if transaction.rows:
            first = position.seq + 1
            last = position.seq + len(transaction.rows)
            digests = b"".join(transaction.digests)
            position = Position(last, link(position.hash, first, last, digests))
            chained = BatchRow(
                self._home, first, last, transaction.now, digests, position.hash
            )
            self._store.insert(
                Batch(
                    transaction.rows,
                    transaction.states,
                    chained,
                )
            )
        self._store.commit()
        return position

    def _abandon(self, error: Exception) -> LifelogUnavailableError:
        """Roll back; whether the commit reached the disk is read anew next time."""
        self._position = None
        try:
            self._store.rollback()
        except Exception:
            _LOGGER.exception("The failed transaction cannot be rolled back")
        advice = self._store.explain(error)
        if advice is None:
            _LOGGER.error("The lifelog's writer failed", exc_info=error)
            advice = f"The lifelog cannot be written: {error}"
        failure = LifelogUnavailableError(advice)
        failure.__cause__ = error
        return failure
