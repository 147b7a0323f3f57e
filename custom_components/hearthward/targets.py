"""Find out which of our entities the target of a trigger or condition means."""

from homeassistant.components.event import (
    DOMAIN as EVENT_DOMAIN,
    EventEntityCapabilityAttribute,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN


@callback
def own_entities(hass: HomeAssistant, entity_ids: set[str]) -> list[er.RegistryEntry]:
    """Return the entities of Hearthward."""
    registry = er.async_get(hass)
    return [
        entity
        for entity_id in entity_ids
        if (entity := registry.async_get(entity_id)) and entity.platform == DOMAIN
    ]


@callback
def events_of(hass: HomeAssistant, entity_ids: set[str], event_type: str) -> set[str]:
    """Return the event entities that tell of an event of the targeted zones and devices.

    A zone that reports the event itself is asked; else the heater that it belongs to.
    """
    events: set[str] = set()
    for entity in own_entities(hass, entity_ids):
        for device_id in _zone_then_heater(hass, entity):
            if found := _events_on(hass, device_id, event_type):
                events |= found
                break
    return events


def _zone_then_heater(hass: HomeAssistant, entity: er.RegistryEntry) -> list[str]:
    """Return the registry ids of the zone, if any, and of its device."""
    if entity.device_id is None:
        return []
    device = dr.async_get(hass).async_get(entity.device_id)
    if isinstance(device, dr.ChildDeviceEntry):
        return [device.id, device.parent_device_id]
    return [entity.device_id]


def _events_on(hass: HomeAssistant, device_id: str, event_type: str) -> set[str]:
    """Return the event entities of a device that can report the event."""
    return {
        entity.entity_id
        for entity in er.async_entries_for_device(er.async_get(hass), device_id)
        if entity.domain == EVENT_DOMAIN
        and entity.platform == DOMAIN
        and event_type
        in (entity.capabilities or {}).get(
            EventEntityCapabilityAttribute.EVENT_TYPES, ()
        )
    }
