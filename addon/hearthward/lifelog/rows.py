"""Many rows in one statement, at SQLite's own speed whatever else the process does.

The driver lets go of the interpreter for every step of a statement and has to get it back
(https://docs.python.org/3/c-api/init.html#thread-state-and-the-global-interpreter-lock). `executemany`
takes a step for each row, and beside a busy event loop each of them may wait for a whole switch
interval. A statement with many rows takes one step for all of them.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
import re
import sqlite3

# As few statements for any number of rows as a handful of prepared ones allow.
_SIZES = (64, 16, 4, 1)

_GROUP = re.compile(r"VALUES (\([^()]*\))")


def execute_rows(
    connection: sqlite3.Connection,
    statement: str,
    rows: Sequence[Sequence[object]],
    before: tuple[object, ...] = (),
    behind: tuple[object, ...] = (),
) -> None:
    """Run a statement that has one `VALUES (…)` for many rows, in their order.

    `before` are the values of its numbered parameters (`?1`), the same for all rows; `behind` those
    of the parameters after the rows.
    """
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            part = rows[start : start + size]
            values = (*before, *chain.from_iterable(part), *behind)
            connection.execute(_expanded(statement, size), values)
            start += size


@lru_cache(maxsize=128)
def _expanded(statement: str, size: int) -> str:
    """Return the statement for so many rows."""
    found = _GROUP.search(statement)
    if found is None:
        raise ValueError(f"There is no `VALUES (…)` in {statement}")
    end = found.end()
    return statement[:end] + f",{found[1]}" * (size - 1) + statement[end:]
