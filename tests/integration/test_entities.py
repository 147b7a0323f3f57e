"""Every entity of a home with one device of each kind."""

from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.hearthward import PLATFORMS
from hearthward.model.statistics import Statistics
from hearthward.ops.statistics import Monitor

from .conftest import set_up
from .hub import RunningHub


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub say of itself what it would say on a machine that is always the same."""

    async def read(monitor: Monitor) -> Statistics:
        return Statistics(
            ts=1_795_000_000,
            seq=42,
            lifelog_bytes=123_456_789,
            media_bytes=9_876_543_210,
            free_bytes=50_000_000_000,
            ingest_rate=12.34,
            backlog=3,
            dead_letters=2,
        )

    monkeypatch.setattr(Monitor, "read", read)


@pytest.fixture
def all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no entity start disabled."""
    monkeypatch.setattr(
        Entity, "entity_registry_enabled_default", property(lambda _: True)
    )


@pytest.mark.usefixtures("steady", "all_enabled")
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_entities(
    hass: HomeAssistant,
    inhabited: RunningHub,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    platform: Platform,
) -> None:
    """Each point becomes the entity that it should be."""
    with patch("custom_components.hearthward.PLATFORMS", [platform]):
        await set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_disabled_by_default(
    hass: HomeAssistant, home: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """What few people need starts disabled."""
    for entity_id in (
        "sensor.heater_uptime",
        "sensor.test_hub_ingest_rate",
        "sensor.test_hub_backlog",
    ):
        entity = entity_registry.async_get(entity_id)
        assert entity is not None, entity_id
        assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        assert hass.states.get(entity_id) is None


async def test_devices(
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Each device of the hub is a device, each zone a child of it."""
    main = dr.async_entries_for_config_entry(device_registry, home.entry_id)
    assert sorted(main, key=lambda device: str(device.name)) == snapshot(name="devices")
    heater = next(device for device in main if device.name == "Heater")
    zones = dr.async_entries_for_parent_device(device_registry, heater.id)
    assert sorted(zones, key=lambda zone: str(zone.name)) == snapshot(name="zones")
