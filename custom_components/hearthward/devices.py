"""Keep the device and entity registries in line with the home."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .home import Home
from .identity import (
    device_identifier,
    hub_identifier,
    is_hub_unique_id,
    point_unique_id,
    zone_identifier,
)
from .models import STATUS_REVOKED, Device, HubInfo


@callback
def async_sync_devices(hass: HomeAssistant, entry_id: str, home: Home) -> None:
    """Register the hub, the admitted devices and their zones; remove what is no longer there.

    A device that has to be approved anew, as it came with another MAC address, keeps its place.
    """
    hub = _register_hub(hass, entry_id, home.hub)
    for device in home.devices.values():
        if device.admitted:
            _register(hass, entry_id, home.hub.id, device, hub.id)
    _remove_stale_devices(hass, entry_id, identifiers(home))
    _remove_stale_entities(hass, entry_id, home)


def identifiers(home: Home) -> set[tuple[str, str]]:
    """Return the identifiers of the hub, and of the devices and zones that were not turned away."""
    return {
        hub_identifier(home.hub.id),
        *(
            identifier
            for device in home.devices.values()
            if device.status != STATUS_REVOKED
            for identifier in device_identifiers(home.hub.id, device)
        ),
    }


def device_identifiers(hub_id: str, device: Device) -> set[tuple[str, str]]:
    """Return the identifiers of a device and of its zones."""
    return {
        device_identifier(hub_id, device.id),
        *(zone_identifier(hub_id, device.id, zone.id) for zone in device.zones),
    }


def _register_hub(hass: HomeAssistant, entry_id: str, hub: HubInfo) -> dr.DeviceEntry:
    """Register the hub itself."""
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry_id,
        entry_type=dr.DeviceEntryType.SERVICE,
        identifiers={hub_identifier(hub.id)},
        manufacturer="Hearthward",
        model="Hub",
        name=hub.name,
        sw_version=hub.version,
    )


def _register(
    hass: HomeAssistant, entry_id: str, hub_id: str, device: Device, via: str
) -> None:
    """Register a device and its zones, each below it."""
    registry = dr.async_get(hass)
    parent = registry.async_get_or_create(
        config_entry_id=entry_id,
        identifiers={device_identifier(hub_id, device.id)},
        connections=(
            {(dr.CONNECTION_NETWORK_MAC, device.mac)} if device.mac else set()
        ),
        manufacturer=device.manufacturer,
        model=device.model,
        model_id=device.project,
        name=device.name,
        serial_number=device.serial,
        suggested_area=device.area,
        sw_version=device.version,
        via_device_id=via,
    )
    for zone in device.zones:
        registry.async_get_or_create_child(
            config_entry_id=entry_id,
            identifiers={zone_identifier(hub_id, device.id, zone.id)},
            name=zone.name,
            parent_device_id=parent.id,
            suggested_area=zone.area,
        )


def _remove_stale_devices(
    hass: HomeAssistant, entry_id: str, current: set[tuple[str, str]]
) -> None:
    """Remove devices that were revoked or deleted, and zones that are gone."""
    registry = dr.async_get(hass)
    for child in dr.async_child_entries_for_config_entry(registry, entry_id):
        if not child.identifiers & current:
            registry.async_remove_device(child.id)
    for device in dr.async_entries_for_config_entry(registry, entry_id):
        if not device.identifiers & current:
            registry.async_remove_device(device.id)


def _remove_stale_entities(hass: HomeAssistant, entry_id: str, home: Home) -> None:
    """Remove the entities of points that a device no longer offers.

    A device that has not yet said what it offers keeps what it had.
    """
    registry = er.async_get(hass)
    current = {
        point_unique_id(home.hub.id, device_id, point_id)
        for device_id, point_id in home.kept
    }
    silent = tuple(
        point_unique_id(home.hub.id, device.id, "")
        for device in home.devices.values()
        if device.status != STATUS_REVOKED and not device.points
    )
    for entity in er.async_entries_for_config_entry(registry, entry_id):
        if (
            entity.unique_id not in current
            and not entity.unique_id.startswith(silent)
            and not is_hub_unique_id(home.hub.id, entity.unique_id)
        ):
            registry.async_remove(entity.entity_id)
