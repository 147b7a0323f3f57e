"""The lifelog in one SQLite file: WAL, `synchronous=FULL`, one writer."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from math import inf
from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory
from time import monotonic
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from hearthward.model.entry import Draft

from .errors import LifelogError
from .forgetting.scrub import Scrubber
from .reserve import Reserve
from .rows import execute_rows
from .salvage import copy
from .store import KEYS_EXPIRED, Batch, Claim, Store, Trouble
from .wal import Folding, empty

HEAD = "0003"

_BUSY_MS = 5_000
_READERS = 4

# While the folding connection waits for readers, so does the writer.
_FOLDING_MS = 20
_EMPTY_SECONDS = 30.0

# How often a reader looks at the clock, in steps of SQLite's machine: about a millisecond.
_PROGRESS_STEPS = 10_000

_ADVICE = {
    "SQLITE_FULL": "The disk is full: free space in {folder}",
    "SQLITE_BUSY": "The lifelog is locked: close the program that holds {file}",
    "SQLITE_LOCKED": "The lifelog is locked: close the program that holds {file}",
    "SQLITE_READONLY": "The lifelog is read-only: make {folder} writable",
    "SQLITE_CANTOPEN": "The lifelog cannot be opened: make {folder} writable",
    "SQLITE_CORRUPT": "The lifelog is damaged: restore {file} from a backup",
    "SQLITE_NOTADB": "{file} is not a lifelog: move it away or restore a backup",
    "SQLITE_INTERRUPT": "That takes too long: ask for less time, or for one point of a device",
    "SQLITE_IOERR": "The disk fails: check the disk that holds {folder}",
}

# The statement is wrong, not the store.
_MISTAKES = (
    "SQLITE_CONSTRAINT",
    "SQLITE_ERROR",
    "SQLITE_MISMATCH",
    "SQLITE_MISUSE",
    "SQLITE_RANGE",
    "SQLITE_TOOBIG",
)

_TROUBLE = {
    "SQLITE_FULL": Trouble.NO_ROOM,
    "SQLITE_IOERR": Trouble.NO_ROOM,
    "SQLITE_CORRUPT": Trouble.DAMAGED,
    "SQLITE_NOTADB": Trouble.DAMAGED,
}

# `?1` is the home.
_INSERT_ENTRY = "INSERT INTO entries VALUES (?1,?,?,?,?,?,?,?,?,?,?)"
_INSERT_KEY = "INSERT INTO idempotency VALUES (?1,?,?)"
_INSERT_BATCH = "INSERT INTO batches VALUES (?,?,?,?,?,?)"
_FIND_KEY = "SELECT seq FROM idempotency WHERE home=? AND key=?"
_KEYS_EXPIRED = "SELECT value FROM properties WHERE home=? AND name=?"
_FIND_SAME = """
SELECT seq FROM entries WHERE home=? AND device IS ? AND point IS ? AND ts=? AND kind=?
AND value IS ? AND text IS ? ORDER BY seq LIMIT 1
"""
# The same rule as `transaction.is_newer`.
_UPSERT_STATE = """
INSERT INTO states VALUES (?1,?,?,?,?,?,?,?)
ON CONFLICT (home, device, point) DO UPDATE SET
  seq=excluded.seq, ts=excluded.ts, value=excluded.value, text=excluded.text,
  body=excluded.body
