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
def heater_events(
    hass: HomeAssistant, entity_ids: set[str], event_type: str
) -> set[str]:
    """Return the event entities of the heaters of the targeted zones."""
    main, zones = _places(hass, entity_ids)
    return _events_on(hass, main | set(zones.values()), event_type)


@callback
def zone_events(hass: HomeAssistant, entity_ids: set[str], event_type: str) -> set[str]:
    """Return the event entities of the targeted zones themselves.

    A heater reports what happens in its zones too: where it is targeted as well, or where a zone
    has no event entity of its own, it alone is asked, so that nothing is told twice.
    """
    main, zones = _places(hass, entity_ids)
    events: set[str] = set()
    for zone, heater in zones.items():
        if heater in main:
            continue
        if found := _events_on(hass, {zone}, event_type):
            events |= found
        else:
            main.add(heater)
    return events | _events_on(hass, main, event_type)


def _places(
    hass: HomeAssistant, entity_ids: set[str]
) -> tuple[set[str], dict[str, str]]:
    """Return the targeted devices, and the targeted zones with their devices."""
    registry = dr.async_get(hass)
    main: set[str] = set()
    zones: dict[str, str] = {}
    for entity in own_entities(hass, entity_ids):
        device = registry.async_get(entity.device_id) if entity.device_id else None
        if isinstance(device, dr.ChildDeviceEntry):
            zones[device.id] = device.parent_device_id
        elif device is not None:
            main.add(device.id)
    return main, zones


def _events_on(hass: HomeAssistant, device_ids: set[str], event_type: str) -> set[str]:
    """Return the event entities of devices that can report an event."""
    registry = er.async_get(hass)
    return {
        entity.entity_id
        for device_id in device_ids
        for entity in er.async_entries_for_device(registry, device_id)
        if entity.domain == EVENT_DOMAIN
        and entity.platform == DOMAIN
        and event_type
        in (entity.capabilities or {}).get(
            EventEntityCapabilityAttribute.EVENT_TYPES, ()
        )
    }
