"""What the actions on a hub's lifelog share."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.util import dt as dt_util
import probatio

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry, HearthwardCoordinator
from .devices import device_identifiers
from .errors import translated_errors
from .identity import point_unique_id
from .models import ADAPTER_HOME_ASSISTANT, PointKey

ATTR_PERSON: Final = "person"
ATTR_ROOM: Final = "room"
ATTR_SINCE: Final = "since"
ATTR_UNTIL: Final = "until"

HUB_FIELDS: Final = {probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}
SPAN_FIELDS: Final = {
    probatio.Optional(ATTR_SINCE): cv.datetime,
    probatio.Optional(ATTR_UNTIL): cv.datetime,
}


@callback
def hub_of(call: ServiceCall) -> HearthwardCoordinator:
    """Return the hub that an action is for: the one that is named, or the only one."""
    entry: HearthwardConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    return entry.runtime_data.coordinator


def errors_of(coordinator: HearthwardCoordinator) -> AbstractContextManager[None]:
    """Translate what goes wrong while the hub is asked."""
    return translated_errors(
        coordinator.hass, coordinator.config_entry, coordinator.data.hub.name
    )


def timestamp(moment: datetime | None) -> float | None:
    """Return a time in seconds since the epoch; one without a time zone is local."""
    return None if moment is None else dt_util.as_utc(moment).timestamp()


def span(call: ServiceCall) -> dict[str, float | None]:
    """Return the time that an action is about."""
    return {
        ATTR_SINCE: timestamp(call.data.get(ATTR_SINCE)),
        ATTR_UNTIL: timestamp(call.data.get(ATTR_UNTIL)),
    }


@callback
def room_name(hass: HomeAssistant, room: str | None) -> str | None:
    """Return the name of an area, as the hub does not know our ids; a name stays as it is."""
    area = ar.async_get(hass).async_get_area(room) if room else None
    return area.name if area else room


@callback
def hub_device(coordinator: HearthwardCoordinator, device_id: str) -> str:
    """Return the hub's id of a device, or of the device that a zone belongs to."""
    device = dr.async_get(coordinator.hass).async_get(device_id)
    home = coordinator.data
    for candidate in home.devices.values():
        if device and device.identifiers & device_identifiers(home.hub.id, candidate):
            return candidate.id
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="device_not_found",
        translation_placeholders={"hub": home.hub.name},
    )


@callback
def hub_point(coordinator: HearthwardCoordinator, entity_id: str) -> PointKey:
    """Return the point of an entity; any other entity is one that the hub was shown."""
    entity = er.async_get(coordinator.hass).async_get(entity_id)
    if entity and entity.config_entry_id == coordinator.config_entry.entry_id:
        for key in coordinator.data.kept:
            if entity.unique_id == point_unique_id(coordinator.hub_id, *key):
                return key
    return (ADAPTER_HOME_ASSISTANT, entity_id)


async def user_name(call: ServiceCall) -> str | None:
    """Return the name of who called an action, None for an automation."""
    if (user_id := call.context.user_id) is None:
        return None
    user = await call.hass.auth.async_get_user(user_id)
    return user.name if user else None
