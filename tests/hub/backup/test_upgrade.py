"""Every released schema becomes the newest one, with all that it held.

`released/<revision>.db.gz` is a lifelog that the hub of that release wrote: devices, entries of
several kinds, states, keys, secrets, exposed entities. A new revision brings its own file.
"""

import gzip
from operator import itemgetter
from pathlib import Path
import sqlite3
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
import pytest

from hearthward.config import Settings
from hearthward.lifelog.chain import key_digest
from hearthward.lifelog.migrate import MIGRATIONS
from hearthward.lifelog.schema import metadata
from hearthward.lifelog.sqlite import HEAD, SqliteStore
from tests.hub.archive.test_export import note
from tests.hub.conftest import running

RELEASED = sorted((Path(__file__).parent / "released").glob("*.db.gz"))


@pytest.fixture(params=RELEASED, ids=lambda file: file.name.split(".")[0])
def database(request: pytest.FixtureRequest, settings: Settings) -> Path:
    """Return the lifelog of a release in the data folder."""
    settings.data_dir.mkdir()
    file = settings.data_dir / "lifelog.db"
    file.write_bytes(gzip.decompress(request.param.read_bytes()))
    return file


def rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, as names and values."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
            )
        ]
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
            for name in names
        }
    finally:
        connection.close()


def test_every_revision_but_the_newest_is_covered() -> None:
    """Nobody's home is left behind."""
    revisions = {
        script.revision
        for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()
        if script.revision != HEAD
    }
    assert {file.name.split(".")[0] for file in RELEASED} >= revisions


def test_all_data_is_kept(database: Path) -> None:
    """Every row of every table is there, with every value."""
    before = rows(database)
    assert sum(map(len, before.values())) > 50
    store = SqliteStore(database)
    store.open()
    with store.reader() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()
    after = rows(database)
    keys = before["idempotency"]
    if "device" in keys[0]:
        # Since 0003 there are digests instead.
        before["idempotency"] = sorted(
            (
                {"home": row["home"], "key": key_digest(row["device"], row["key"])}
                | {"seq": row["seq"]}
                for row in keys
            ),
            key=itemgetter("key"),
        )
    for name, kept in before.items():
        known = (
            [{key: row[key] for key in kept[0]} for row in after[name]] if kept else []
        )
        assert known == kept, name


async def test_the_hub_goes_on_with_it(database: Path, settings: Settings) -> None:
    """Its devices, states and keys are known, its chain is whole and grows."""
    before = rows(database)
    last = max(row["seq"] for row in before["entries"])
    async with running(settings) as hub:
        lifelog = hub.parts.lifelog
        assert lifelog.last >= last
        assert {device.id for device in hub.parts.registry.devices()} == {
            row["id"] for row in before["devices"]
        }
        for row in before["states"]:
            known = lifelog.state(row["device"], row["point"])
            assert known is not None
            assert (known.value, known.text) == (row["value"], row["text"])
        assert {key.id for key in hub.parts.keys.keys()} == {  # noqa: SIM118
            row["id"] for row in before["access_keys"]
        }
        assert set(hub.parts.exposed.entities) == {
            row["entity"] for row in before["exposed"]
        }
        kept = {entry.seq: entry for entry in await lifelog.read(0, last)}
        for row in before["entries"]:
            assert kept[row["seq"]].text == row["text"]
        await lifelog.append([note("the first of the new schema")])
        verification = await lifelog.verify()
        assert verification.problem is None
        assert verification.last == lifelog.last


def test_an_upgrade_that_is_cut_short_changed_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one transaction: the next start begins it anew."""
    before = rows(database)
    for statements in range(1, 26, 4):
        left = statements

        def interrupt(*_: object) -> int:
            nonlocal left
            left -= 1
            return int(left < 0)

        store = SqliteStore(database)
        driver = SqliteStore._driver

        def watched(connection: Any, driver: Any = driver) -> sqlite3.Connection:
            raw: sqlite3.Connection = driver(connection)
            raw.set_progress_handler(interrupt, 40)
            return raw

        with monkeypatch.context() as patch:
            patch.setattr(SqliteStore, "_driver", staticmethod(watched))
            with pytest.raises(Exception, match="interrupted"):
                store.open()
        store.close()
        assert rows(database) == before
    store = SqliteStore(database)
    store.open()
    store.close()
    assert rows(database) != before
