"""Copies of a lifelog file while it is written, and of what came since the last one.

Both are one read of SQLite's write-ahead log, so they see one point in time and hold up nobody
(https://www.sqlite.org/isolation.html).
"""

from pathlib import Path
import sqlite3
from typing import NamedTuple
from urllib.parse import quote

from .errors import BackupError

# Rows of these are numbered by the lifelog: a segment holds those that came since.
GROWING = {
    "entries": "seq",
    "batches": "first",
    "idempotency": "seq",
    "checkpoints": "seq",
    "media": "seq",
}

# A segment holds all rows of these: they are few, and they change.
SMALL = (
    "erased",
    "erasures",
    "devices",
    "exposed",
    "access_keys",
    "positions",
    "secrets",
    "properties",
)

_POSITION = (
    "SELECT last, hash FROM {schema}batches WHERE home = ? ORDER BY first DESC LIMIT 1"
)


class Position(NamedTuple):
    """The end of a lifelog: its last seq and the hash of the chain there."""

    last: int
    hash: bytes


def uri(file: Path, mode: str) -> str:
    """Return the name by which SQLite opens a file in a mode."""
    return f"file:{quote(str(file.absolute()))}?mode={mode}"


def copy(database: Path, target: Path) -> None:
    """Copy a lifelog file whole; blocks for as long as the disk takes.

    Raises:
        BackupError: It is damaged.

    """
    source = sqlite3.connect(uri(database, "rw"), uri=True, timeout=30)
    into = sqlite3.connect(target)
    try:
        # In one step, or a commit in between would begin it anew.
        source.backup(into, pages=-1)
        into.execute("PRAGMA journal_mode=DELETE").fetchall()
        (found,) = into.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    finally:
        into.close()
        source.close()
    if found != "ok":
        raise BackupError(f"{database} is damaged, restore a backup: {found}")
    target.chmod(0o600)


def position(database: Path, home: str) -> Position:
    """Return where a lifelog file ends."""
    connection = sqlite3.connect(uri(database, "ro"), uri=True)
    try:
        return _position(connection, home)
    finally:
        connection.close()


def revision(database: Path) -> str:
    """Return the schema of a lifelog file."""
    connection = sqlite3.connect(uri(database, "ro"), uri=True)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0])
    finally:
        connection.close()


def media(database: Path, home: str, after: int = 0) -> list[str]:
    """Return the media that the uploads after a seq name."""
    connection = sqlite3.connect(uri(database, "ro"), uri=True)
    try:
        rows = connection.execute(
            "SELECT DISTINCT id FROM media WHERE home = ? AND seq > ? ORDER BY id",
            (home, after),
        )
        return [row[0] for row in rows]
    finally:
        connection.close()


def segment(
    database: Path, target: Path, home: str, since: Position
) -> Position | None:
    """Write what came after a position; None if the lifelog never was there.

    A lifelog that was restored meanwhile has another past.
    """
    connection = sqlite3.connect(target, isolation_level=None, uri=True)
    try:
        connection.execute("ATTACH ? AS live", (uri(database, "rw"),))
        connection.execute("BEGIN")
        known = connection.execute(
            "SELECT hash FROM live.batches WHERE home = ? AND last = ? AND first <= last",
            (home, since.last),
        ).fetchone()
        if since.last and (known is None or known[0] != since.hash):
            connection.execute("ROLLBACK")
            return None
        # The names are those of our own schema.
        for table in (*GROWING, *SMALL):
            bound = (
                f" AND {GROWING[table]} > {since.last:d}" if table in GROWING else ""
            )
            take = f"CREATE TABLE {table} AS SELECT * FROM live.{table} WHERE home = ?{bound}"  # noqa: S608
            connection.execute(take, (home,))
        end = _position(connection, home, "live.")
        connection.execute("COMMIT")
        return end
    finally:
        connection.close()


def _position(connection: sqlite3.Connection, home: str, schema: str = "") -> Position:
    row = connection.execute(_POSITION.format(schema=schema), (home,)).fetchone()
    return Position(*row) if row else Position(0, bytes(32))