WHERE excluded.ts >= states.ts OR states.ts > ?
"""


class SqliteStore:
    """A lifelog file; see `store.Store`."""

    def __init__(self, file: Path) -> None:
        """Name the file; `open` creates it when needed."""
        self._file = file
        self._writer_engine = self._engine(writer=True)
        self._reader_engine = self._engine(writer=False)
        self._folding: Folding | None = None
        self._rows = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._reserve = Reserve(file.with_suffix(".reserve"))
        self._scrubber: Scrubber | None = None
        # Pages in the writer's memory are as they were before the file was scrubbed.
        self._stale = False

    def open(self) -> None:
        """Prepare the file, for the eyes of its owner only, and its schema."""
        with suppress(OSError):
            self._file.touch(mode=0o600)
        self._connection = self._writer_engine.connect()
        self._raw: sqlite3.Connection = self._driver(self._connection)
        try:
            self._migrate()
        except BaseException:
            # What it has begun would keep the file locked, for a second try and for a stand-in.
            self._connection.close()
            raise
        self.take_room()
        self._folding = Folding(self._folding_connection)

    def begin(self) -> Connection:
        """Begin the writer's transaction and return its connection."""
        if self._stale:
            self._stale = False
            self._raw.execute("PRAGMA shrink_memory").fetchall()
        self._raw.execute("BEGIN IMMEDIATE")
        return self._connection

    def commit(self) -> None:
        """Make the writer's transaction durable: returns after the sync."""
        self._raw.execute("COMMIT")
        rows, self._rows = self._rows, 0
        if self._folding:
            self._folding.wrote(rows, self._raw)

    def rollback(self) -> None:
        """Drop the writer's transaction, if there is one."""
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside when it raises, and go on."""
        self._raw.execute("SAVEPOINT unit")
        try:
            yield
        except BaseException:
            # An error such as a full disk may have ended the whole transaction.
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK TO unit")
                self._raw.execute("RELEASE unit")
            raise
        self._raw.execute("RELEASE unit")

    def claim_keys(self, home: str, claims: Sequence[Claim]) -> bool:
        """Have keys stand for seqs; False, and nothing done, if one stands for another already."""
        try:
            with self.savepoint() if len(claims) > 1 else nullcontext():
                execute_rows(self._raw, _INSERT_KEY, claims, (home,))
        except sqlite3.IntegrityError:
            return False
        return True

    def find_keys(self, home: str, wanted: Collection[bytes]) -> dict[bytes, int]:
        """Return the seqs of those keys that the writer's transaction knows."""
        return {
            key: row[0]
            for key in wanted
            if (row := self._raw.execute(_FIND_KEY, (home, key)).fetchone())
        }

    def keys_expired(self, home: str) -> float:
        """Return the time before which keys may have expired; 0 if none has."""
        row = self._raw.execute(_KEYS_EXPIRED, (home, KEYS_EXPIRED)).fetchone()
        return float(row[0]) if row else 0.0

    def find_same(self, home: str, draft: Draft) -> int | None:
        """Return the seq of an entry of the same time that says the same."""
        place = (home, draft.device, draft.point, draft.ts)
        row = self._raw.execute(
            _FIND_SAME, (*place, draft.kind.value, draft.value, draft.text)
        ).fetchone()
        return row[0] if row else None

    def insert(self, batch: Batch) -> None:
        """Write a batch's rows within the writer's transaction."""
        link = batch.link
        home = (link.home,)
        self._rows += len(batch.entries)
        entries = [row[1:] for row in batch.entries]
        execute_rows(self._raw, _INSERT_ENTRY, entries, home)
        states = [row[1:-1] for row in batch.states]
        execute_rows(self._raw, _UPSERT_STATE, states, home, behind=(link.ts,))
        self._raw.execute(_INSERT_BATCH, link)

    def execute_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement with one `VALUES (…)` for many rows within the writer's transaction."""
        execute_rows(self._raw, statement, rows)

    def trouble(self, error: Exception) -> Trouble:
        """Say what kind of trouble an error is that `explain` knows."""
        return next(
            (
                kind
                for prefix, kind in _TROUBLE.items()
                if _name(error).startswith(prefix)
            ),
            Trouble.PASSING,
        )

    def take_room(self) -> bool:
        """Keep room for bad times; False if there is none to spare."""
        return self._reserve.take()

    def free_room(self) -> int:
        """Return how much room there is on the disk, bytes."""
        return self._reserve.free()

    def release_room(self) -> None:
        """Give that room to what is written next."""
        self._reserve.release()

    def stand_in(self) -> Store:
        """Return a store, open, of what can still be read; what it is given is not kept."""
        folder = TemporaryDirectory(prefix="hearthward-", ignore_cleanup_errors=True)
        store = SqliteStore(Path(folder.name) / self._file.name)
        store._folder = folder
        store.open()
        copy(self._file, store._raw)
        return store

    @contextmanager
    def reader(self, seconds: float | None = None) -> Iterator[Connection]:
        """Return a reading connection whose statements see one point in time."""
        deadline = monotonic() + (inf if seconds is None else seconds)
        with self._reader_engine.connect() as connection:
            raw = self._driver(connection)
            raw.set_progress_handler(lambda: monotonic() > deadline, _PROGRESS_STEPS)
            raw.execute("BEGIN")
            try:
                yield connection
            finally:
                raw.set_progress_handler(None, 0)
                raw.execute("ROLLBACK")

    def purge(self) -> bool:
        """Leave nothing deleted in the files; False if readers hold the journal too long."""
        if self._scrubber is None:
            self._scrubber = Scrubber(self._file)
        # What is written during the first round may still come from the writer's memory.
        return all(self._purge(self._scrubber) for _ in range(2))

    def _purge(self, scrubber: Scrubber) -> bool:
        connection = self._folding_connection()
        try:
            with self._folding.lock if self._folding else nullcontext():
                self._stale = True
                emptied = empty(connection, _EMPTY_SECONDS)
                scrubber.scrub()
                return emptied
        finally:
            connection.close()

    def explain(self, error: Exception) -> str | None:
        """Say what to do about an engine's error; None if it is not the engine's."""
        return _explain(error, self._file)

    def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log in."""
        if self._folding:
            self._folding.close()
        self._reader_engine.dispose()
        if hasattr(self, "_connection"):
            self._connection.close()
        self._writer_engine.dispose()
        if self._scrubber:
            self._scrubber.close()
        if self._folder:
            self._folder.cleanup()

    def _engine(self, *, writer: bool) -> Engine:
        """Create an engine whose transactions are begun by us, not by the driver."""
        engine = create_engine(
            f"sqlite:///{self._file}",
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
            **(
                {"poolclass": NullPool}
                if writer
                else {"poolclass": QueuePool, "pool_size": _READERS}
            ),
        )
        pragmas = _WRITER_PRAGMAS if writer else _READER_PRAGMAS

        @event.listens_for(engine, "connect")
        def prepare(connection: sqlite3.Connection, record: object) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").fetchall()

        return engine

    def _folding_connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, timeout=_FOLDING_MS / 1000, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=FULL").fetchall()
        return connection

    @staticmethod
    def _driver(connection: Connection) -> sqlite3.Connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        return raw

    def _migrate(self) -> None:
        """Upgrade the schema; Alembic is loaded only when there is something to do."""
        revision = self._revision()
        if revision == HEAD:
            return
        if revision is not None and revision > HEAD:
            raise LifelogError(
                f"{self._file} was written by a newer hub: install that version again, "
                "or restore a backup of before"
            )
        from .migrate import upgrade

        # Killed halfway, the old schema is whole again at the next start.
        upgrade(self.begin())

    def _revision(self) -> str | None:
        try:
            row = self._raw.execute("SELECT version_num FROM alembic_version")
        except sqlite3.OperationalError:
            return None
        found = row.fetchone()
        return found[0] if found else None


_WRITER_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=0",
    "secure_delete=ON",
    "journal_size_limit=67108864",
    "cache_size=-8192",
)
_READER_PRAGMAS = ("query_only=ON", "cache_size=-2048")


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """Open a lifelog file, or a copy of one, to read as it is now.

    Raises:
        LifelogError: It cannot be read; the message says what to do.

    """
    if not file.exists():
        raise LifelogError(f"There is no lifelog: {file}")
    engine = create_engine(
        "sqlite://", creator=lambda: _open_to_read(file), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise LifelogError(_explain(error, file) or str(error)) from error
    finally:
        engine.dispose()


def _open_to_read(file: Path) -> sqlite3.Connection:
    """Open a file; one in a folder that cannot be written is taken as it is, without a journal."""
    name = quote(str(file.absolute()))
    connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if file.with_name(f"{file.name}-wal").exists():
            raise
        connection = sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True)
    return connection


def _explain(error: Exception, file: Path) -> str | None:
    name = _name(error)
    if not name or name.startswith(_MISTAKES):
        return None
    for prefix, advice in _ADVICE.items():
        if name.startswith(prefix):
            return advice.format(file=file, folder=file.parent)
    return f"The lifelog cannot be used: {error}"


def _name(error: Exception) -> str:
    """Return SQLite's name of an error; empty if it is none of SQLite's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return ""
    return getattr(cause, "sqlite_errorname", "")
