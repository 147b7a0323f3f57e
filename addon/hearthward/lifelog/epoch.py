"""Which past a lifelog tells.

A lifelog that was restored goes on from an earlier entry, and gives numbers once more that clients
have seen with another content. So it has a name that is another one afterwards.
"""

from contextlib import closing
from pathlib import Path
import sqlite3
import uuid

from sqlalchemy import select

from .log import Lifelog
from .schema import properties
from .transaction import Transaction

_EPOCH = "epoch"


async def load(lifelog: Lifelog) -> str:
    """Return the epoch of a lifelog; one that has none begins one.

    Raises:
        LifelogUnavailableError: It cannot be stored.

    """
    if lifelog.failure:
        # What this one stores is gone with it.
        return uuid.uuid4().hex
    return await lifelog.transact(lambda unit: kept(unit, _EPOCH))


def kept(transaction: Transaction, name: str) -> str:
    """Return a property that names something at random; it is made when there is none."""
    row = {"home": transaction.home, "name": name}
    found = transaction.execute(
        select(properties.c.value).where(
            properties.c.home == transaction.home, properties.c.name == name
        )
    ).scalar()
    if found is None:
        found = uuid.uuid4().hex
        transaction.put(properties, row | {"value": found})
    return str(found)


def end(file: Path) -> None:
    """Have a lifelog file, which no hub uses, begin a new epoch at its next start; blocks."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM properties WHERE name = ?", (_EPOCH,))
