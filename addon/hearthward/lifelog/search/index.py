"""The index: a SQLite file of its own beside the lifelog's.

Nothing in it is worth a backup: it is derived from the lifelog, which never waits for it and does
not mind its loss. Its cursor is moved in the same transaction as its rows, so each entry is
indexed once. A text that many entries share, such as "Front door: opened", is stored and
embedded once. The id of a document is its time, so that the newest come first and a period is a
range of ids within the full-text index itself, however many entries the words have elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
import logging
from pathlib import Path
from queue import Empty, SimpleQueue
import sqlite3
import threading
from typing import NamedTuple

from hearthward.lifelog.forgetting.scrub import Scrubber

from . import narrate, words
from .document import Document

_LOGGER = logging.getLogger(__name__)

_LAYOUT = 1

# `secure-delete` takes deleted words out of the index's own blobs, `secure_delete` out of pages.
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE texts (id INTEGER PRIMARY KEY, summary TEXT NOT NULL, vector BLOB);
CREATE INDEX texts_without_vector ON texts (id) WHERE vector IS NULL;
CREATE TABLE documents (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, text INTEGER NOT NULL,
  kind TEXT NOT NULL, device TEXT, person TEXT, room TEXT
);
CREATE INDEX documents_of_text ON documents (text, id);
CREATE VIRTUAL TABLE words USING fts5(
  tokens, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '_'"
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
"""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "secure_delete=ON",
    "cache_size=-8192",
    "journal_size_limit=16777216",
)
_READER_PRAGMAS = ("query_only=ON", "cache_size=-4096")
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_BUSY_S = 5.0

_DOCUMENT = """
SELECT d.id, d.seq, d.kind, d.device, d.person, d.room, d.text, t.summary
FROM documents d JOIN texts t ON t.id = d.text WHERE d.seq = ?
"""


# A connection and the generation that it reads.
type _Reader = tuple[int, sqlite3.Connection]


class Position(NamedTuple):
    """How far the lifelog was read: a seq, its entry's digest, and for which generation."""

    seq: int
    digest: str
    generation: int


