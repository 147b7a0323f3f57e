"""The lifelog as the event loop sees it: append, follow, read."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
import logging
from typing import Concatenate, Self

import msgspec
from sqlalchemy import Connection

from hearthward.model.device import PointState
from hearthward.model.entry import Draft, Entry, EntryPage, EntryQuery, Lane
from hearthward.model.proof import Verification

from . import read
from .errors import LifelogUnavailableError
from .forgetting.scope import Eraser
from .lanes import Unit
from .store import Store, Trouble
from .transaction import Appended, Position, Transaction, is_newer
from .verify import verify
from .writer import Outcome, Writer

_LOGGER = logging.getLogger(__name__)

# So many alarms that cannot be stored are remembered, so as to be told once.
_TOLD = 10_000

# How often a lifelog that cannot be written is tried without being asked.
_LOOK_SECONDS = 5.0

# It is opened anew when there is so much more room than when that failed, bytes.
_MORE_ROOM = 8 * 1024 * 1024

# Followers that are this far behind read from the disk.
_RECENT_ENTRIES = 5_000
_READ_ENTRIES = 1_000
_READ_THREADS = 3

# Whoever asks for too much must not keep the reading threads from everybody else.
_HISTORY_SECONDS = 10.0


class Batch(msgspec.Struct, frozen=True, eq=False):
    """Entries that were committed together; `eq` is identity, so a batch can be a key."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> int:
        """The seq of the first entry."""
        return self.entries[0].seq

    @property
    def last(self) -> int:
        """The seq of the last entry."""
        return self.entries[-1].seq


