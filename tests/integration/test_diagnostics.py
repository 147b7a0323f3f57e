"""What a person sends along when something does not work."""

import json

from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.hearthward.const import DOMAIN
from custom_components.hearthward.exceptions import HearthwardConnectionError

from . import devices
from .conftest import Settle, wait_for
from .hub import RunningHub

CHANGING = props("created", "epoch", "last_seen", "seq", "statistics", "ts")


async def test_diagnostics(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    snapshot: SnapshotAssertion,
    hass_client: ClientSessionGenerator,
) -> None:
    """All that is known is there, but nothing that is nobody's business."""
    await settle()
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, home)
    text = json.dumps(diagnostics)
    for secret in (home.data[CONF_TOKEN], hub.url, "192.0.2.10", devices.MAC.format(1)):
        assert secret not in text
    assert diagnostics == snapshot(exclude=CHANGING)
    assert isinstance(diagnostics, dict)
    statistics = diagnostics["statistics"]
    assert isinstance(statistics, dict)
    assert statistics["storage_problem"] is None

    await hub.stop()
    await wait_for(hass, lambda: not home.runtime_data.coordinator.last_update_success)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, home)
    assert isinstance(diagnostics, dict)
    assert diagnostics["connected"] is False
    # In the words of the network, but without its addresses.
    coordinator = home.runtime_data.coordinator
    coordinator.last_exception = HearthwardConnectionError(f"No way to {hub.url}")
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, home)
    assert isinstance(diagnostics, dict)
    last_error = diagnostics["last_error"]
    assert isinstance(last_error, str)
    assert "No way to" in last_error
    assert "127.0.0.1" not in last_error
    await hub.start()


async def test_device_diagnostics(
    hass: HomeAssistant,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    snapshot: SnapshotAssertion,
    hass_client: ClientSessionGenerator,
) -> None:
    """Those of a device are its own."""
    [button] = [
        device
        for device in dr.async_entries_for_config_entry(device_registry, home.entry_id)
        if device.name == "Care button"
    ]
    diagnostics = await get_diagnostics_for_device(hass, hass_client, home, button)
    assert diagnostics == snapshot(exclude=CHANGING)


async def test_zone_diagnostics(
    hass: HomeAssistant,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """Those of a zone are those of its device."""
    zone = dr.async_child_entries_for_config_entry(device_registry, home.entry_id)[0]
    diagnostics = await get_diagnostics_for_device(hass, hass_client, home, zone)
    assert isinstance(diagnostics, dict)
    assert diagnostics["id"] == devices.HEATER


async def test_system_health(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """The overview says whether the hub is there."""
    assert await async_setup_component(hass, "system_health", {})
    await settle()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info.pop("hub_reachable") == "ok"
    assert info == {
        "hubs": 1,
        "stream_connected": True,
        "hub_version": "1.2.3",
        "devices_online": "4/4",
    }


async def test_system_health_of_two_hubs(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """Two hubs are told apart by their names."""
    assert await async_setup_component(hass, "system_health", {})
    # The same hub under another name is as good as two.
    other = MockConfigEntry(
        domain=DOMAIN, title="Cabin", unique_id="cabin", data=home.data
    )
    other.add_to_hass(hass)
    other.runtime_data = home.runtime_data
    other.mock_state(hass, home.state)
    info = await get_system_health_info(hass, DOMAIN)
    assert info["hubs"] == 2
    assert await info["hub_reachable (Cabin)"] == "ok"
    assert await info["hub_reachable (Test hub)"] == "ok"
    other.mock_state(hass, home.state.NOT_LOADED)