class Index:
    """The index of one home; its methods block and may be called from any thread."""

    def __init__(self, file: Path) -> None:
        """Name the file; `open` creates it when needed."""
        self.cursor = 0
        """Up to which seq the lifelog is indexed."""
        self.generation = 0
        """How often it began anew; what was read for an earlier one is not added."""
        self._file = file
        self._lock = threading.RLock()
        self._readers: SimpleQueue[_Reader] = SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._erased: set[int] = set()
        self._scrubber: Scrubber | None = None

    @property
    def _version(self) -> str:
        return f"{_LAYOUT}.{words.VERSION}.{narrate.VERSION}"

    def open(self) -> None:
        """Open the index; one that is damaged or was written by other rules begins anew."""
        with self._lock:
            if self._connection is not None:
                return
            try:
                known = self._connect()
            except sqlite3.DatabaseError as error:
                if not is_broken(error):
                    raise
                _LOGGER.warning("The search index is damaged and built anew: %s", error)
                known = False
            if not known:
                self.reset()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._drain()
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._scrubber is not None:
                self._scrubber.close()
                self._scrubber = None

    def reset(self) -> None:
        """Throw all away and begin with an empty index."""
        with self._lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
            connection = self._open(_PRAGMAS)
            connection.executescript(_SCHEMA)
            self._connection = connection
            self._erased.clear()
            self.cursor = 0
            self.generation += 1
            self._put("version", self._version)

    def about(self, name: str) -> str | None:
        """Return what was noted about the index."""
        with self._lock:
            row = self._writer.execute(
                "SELECT value FROM about WHERE name = ?", (name,)
            ).fetchone()
        return row[0] if row else None

    def note(self, name: str, value: str) -> None:
        """Note something about the index."""
        with self._lock:
            self._put(name, value)

    def add(self, documents: Sequence[Document], end: Position) -> None:
        """Index documents and move the cursor with them, all or nothing."""
        with self._lock:
            if end.generation != self.generation:
                return
            with self._transaction() as connection:
                for document in sorted(documents, key=lambda each: each.ts):
                    if document.seq not in self._erased:
                        _insert(connection, document)
                self._put("cursor", str(end.seq))
                self._put("digest", end.digest)
            self.cursor = end.seq
            self._erased = {seq for seq in self._erased if seq > end.seq}

    def erase(self, seqs: Sequence[int]) -> list[int]:
        """Erase the documents of entries; return the ids of texts that nothing has any more.

        Entries that are not indexed yet will not be.
        """
        with self._lock, self._transaction() as connection:
            self._erased.update(seq for seq in seqs if seq > self.cursor)
            texts = {text for seq in seqs for text in _erase(connection, seq)}
            return [text for text in texts if _drop_text(connection, text)]

    def purge(self) -> bool:
        """Leave nothing deleted in the files; False while a reader holds the journal.

        It reads the whole file through.
        """
        with self._lock:
            self._drain()
            self._writer.execute("PRAGMA busy_timeout=0")
            try:
                busy, _, _ = self._writer.execute(
                    "PRAGMA wal_checkpoint(TRUNCATE)"
                ).fetchone()
            finally:
                self._writer.execute(f"PRAGMA busy_timeout={_BUSY_S * 1000:.0f}")
            if busy:
                return False
            # Pages in memory are as they were before the file is scrubbed.
            self._writer.execute("PRAGMA shrink_memory")
            if self._scrubber is None:
                self._scrubber = Scrubber(self._file)
            self._scrubber.scrub()
        return True

    def without_vector(self, limit: int) -> list[tuple[int, str]]:
        """Return ids and summaries of texts that have no vector yet."""
        with self.reader() as connection:
            return connection.execute(
                "SELECT id, summary FROM texts WHERE vector IS NULL LIMIT ?", (limit,)
            ).fetchall()

    def put_vectors(self, vectors: Iterable[tuple[bytes, int]]) -> None:
        """Store packed vectors of texts that are still there."""
        with self._lock, self._transaction() as connection:
            connection.executemany("UPDATE texts SET vector = ? WHERE id = ?", vectors)

    def drop_vectors(self) -> None:
        """Drop all vectors: another model makes them from now on."""
        with self._lock, self._transaction() as connection:
            connection.execute("UPDATE texts SET vector = NULL WHERE vector NOT NULL")

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """Return a reading connection whose statements see one point in time."""
        generation, connection = self._reader()
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        if generation == self.generation:
            self._readers.put((generation, connection))
        else:
            connection.close()

    def _reader(self) -> _Reader:
        with suppress(Empty):
            while True:
                generation, connection = self._readers.get_nowait()
                if generation == self.generation:
                    return generation, connection
                connection.close()
        # While the index begins anew there is nothing to read.
        with self._lock:
            self._writer.execute("SELECT 1")
            connection = self._open(_READER_PRAGMAS)
            # SQLite opens the file when it is first read.
            connection.execute("SELECT 1 FROM about").fetchone()
            return self.generation, connection

    @property
    def _writer(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("the search index is closed")
        return self._connection

    def _connect(self) -> bool:
        """Open the file; False if it has to begin anew."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror) from error
        self._connection = self._open(_PRAGMAS)
        try:
            if self.about("version") != self._version:
                return False
        except sqlite3.OperationalError:
            # It is new, or its first start was cut short.
            return False
        self.cursor = int(self.about("cursor") or 0)
        return True

    def _open(self, pragmas: Sequence[str]) -> sqlite3.Connection:
        with suppress(OSError):
            self._file.touch(mode=0o600)
        connection = sqlite3.connect(
            self._file,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _drain(self) -> None:
        with suppress(Empty):
            while True:
                self._readers.get_nowait()[1].close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _put(self, name: str, value: str) -> None:
        self._writer.execute("REPLACE INTO about VALUES (?, ?)", (name, value))


def is_broken(error: sqlite3.Error) -> bool:
    """Tell whether the file itself is damaged, rather than the disk full or busy."""
    return getattr(error, "sqlite_errorname", "").startswith(_BROKEN)


def text_id(summary: str) -> int:
    """Return the id of a text: 63 bits of its digest."""
    return int.from_bytes(blake2b(summary.encode(), digest_size=8).digest()) >> 1


def _insert(connection: sqlite3.Connection, document: Document) -> None:
    if connection.execute(
        "SELECT 1 FROM documents WHERE seq = ?", (document.seq,)
    ).fetchone():
        return
    key = document.first_id
    while connection.execute("SELECT 1 FROM documents WHERE id = ?", (key,)).fetchone():
        key += 1
    text = text_id(document.summary)
    connection.execute(
        "INSERT OR IGNORE INTO texts (id, summary) VALUES (?, ?)",
        (text, document.summary),
    )
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            document.seq,
            text,
            document.kind,
            document.device,
            document.person,
            document.room,
        ),
    )
    connection.execute(
        "INSERT INTO words (rowid, tokens) VALUES (?, ?)", (key, _tokens(document))
    )


def _erase(connection: sqlite3.Connection, seq: int) -> list[int]:
    """Erase the document of an entry; return the id of its text, if there is one."""
    row = connection.execute(_DOCUMENT, (seq,)).fetchone()
    if row is None:
        return []
    key, seq, kind, device, person, room, text, summary = row
    document = Document(seq, 0, kind, summary, device, person, room)
    connection.execute(
        "INSERT INTO words (words, rowid, tokens) VALUES ('delete', ?, ?)",
        (key, _tokens(document)),
    )
    connection.execute("DELETE FROM documents WHERE id = ?", (key,))
    return [text]


def _drop_text(connection: sqlite3.Connection, text: int) -> bool:
    return bool(
        connection.execute(
            "DELETE FROM texts WHERE id = ?1"
            " AND NOT EXISTS (SELECT 1 FROM documents WHERE text = ?1)",
            (text,),
        ).rowcount
    )


def _tokens(document: Document) -> str:
    return " ".join((words.indexed(document.words), *document.marks))
