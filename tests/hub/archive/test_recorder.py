"""The history of a real recorder, alive or copied."""

from pathlib import Path
import sqlite3
import subprocess
import sys

import pytest

from hearthward.lifelog.archive.recorder import steady_copy
from hearthward.model.device import DeviceStatus, Point, PointKind
from hearthward.model.message import Hello, HelloBody
from tests.hub.archive.test_import import counts, load, stored
from tests.hub.conftest import Hub

DATABASE = "home-assistant_v2.db"
FIRST_HOUR = 1769839200.0


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that Home Assistant's recorder wrote."""
    folder = tmp_path_factory.mktemp("recorder")
    subprocess.run(
        [sys.executable, "-m", "tests.hub.archive.recorder", folder],
        check=True,
        timeout=120,
    )
    return folder / DATABASE


async def test_states_and_the_statistics_of_before_are_taken(
    hub: Hub, database: Path
) -> None:
    """Every change of state once; hours that have no states of their own."""
    data = database.read_bytes()
    seen = await load(hub, data, dry_run="true")
    assert await stored(hub) == []
    job = await load(hub, data)
    assert counts(job) == counts(seen) == (12, 0, 0)
    found = await stored(hub)
    assert {entry["device"] for entry in found} == {"homeassistant"}

    def readings(point: str) -> list[tuple[object, object]]:
        return [
            (entry.get("value"), entry.get("text"))
            for entry in found
            if entry["point"] == point and entry["ts"] > FIRST_HOUR + 1e4
        ]

    assert readings("sensor.kitchen") == [
        (68.0, None),
        (70.5, None),
        (None, None),
        (72.0, None),
    ]
    assert readings("binary_sensor.door") == [(0.0, None), (1.0, None)]
    assert readings("climate.stove") == [(None, "heat")]
    (event,) = [entry for entry in found if entry["kind"] == "event"]
    assert (event["ts"], event["text"]) == (1769850000.5, "pressed")
    assert event["body"]["imported"] == "homeassistant"

    hours = [entry for entry in found if "statistics" in entry.get("body", {})]
    assert sorted((hour["point"], hour["ts"], hour["value"]) for hour in hours) == [
        ("sensor.kitchen", FIRST_HOUR, 50.0),
        ("sensor.kitchen", FIRST_HOUR + 3600, 51.0),
        ("sensor.kitchen", FIRST_HOUR + 7200, 52.0),
        ("sensor.meter", FIRST_HOUR, 1200.5),
    ]
    assert hours[0]["body"]["statistics"] == {
        "mean": 50.0,
        "min": 49.0,
        "max": 59.0,
        "seconds": 3600.0,
    }
    again = await load(hub, data)
    assert counts(again) == (0, 12, 0)


async def test_only_the_entities_that_are_asked_for(hub: Hub, database: Path) -> None:
    """Patterns, as people write them."""
    job = await load(
        hub, database.read_bytes(), entities="binary_sensor.*, climate.stove"
    )
    assert counts(job) == (3, 0, 0)
    assert {entry["point"] for entry in await stored(hub)} == {
        "binary_sensor.door",
        "climate.stove",
    }


async def test_values_come_in_the_unit_of_the_point(hub: Hub, database: Path) -> None:
    """What is kept in °C so far goes on in °C."""
    point = Point(
        id="sensor.kitchen",
        object_id="sensor.kitchen",
        kind=PointKind.SENSOR,
        name="Kitchen",
        unit="°C",
    )
    body = HelloBody(name="Home Assistant", adapter="homeassistant", points=(point,))
    await hub.parts.gateway.receive([Hello(device="homeassistant", ts=1.0, body=body)])
    assert hub.parts.registry.require("homeassistant").status is DeviceStatus.PENDING
    await load(hub, database.read_bytes(), entities="sensor.kitchen")
    values = [entry.get("value") for entry in await stored(hub)]
    assert values == pytest.approx(
        [10.0, 10.5555555556, 11.1111111111, 20.0, 21.3888888889, None, 22.2222222222]
    )


def test_a_live_database_is_copied_as_of_one_moment(
    database: Path, tmp_path: Path
) -> None:
    """What is in its write-ahead log only comes along, and it is not written."""
    live = tmp_path / "live.db"
    live.write_bytes(database.read_bytes())
    writer = sqlite3.connect(live)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("UPDATE states SET state='99' WHERE state='68'")
    writer.commit()
    before = live.read_bytes()
    with steady_copy(live) as copy:
        reader = sqlite3.connect(f"file:{copy}?immutable=1", uri=True)
        rows = reader.execute("SELECT count(*) FROM states WHERE state='99'").fetchone()
        reader.close()
    assert rows == (1,)
    assert live.read_bytes() == before
    writer.close()
    assert not copy.exists()


async def test_an_old_schema_is_refused(
    hub: Hub, database: Path, tmp_path: Path
) -> None:
    """With what to do about it."""
    old = tmp_path / "old.db"
    old.write_bytes(database.read_bytes())
    connection = sqlite3.connect(old)
    connection.execute("UPDATE schema_changes SET schema_version = 30")
    connection.commit()
    connection.close()
    job = await load(hub, old.read_bytes())
    assert job["status"] == "failed"
    assert "newer Home Assistant" in job["error"]
