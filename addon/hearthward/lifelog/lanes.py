"""What waits for the writer: four queues, the most urgent first."""

from asyncio import Future
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from hearthward.model.entry import Draft, Lane

from .transaction import Transaction


class Unit(NamedTuple):
    """Work for one transaction and the future that waits for its result.

    `isolated` work writes tables of its own; they are undone when it raises. `drafts` are what
    an append would store.
    """

    work: Callable[[Transaction], Any]
    future: Future[Any]
    lane: Lane
    isolated: bool = False
    drafts: Sequence[Draft] = ()


class Lanes:
    """Units in the order of their lanes and, within a lane, of the calls of `put`.

    One thread takes; any may put.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._units: tuple[deque[Unit], ...] = tuple(deque() for _ in Lane)
        # One signal for each unit, and one more for the end.
        self._signals: SimpleQueue[None] = SimpleQueue()

    def put(self, unit: Unit) -> None:
        """Add a unit; never blocks."""
        self._units[unit.lane].append(unit)
        self._signals.put(None)

    def put_back(self, unit: Unit) -> None:
        """Return a unit that was taken to the head of its lane."""
        self._units[unit.lane].appendleft(unit)
        self._signals.put(None)

    def close(self) -> None:
        """Say that nothing more will be put."""
        self._signals.put(None)

    def take(self) -> Unit | None:
        """Wait for a unit and return the most urgent; None when all is done and closed."""
        self._signals.get()
        return self._pop()

    def take_waiting(self, lowest: Lane = Lane.BULK) -> Unit | None:
        """Return the most urgent unit that waits in the lane `lowest` or one before it."""
        if not any(self._units[: lowest + 1]):
            return None
        try:
            self._signals.get_nowait()
        except Empty:  # It is being put at this very moment.
            return None
        return self._pop()

    def _pop(self) -> Unit | None:
        for units in self._units:
            if units:
                return units.popleft()
        return None
