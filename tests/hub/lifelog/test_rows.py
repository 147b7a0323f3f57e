"""Many rows in one statement."""

from collections.abc import Iterator
import sqlite3

import pytest

from hearthward.lifelog.rows import execute_rows


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Return a connection to an empty table."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE said (home TEXT, id INTEGER PRIMARY KEY, word)")
    yield connection
    connection.close()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 63, 64, 65, 1_000])
def test_all_rows_arrive(connection: sqlite3.Connection, count: int) -> None:
    """However many there are."""
    rows = [(number, f"word {number}") for number in range(count)]
    execute_rows(connection, "INSERT INTO said VALUES (?1, ?, ?)", rows, ("home",))
    found = connection.execute("SELECT * FROM said ORDER BY id").fetchall()
    assert found == [("home", *row) for row in rows]


def test_few_statements_run(connection: sqlite3.Connection) -> None:
    """A thousand rows let go of the interpreter some twenty times, not a thousand."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    rows = [(number, "word") for number in range(1_000)]
    execute_rows(connection, "INSERT INTO said VALUES ('home', ?, ?)", rows)
    assert len(statements) < 25


def test_rows_keep_their_order(connection: sqlite3.Connection) -> None:
    """A later row of the same key replaces an earlier one; what stands behind them counts."""
    execute_rows(
        connection,
        "INSERT INTO said VALUES (?1, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET word = excluded.word WHERE excluded.id < ?",
        [(number % 7, f"word {number}") for number in range(70)],
        ("home",),
        behind=(6,),
    )
    found = connection.execute("SELECT id, word FROM said ORDER BY id").fetchall()
    assert found == [(number, f"word {63 + number}") for number in range(6)] + [
        (6, "word 6")
    ]


def test_a_statement_without_rows_is_a_mistake(connection: sqlite3.Connection) -> None:
    """It says what is missing."""
    with pytest.raises(ValueError, match="There is no `VALUES"):
        execute_rows(connection, "DELETE FROM said WHERE id = ?", [(1,)])
