"""Diagnostics of Hearthward."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry
from yarl import URL

from .const import CONF_ASSISTANTS, CONF_EXPOSED
from .coordinator import HearthwardConfigEntry
from .devices import device_identifiers
from .home import Home

# Who lives there, and where their network can be reached.
TO_REDACT: Final = {CONF_TOKEN, CONF_URL, "address", "mac", "owner", "serial"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HearthwardConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of a hub."""
    coordinator = entry.runtime_data.coordinator
    home = coordinator.data
    return {
        "entry": async_redact_data(dict(entry.data), TO_REDACT),
        "exposed_entities": len(entry.options.get(CONF_EXPOSED, ())),
        "states_waiting": len(entry.runtime_data.exposure.waiting),
        "assistants": entry.options.get(CONF_ASSISTANTS, False),
        "connected": coordinator.last_update_success,
        "last_error": _last_error(entry),
        "hub": asdict(home.hub),
        "seq": home.seq,
        "statistics": coordinator.statistics and asdict(coordinator.statistics),
        "devices": [_device(home, device_id) for device_id in home.devices],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: HearthwardConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return diagnostics of a device, or of the device that a zone belongs to."""
    home = entry.runtime_data.coordinator.data
    return next(
        _device(home, candidate.id)
        for candidate in home.devices.values()
        if device.identifiers & device_identifiers(home.hub.id, candidate)
    )


def _last_error(entry: HearthwardConfigEntry) -> str | None:
    """Return what went wrong last, without where the hub is."""
    error = entry.runtime_data.coordinator.last_exception
    host = URL(entry.data[CONF_URL]).host
    return str(error).replace(host, REDACTED) if error and host else None


def _device(home: Home, device_id: str) -> dict[str, Any]:
    """Return a device with the state of its points."""
    return {
        **async_redact_data(asdict(home.devices[device_id]), TO_REDACT),
        "states": {
            point: asdict(state)
            for (device, point), state in home.states.items()
            if device == device_id
        },
    }
