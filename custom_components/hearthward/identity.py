"""The ids by which Home Assistant knows devices, zones and points; they must stay stable."""

from .const import DOMAIN


def device_identifier(hub_id: str, device_id: str) -> tuple[str, str]:
    """Return the device registry identifier of a device."""
    return (DOMAIN, f"{hub_id}/{device_id}")


def zone_identifier(hub_id: str, device_id: str, zone_id: str) -> tuple[str, str]:
    """Return the device registry identifier of a zone."""
    return (DOMAIN, f"{hub_id}/{device_id}/{zone_id}")


def point_unique_id(hub_id: str, device_id: str, point_id: str) -> str:
    """Return the unique id of a point's entity."""
    return f"{hub_id}/{device_id}/{point_id}"
