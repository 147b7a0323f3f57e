"""What was said and is not stored by the hub yet, in a file that outlives the process."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sqlite3
from typing import NamedTuple, Self

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, body BLOB NOT NULL
)
"""

# Who a device is goes first, then what happened, then what was measured.
_LANES = {"hello": 0, "event": 1, "status": 1, "ack": 1}
_BULK = 2

# Beyond this many messages the oldest measurements make room for new ones.
LIMIT = 200_000


class Outgoing(NamedTuple):
    """A message that waits; `body` is its JSON without `seq`."""

    seq: int
    body: bytes


class Buffer:
    """A queue in a SQLite file, or in memory only when there is no file.

    SQLite works in a thread of its own, as each change waits for the disk.
    """

    def __init__(self, file: Path | None, limit: int = LIMIT) -> None:
        """Name the file; entering opens it."""
        self._file = file
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, "publish-buffer")
        self._connection: sqlite3.Connection

    async def __aenter__(self) -> Self:
        """Open the file, which is made when it is not there."""
        await self._run(self._open)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the file; what waits stays in it."""
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def put(self, kind: str, body: bytes) -> int:
        """Keep a message of a kind and return its seq."""
        return await self._run(lambda: self._put(_LANES.get(kind, _BULK), body))

    async def first(self, limit: int, but: Collection[int] = ()) -> list[Outgoing]:
        """Return the messages that are due, but for some."""
        return await self._run(lambda: self._first(limit, but))

    async def remove(self, seqs: Collection[int]) -> None:
        """Forget messages: the hub has them."""
        rows = [(seq,) for seq in seqs]
        await self._run(
            lambda: self._write(
                lambda: self._connection.executemany(
                    "DELETE FROM messages WHERE seq = ?", rows
                )
            )
        )

    async def count(self) -> int:
        """Return how many messages wait."""
        return await self._run(self._count)

    async def go_on_from(self, seq: int) -> None:
        """Go on counting from `seq` when the hub heard more than this file knows of."""
        await self._run(lambda: self._write(lambda: self._go_on_from(seq)))

    async def _run[T](self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        self._connection = sqlite3.connect(
            self._file or ":memory:", isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(_SCHEMA)

    def _write[T](self, work: Callable[[], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result

    def _put(self, lane: int, body: bytes) -> int:
        def work() -> int:
            cursor = self._connection.execute(
                "INSERT INTO messages (lane, body) VALUES (?, ?)", (lane, body)
            )
            if self._count() > self._limit:
                self._connection.execute(
                    "DELETE FROM messages WHERE seq ="
                    " (SELECT min(seq) FROM messages WHERE lane = ?)",
                    (_BULK,),
                )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

        return self._write(work)

    def _first(self, limit: int, but: Collection[int]) -> list[Outgoing]:
        rows = self._connection.execute(
            "SELECT seq, body FROM messages ORDER BY lane, seq LIMIT ?",
            (limit + len(but),),
        )
        return [Outgoing(*row) for row in rows if row[0] not in but][:limit]

    def _count(self) -> int:
        found: int = self._connection.execute(
            "SELECT count(*) FROM messages"
        ).fetchone()[0]
        return found

    def _go_on_from(self, seq: int) -> None:
        self._connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'messages'",
            (seq,),
        )
        if self._connection.execute("SELECT changes()").fetchone()[0] == 0:
            self._connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', ?)", (seq,)
            )
