"""Keep a home warm and the people in it safe."""

from homeassistant.const import CONF_TOKEN, CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.helpers.typing import ConfigType

from .cards import async_setup_cards
from .client import HearthwardClient
from .const import CONF_EXPOSED, DOMAIN
from .coordinator import (
    HearthwardConfigEntry,
    HearthwardCoordinator,
    HearthwardRuntimeData,
)
from .devices import identifiers
from .exposure import Exposure
from .issues import async_drop_issues
from .services import async_setup_services
from .views import async_setup_views
from .websocket import async_setup_websocket

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CLIMATE,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
    Platform.TIME,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what exists with or without a hub: actions, views and cards."""
    async_setup_services(hass)
    async_setup_views(hass)
    async_setup_websocket(hass)
    await async_setup_cards(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HearthwardConfigEntry) -> bool:
    """Set up a hub."""
    client = HearthwardClient(
        entry.data[CONF_URL], async_get_clientsession(hass), entry.data[CONF_TOKEN]
    )
    coordinator = HearthwardCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    exposure = Exposure(hass, client, entry.options.get(CONF_EXPOSED, ()))
    entry.runtime_data = HearthwardRuntimeData(
        coordinator=coordinator, exposure=exposure
    )

    # Entities of zones refer to their device, which must be known before them.
    coordinator.async_sync()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)

    # After the entities, so that no event is told to nobody.
    entry.async_create_background_task(
        hass, coordinator.async_follow(), f"Hearthward {entry.title} stream"
    )
    entry.async_create_background_task(
        hass, exposure.async_run(), f"Hearthward {entry.title} exposure"
    )
    entry.async_on_unload(coordinator.async_add_listener(exposure.async_wake))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HearthwardConfigEntry) -> bool:
    """Unload a hub."""
    async_drop_issues(hass, entry.entry_id)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: HearthwardConfigEntry, device_entry: AnyDeviceEntry
) -> bool:
    """Allow to remove a device only when it is not part of the home."""
    home = entry.runtime_data.coordinator.data
    return not device_entry.identifiers & identifiers(home)
