"""System health of Hearthward."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from yarl import URL

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register the system health callback."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how each hub does; the keys carry its name when there are several."""
    entries: list[HearthwardConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    info: dict[str, Any] = {"hubs": len(entries)}
    for entry in entries:
        coordinator = entry.runtime_data.coordinator
        devices = coordinator.data.devices.values()
        suffix = f" ({entry.title})" if len(entries) > 1 else ""
        info |= {
            f"hub_reachable{suffix}": system_health.async_check_can_reach_url(
                hass, str(URL(entry.data[CONF_URL]) / "health/live")
            ),
            f"stream_connected{suffix}": coordinator.last_update_success,
            f"hub_version{suffix}": coordinator.data.hub.version,
            f"devices_online{suffix}": (
                f"{sum(d.online for d in devices if d.admitted)}"
                f"/{sum(d.admitted for d in devices)}"
            ),
        }
    return info