class Lifelog:
    """The lifelog of one home; use it as a context manager.

    Everything visible here (`last`, `state`, projections, followers) moves on in one step
    after a commit, so what is read together without an await belongs together.
    """

    def __init__(self, store: Store, home: str) -> None:
        """Name the store and the home; entering opens them."""
        self.home = home
        self.last = 0
        self.failure: str | None = None
        self.backlog = 0
        self.roomy = asyncio.Event()
        """Set when there is room for a lifelog that had none to be opened: open it anew."""
        self.erasers: list[Eraser] = []
        self._store = store
        self._states: dict[tuple[str, str], PointState] = {}
        self._projections: list[Callable[[Batch], None]] = []
        self._told: set[tuple[object, ...]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._unstored: list[Callable[[tuple[Entry, ...]], None]] = []
        self._recent: dict[int, Batch] = {}
        self._recent_entries = 0
        self._changed = asyncio.Event()
        self._closing = False
        self._closed = False

    async def __aenter__(self) -> Self:
        """Open the store, upgrade its schema and load the current state."""
        self._loop = asyncio.get_running_loop()
        self._readers = ThreadPoolExecutor(_READ_THREADS, "lifelog-reader")
        try:
            await self._open()
        except LifelogUnavailableError as error:
            trouble = self._trouble(error)
            if trouble is Trouble.PASSING:
                self._give_up()
                raise
            self.failure = str(error)
            _LOGGER.critical("The hub reads what it can and stores nothing: %s", error)
            self._store.close()
            store = await self._in_reader(self._store.stand_in)
            if trouble is Trouble.NO_ROOM:
                self._looking = self._loop.create_task(self._await_room(self._store))
            self._store = store
            await self._load()
        except BaseException:
            self._give_up()
            raise
        self._writer = Writer(
            self._store, self.home, self._locate, self._deliver, self.failure
        )
        return self

    def _trouble(self, error: LifelogUnavailableError) -> Trouble:
        cause = error.__cause__
        assert isinstance(cause, Exception)
        return self._store.trouble(cause)

    def _give_up(self) -> None:
        self._readers.shutdown()
        self._store.close()

    async def _open(self) -> None:
        try:
            await self._in_reader(self._store.open)
        except LifelogUnavailableError as error:
            if self._trouble(error) is not Trouble.NO_ROOM:
                raise
            self._store.release_room()
            await self._in_reader(self._store.open)
        await self._load()

    async def _load(self) -> None:
        self.last = (await self._read(read.position)).seq
        for state in await self._read(read.current):
            self._states[state.device, state.point] = state

    async def _in_reader[T](self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._readers, self._guarded, work)

    def seal(self) -> None:
        """Take nothing more if the store is damaged; it did take what the start needed."""
        self._writer.seal()

    async def __aexit__(self, *error: object) -> None:
        """Commit what is queued, end the followers and close the store."""
        self._closing = True
        if self._looking:
            self._looking.cancel()
        await self._loop.run_in_executor(None, self._writer.stop)
        # The writer's last deliveries are already queued in the loop; let them happen.
        await asyncio.sleep(0)
        self._closed = True
        self._changed.set()
        self._readers.shutdown()
        self._store.close()

    def append(
        self, drafts: Sequence[Draft], lane: Lane = Lane.CONTROL
    ) -> asyncio.Future[list[int]]:
        """Queue entries; the result is their seqs, once they are durable.

        Within a lane, the order of calls is the order in the lifelog. A draft with a known key
        gives the first one's seq.

        Raises:
            LifelogUnavailableError: Nothing was stored; the message says what to do.

        """
        return self._submit(
            lambda transaction: transaction.append(drafts), lane, drafts=drafts
        )

    def append_new(
        self, drafts: Sequence[Draft], lane: Lane = Lane.CONTROL
    ) -> asyncio.Future[Appended]:
        """Queue entries as `append` does; the result also tells which were known already."""
        return self._submit(
            lambda transaction: transaction.append_new(drafts), lane, drafts=drafts
        )

    def transact[T](
        self, work: Callable[[Transaction], T], lane: Lane = Lane.CONTROL
    ) -> asyncio.Future[T]:
        """Queue work on own tables, entries and cursors that commit together or not at all.

        `work` runs in the writer's thread; what it raises reaches the caller.
        """
        return self._submit(work, lane, isolated=True)

    def on_unstored(self, listener: Callable[[tuple[Entry, ...]], None]) -> None:
        """Call `listener` in the loop with alarms that could not be stored; their seq is 0.

        Whoever appended them hears of it too and keeps trying.
        """
        self._unstored.append(listener)

    async def probe(self) -> None:
        """Write next to nothing, to learn whether `failure` still holds."""
        with suppress(LifelogUnavailableError):
            await self.transact(
                lambda unit: unit.move_cursor("probe", self.last), Lane.BULK
            )

    async def follow(self, after: int) -> AsyncGenerator[Batch]:
        """Yield what is committed after the seq `after`, in order and without a gap."""
        while batch := await self.next(after):
            yield batch
            after = batch.last

    async def next(self, after: int) -> Batch | None:
        """Wait for what is committed after the seq `after`; None when the lifelog closes.

        A batch is as long as its commit was, or shorter when it is read from the disk.
        """
        while True:
            while after >= self.last:
                if self._closed:
                    return None
                await self._changed.wait()
            if batch := self._recent.get(after + 1):
                return batch
            last = self.last
            if entries := await self.read(after, _READ_ENTRIES):
                return Batch(tuple(entries))
            # All of them are erased.
            after = last

    def project(self, projection: Callable[[Batch], None]) -> None:
        """Call `projection` in the loop with every batch, before anyone else sees it."""
        self._projections.append(projection)

    def state(self, device: str, point: str) -> PointState | None:
        """Return the last known state of a point."""
        return self._states.get((device, point))

    def states(self) -> tuple[PointState, ...]:
        """Return the last known state of every point, as of the entry `last`."""
        return tuple(self._states.values())

    async def cursor(self, follower: str) -> int:
        """Return how far a follower is; 0 for one that has not begun."""
        return await self._read(read.cursor, follower)

    async def read(self, after: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries after the seq `after`, in order."""
        return await self._read(read.after, after, self.last, limit)

    async def find(self, device: str | None, key: str) -> Entry | None:
        """Return the entry that an idempotency key stands for."""
        return await self._read(read.by_key, device or "", key)

    async def history(self, query: EntryQuery) -> EntryPage:
        """Return the entries that a query asks for, a page at a time.

        Raises:
            LifelogUnavailableError: It takes too long; the message says what to ask instead.

        """
        return await self._loop.run_in_executor(
            self._readers,
            self._query,
            lambda connection: read.page(connection, self.home, query),
            _HISTORY_SECONDS,
        )

    async def verify(self, trusted: Collection[bytes] = ()) -> Verification:
        """Check the whole lifelog; with `trusted` public keys, only their signatures count."""
        return await self._read(verify, trusted)

    def drop(self, seqs: Collection[int], *, states: bool) -> None:
        """Take erased entries, and the states they told, out of what is kept in memory."""
        gone = frozenset(seqs)
        for batch in tuple(self._recent.values()):
            if any(entry.seq in gone for entry in batch.entries):
                self._recent_entries -= len(batch.entries)
                del self._recent[batch.first]
        if states:
            self._states = {
                key: state
                for key, state in self._states.items()
                if state.seq not in gone
            }

    async def purge(self) -> bool:
        """Leave nothing deleted in the journal; False if readers hold it for too long."""
        return await self._loop.run_in_executor(None, self._guarded, self._store.purge)

    async def load[T](self, query: Callable[[Connection], T]) -> T:
        """Run a query of the caller's own tables in a reader's thread."""
        return await self._loop.run_in_executor(self._readers, self._query, query)

    def _submit[T](
        self,
        work: Callable[[Transaction], T],
        lane: Lane,
        *,
        isolated: bool = False,
        drafts: Sequence[Draft] = (),
    ) -> asyncio.Future[T]:
        if self._closing:
            raise LifelogUnavailableError("The hub stops: try again when it runs")
        future: asyncio.Future[T] = self._loop.create_future()
        self.backlog += len(drafts) or 1
        self._writer.submit(Unit(work, future, lane, isolated, drafts))
        return future

    async def _read[**P, T](
        self,
        query: Callable[Concatenate[Connection, str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self.load(
            lambda connection: query(connection, self.home, *args, **kwargs)
        )

    def _query[T](
        self, query: Callable[[Connection], T], seconds: float | None = None
    ) -> T:
        def work() -> T:
            with self._store.reader(seconds) as connection:
                return query(connection)

        return self._guarded(work)

    def _guarded[T](self, work: Callable[[], T]) -> T:
        """Do what the engine may fail at; say what to do about that."""
        try:
            return work()
        except Exception as error:
            advice = self._store.explain(error)
            if advice is None:
                raise
            raise LifelogUnavailableError(advice) from error

    def _locate(self) -> Position:
        with self._store.reader() as connection:
            return read.position(connection, self.home)

    def _deliver(
        self,
        transaction: Transaction | None,
        outcomes: Sequence[Outcome],
        failure: str | None,
    ) -> None:
        """Hand a commit over to the loop; runs in the writer's thread."""
        self._loop.call_soon_threadsafe(self._publish, transaction, outcomes, failure)

    def _publish(
        self,
        transaction: Transaction | None,
        outcomes: Sequence[Outcome],
        failure: str | None,
    ) -> None:
        """Make a commit visible, then answer its producers, then wake the followers."""
        if transaction is not None and transaction.rows:
            self._advance(transaction)
        self._note_failure(failure)
        for unit, result, error in outcomes:
            self.backlog -= len(unit.drafts) or 1
            if unit.lane is Lane.ALARM and isinstance(error, LifelogUnavailableError):
                self._tell_unstored(unit.drafts)
            if unit.future.done():
                continue
            if error is None:
                unit.future.set_result(result)
            else:
                unit.future.set_exception(error)
        if transaction is not None and transaction.rows:
            self._changed.set()
            self._changed = asyncio.Event()

    def _note_failure(self, failure: str | None) -> None:
        """Keep looking, as long as it lasts, whether it is over."""
        self.failure = failure
        if failure is None:
            self._told.clear()
        elif self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())

    async def _await_room(self, store: Store) -> None:
        """Look whether there is more room for a store that could not be opened."""
        # With as little it would fail once more: an upgrade may need a lot.
        enough = await asyncio.to_thread(store.free_room) + _MORE_ROOM
        while not await asyncio.to_thread(
            lambda: store.free_room() >= enough and store.take_room()
        ):
            await asyncio.sleep(_LOOK_SECONDS)
        self.roomy.set()

    async def _look(self) -> None:
        while self.failure and not self._closing:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._closing:
                await self.probe()

    def _tell_unstored(self, drafts: Sequence[Draft]) -> None:
        """Tell of alarms, once each however often they are tried."""
        alarms = []
        for draft in drafts:
            identity = (draft.device, draft.point, draft.kind, draft.ts, draft.text)
            if identity not in self._told:
                # One that has to be dropped may be told twice.
                while len(self._told) >= _TOLD:
                    self._told.pop()
                self._told.add(identity)
                alarms.append(read.unstored(self.home, draft))
        for listener in self._unstored if alarms else ():
            _tell(listener, tuple(alarms))

    def _advance(self, transaction: Transaction) -> None:
        batch = Batch(_entries(transaction))
        self.last = batch.last
        for row in transaction.states:
            key = (row.device, row.point)
            known = self._states.get(key)
            if known is None or is_newer(row.ts, known.ts, row.received):
                self._states[key] = read.state(row)
        for projection in self._projections:
            _tell(projection, batch)
        self._remember(batch)

    def _remember(self, batch: Batch) -> None:
        self._recent[batch.first] = batch
        self._recent_entries += len(batch.entries)
        while self._recent_entries > _RECENT_ENTRIES:
            oldest = self._recent.pop(next(iter(self._recent)))
            self._recent_entries -= len(oldest.entries)


def _tell[T](listener: Callable[[T], None], news: T) -> None:
    """Call a listener; whoever waits for an answer must get it though a listener fails."""
    try:
        listener(news)
    except Exception:
        _LOGGER.exception("What was committed could not be told")


def _entries(transaction: Transaction) -> tuple[Entry, ...]:
    return tuple(
        map(
            read.appended,
            transaction.rows,
            transaction.digests,
            transaction.drafts,
        )
    )
