"""Every entity of a home with one device of each kind."""

from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.hearthward import PLATFORMS

from . import devices
from .conftest import set_up
from .hub import RunningHub


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
    await inhabited.introduce(devices.HEATER, devices.enabled(devices.heater()))
    with patch("custom_components.hearthward.PLATFORMS", [platform]):
        await set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_disabled_by_default(
    hass: HomeAssistant, home: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """What few people need starts disabled."""
    uptime = entity_registry.async_get("sensor.heater_uptime")
    assert uptime is not None
    assert uptime.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get("sensor.heater_uptime") is None


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
