"""Setting up, losing and getting back a hub."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import devices
from .hub import RunningHub


async def test_heater(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    await hub.admit(devices.HEATER, devices.heater())
    await hub.say(
        devices.HEATER,
        living_room__zone={
            "mode": "heat",
            "action": "heating",
            "preset": "normal",
            "current_temperature": 18.5,
            "target_temperature": 21.0,
        },
    )
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    for s in hass.states.async_all():
        print(s.entity_id, s.state, dict(s.attributes))
    assert await hass.config_entries.async_unload(entry.entry_id)
