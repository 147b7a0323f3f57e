"""The schema that migrations make is the one that the code means."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hearthward.lifelog.migrate import MIGRATIONS
from hearthward.lifelog.schema import metadata
from hearthward.lifelog.sqlite import HEAD, SqliteStore


def test_migrations_make_the_schema(tmp_path: Path) -> None:
    """After all migrations nothing is left to migrate."""
    store = SqliteStore(tmp_path / "lifelog.db")
    store.open()
    with store.reader() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_the_newest_migration_is_the_one_that_is_checked_for() -> None:
    """Starting without Alembic relies on this constant."""
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD
