"""What can still be read of a damaged file, so that the hub can start and say so."""

import logging
from pathlib import Path
import sqlite3

from sqlalchemy import Table

from .schema import metadata

_LOGGER = logging.getLogger(__name__)

# Of each table the newest rows: enough to know the home, its keys and its last days.
_ROWS = 10_000


def copy(file: Path, target: sqlite3.Connection) -> None:
    """Copy what can be read of `file`, which nobody has open, into an empty lifelog."""
    source = sqlite3.connect(file)
    try:
        # Without memory that is shared with others, for which a full disk has no room; and the
        # file is left as it is.
        source.execute("PRAGMA locking_mode=EXCLUSIVE")
        source.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        source.execute("PRAGMA query_only=ON")
        for table in metadata.sorted_tables:
            _copy(table, source, target)
    except sqlite3.Error as error:
        _LOGGER.error("Nothing of %s can be read: %s", file, error)
    finally:
        source.close()


def _copy(table: Table, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    places = ", ".join("?" for _ in table.columns)
    newest = ", ".join(f'"{column.name}" DESC' for column in table.primary_key)
    # The names are those of our own schema.
    query = f'SELECT {names} FROM "{table.name}" ORDER BY {newest} LIMIT {_ROWS}'  # noqa: S608
    insert = f'INSERT OR IGNORE INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608
    try:
        for row in source.execute(query):
            target.execute(insert, row)
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_NOTADB":
            raise
        _LOGGER.error("Of the table %s not all can be read: %s", table.name, error)
