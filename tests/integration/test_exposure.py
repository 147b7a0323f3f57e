"""What the hub may see of Home Assistant."""

from datetime import UTC, datetime
from pathlib import Path
import sqlite3

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hearthward.const import CONF_EXPOSED
from hearthward.model.device import PointState
from hearthward.model.entry import EntryQuery

from .conftest import Settle, set_up, wait_for
from .hub import RunningHub

DOOR = "binary_sensor.door"
WEATHER = "weather.home"
PRIVATE = "sensor.private"  # pragma: allowlist secret


def seen(hub: RunningHub) -> dict[str, PointState]:
    """Return what the hub knows of Home Assistant's entities."""
    return {
        state.point: state
        for state in hub.parts.lifelog.states()
        if state.device == "homeassistant"
    }


@pytest.fixture
async def exposing(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> MockConfigEntry:
    """Return the config entry of a hub that may see a door and the weather."""
    hass.states.async_set(DOOR, "off")
    hass.states.async_set(PRIVATE, "42")
    hass.config_entries.async_update_entry(
        entry, options={CONF_EXPOSED: [DOOR, WEATHER]}
    )
    await set_up(hass, entry)
    await wait_for(hass, lambda: DOOR in seen(hub))
    return entry


async def test_states_are_forwarded(
    hass: HomeAssistant, hub: RunningHub, exposing: MockConfigEntry
) -> None:
    """The chosen entities are seen from the beginning, and each change of them."""
    assert hub.parts.exposed.entities == (DOOR, WEATHER)
    assert seen(hub)[DOOR].value == 0
    hass.states.async_set(DOOR, "on")
    hass.states.async_set(PRIVATE, "43")
    hass.states.async_set(
        WEATHER, "sunny", {"since": datetime(2026, 11, 21, tzinfo=UTC)}
    )
    await wait_for(hass, lambda: seen(hub)[DOOR].value == 1 and WEATHER in seen(hub))
    assert seen(hub)[WEATHER].text == "sunny"
    assert set(seen(hub)) == {DOOR, WEATHER}
    # Nothing can be told of an entity that is gone.
    hass.states.async_remove(DOOR)
    await hass.async_block_till_done()
    assert seen(hub)[DOOR].value == 1


async def test_hub_away(
    hass: HomeAssistant, hub: RunningHub, exposing: MockConfigEntry, settle: Settle
) -> None:
    """What changes while the hub is away is told when it is back."""
    await settle()
    coordinator = exposing.runtime_data.coordinator
    await hub.stop()
    await wait_for(hass, lambda: not coordinator.last_update_success)
    hass.states.async_set(DOOR, "on")
    await hass.async_block_till_done()
    hass.states.async_set(WEATHER, "rainy")
    await hub.start()
    await wait_for(hass, lambda: seen(hub)[DOOR].value == 1 and WEATHER in seen(hub))


async def test_hub_refuses(
    hass: HomeAssistant,
    hub: RunningHub,
    exposing: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A state that the hub does not take is told to a person, and holds up no other."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "custom_components.hearthward.exposure.message", lambda *_: {"odd": 1}
        )
        hass.states.async_set(DOOR, "on")
        await wait_for(hass, lambda: "refused states" in caplog.text)
    hass.states.async_set(DOOR, "on", {"again": 1})
    await wait_for(hass, lambda: seen(hub)[DOOR].value == 1)


async def test_what_is_told(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """What describes an entity is told, with its area, but no key to a camera and no ballast."""
    hall = area_registry.async_create("Hall")
    registered = entity_registry.async_get_or_create(
        "binary_sensor", "test", "door", suggested_object_id="door"
    )
    entity_registry.async_update_entity(registered.entity_id, area_id=hall.id)
    hass.states.async_set(
        DOOR,
        "on",
        {
            "device_class": "door",
            "friendly_name": "Front door",
            "access_token": "secret",
            "entity_picture": "/api/camera_proxy/camera.door?token=secret",
        },
    )
    hass.states.async_set(
        WEATHER, "sunny", {"friendly_name": "Weather", "forecast": "x" * 20_000}
    )
    hass.config_entries.async_update_entry(
        entry, options={CONF_EXPOSED: [DOOR, WEATHER]}
    )
    await set_up(hass, entry)
    await wait_for(hass, lambda: set(seen(hub)) == {DOOR, WEATHER})
    points = {
        point.id: point for point in hub.parts.registry.require("homeassistant").points
    }
    assert points[DOOR].name == "Front door"
    assert points[DOOR].device_class == "door"
    assert points[DOOR].zone == "Hall"
    assert points[WEATHER].name == "Weather"
    entries = await hub.parts.lifelog.history(EntryQuery(device="homeassistant"))
    told = msgspec.json.encode(entries).decode()
    assert "Front door" in told
    assert "secret" not in told
    assert "xxx" not in told


async def test_many(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """More than the hub takes at once is told in parts."""
    many = [f"sensor.number_{number}" for number in range(120)]
    for entity_id in many:
        hass.states.async_set(entity_id, "1", {"much": "x" * 10_000})
    hass.config_entries.async_update_entry(entry, options={CONF_EXPOSED: many})
    await set_up(hass, entry)
    await wait_for(hass, lambda: set(seen(hub)) == set(many))


async def test_hub_cannot_store(
    hass: HomeAssistant,
    hub: RunningHub,
    exposing: MockConfigEntry,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a hub that is there could not store is told again, though nothing else happens."""
    monkeypatch.setattr("custom_components.hearthward.exposure.RETRY", 0.1)
    await settle()
    database = sqlite3.connect(tmp_path / "hub" / "lifelog.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    hass.states.async_set(DOOR, "on")
    await wait_for(hass, lambda: hub.parts.lifelog.failure is not None)
    database.execute("ROLLBACK")
    database.close()
    await wait_for(hass, lambda: seen(hub)[DOOR].value == 1)


async def test_nothing_is_exposed(
    hass: HomeAssistant, hub: RunningHub, exposing: MockConfigEntry
) -> None:
    """What is no longer chosen is no longer seen."""
    hass.config_entries.async_update_entry(exposing, options={})
    await hass.config_entries.async_reload(exposing.entry_id)
    await wait_for(hass, lambda: not hub.parts.exposed.entities)
    hass.states.async_set(DOOR, "on")
    await hass.async_block_till_done()
    assert seen(hub)[DOOR].value == 0
