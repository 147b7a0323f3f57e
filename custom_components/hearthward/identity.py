"""The ids by which Home Assistant knows devices, zones and points; they must stay stable."""

from .const import DOMAIN


def hub_identifier(hub_id: str) -> tuple[str, str]:
    """Return the device registry identifier of the hub itself."""
    return (DOMAIN, hub_id)


def device_identifier(hub_id: str, device_id: str) -> tuple[str, str]:
    """Return the device registry identifier of a device."""
    return (DOMAIN, f"{hub_id}/{device_id}")


def zone_identifier(hub_id: str, device_id: str, zone_id: str) -> tuple[str, str]:
    """Return the device registry identifier of a zone."""
    return (DOMAIN, f"{hub_id}/{device_id}/{zone_id}")


def point_unique_id(hub_id: str, device_id: str, point_id: str) -> str:
    """Return the unique id of a point's entity."""
    return f"{hub_id}/{device_id}/{point_id}"


def hub_unique_id(hub_id: str, key: str) -> str:
    """Return the unique id of an entity of the hub itself."""
    return f"{hub_id}/{key}"


def is_hub_unique_id(hub_id: str, unique_id: str) -> bool:
    """Return if an entity is one of the hub itself, which is no point of a device."""
    return "/" not in unique_id.removeprefix(f"{hub_id}/")
