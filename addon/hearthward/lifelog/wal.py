"""The write-ahead log is folded into the file beside the writer, not by it.

SQLite would have the commit that fills the log do it, and an alarm behind that commit would wait
(https://www.sqlite.org/wal.html, "Avoiding Excessively Large WAL Files"). A thread copies the
pages while the writer goes on; what came in meanwhile is little, and the writer copies it between
two commits, whereupon the log begins anew.
"""

from collections.abc import Callable
import logging
import sqlite3
import threading
import time

_LOGGER = logging.getLogger(__name__)

# So much is written between two foldings; a commit costs about as much as so many rows.
_ROWS = 16_000
_ROWS_PER_COMMIT = 16

_PAUSE = 0.02


class Folding:
    """Folds the write-ahead log of a file that one other thread writes."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Start the thread; `connect` opens its connection."""
        self._connect = connect
        self._written = 0
        self._due = threading.Event()
        self._folded = False
        self._closing = False
        # Whoever holds it knows that nobody writes to the file, only to the log.
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="lifelog-folding")
        self._thread.start()

    def wrote(self, rows: int, writer: sqlite3.Connection) -> None:
        """Note a commit; the writer calls it between two transactions."""
        if self._folded and self.lock.acquire(blocking=False):
            self._folded = False
            try:
                _fold(writer)
            finally:
                self.lock.release()
        self._written += rows + _ROWS_PER_COMMIT
        if self._written >= _ROWS:
            self._written = 0
            self._due.set()

    def close(self) -> None:
        """End the thread; blocks until then."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection = self._connect()
        try:
            while True:
                self._due.wait()
                self._due.clear()
                if self._closing:
                    return
                with self.lock:
                    self._folded = _fold(connection)
        finally:
            connection.close()


def _fold(connection: sqlite3.Connection) -> bool:
    """Copy what no reader holds back; never waits for a lock."""
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error as error:
        # The writer meets the same trouble and reports it.
        _LOGGER.debug("The write-ahead log cannot be folded: %s", error)
        return False
    return True


def empty(connection: sqlite3.Connection, seconds: float) -> bool:
    """Fold all of the log and cut it to nothing; False if readers hold it that long.

    The connection's own patience must be short: while it waits the writer waits too.
    """
    give_up = time.monotonic() + seconds
    while True:
        _fold(connection)
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if time.monotonic() > give_up:
            return False
        time.sleep(_PAUSE)
