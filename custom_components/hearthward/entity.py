"""What all entities of Hearthward share."""

from collections.abc import Callable, Container
from contextlib import AbstractContextManager
from typing import Any, ClassVar, override

from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import PROJECT_PREFIX
from .coordinator import SHAPE, HearthwardConfigEntry, HearthwardCoordinator
from .errors import translated_errors
from .identity import device_identifier, point_unique_id, zone_identifier
from .models import Device, Point, PointKey, PointState

CATEGORIES = {
    "config": EntityCategory.CONFIG,
    "diagnostic": EntityCategory.DIAGNOSTIC,
}


class HearthwardEntity(CoordinatorEntity[HearthwardCoordinator]):
    """A point of a device."""

    _attr_has_entity_name = True

    translated: ClassVar[Container[str]] = ()
    """The object ids of our own firmware for which this platform has translations."""

    def __init__(
        self, coordinator: HearthwardCoordinator, device: Device, point: Point
    ) -> None:
        """Take identity, name and place from the point."""
        self.key: PointKey = (device.id, point.id)
        super().__init__(coordinator, context=self.key)
        self.point = point
        self._attr_unique_id = point_unique_id(coordinator.hub_id, *self.key)
        self._attr_device_info = _device_info(coordinator, device, point)
        self._attr_entity_category = CATEGORIES.get(point.category)
        self._attr_entity_registry_enabled_default = point.enabled_by_default
        if is_own(device) and point.object_id in self.translated:
            self._attr_translation_key = point.object_id
        else:
            self._attr_name = point.name
            self._attr_icon = point.icon
        self._adopt(point)

    @callback
    def _adopt(self, point: Point) -> None:
        """Take over what the point says of itself, which may change at run time."""

    @property
    def device(self) -> Device | None:
        """Return the device of the point."""
        return self.coordinator.data.devices.get(self.key[0])

    @property
    def reported(self) -> PointState | None:
        """Return the last known state of the point."""
        return self.coordinator.data.states.get(self.key)

    @property
    def reported_value(self) -> float | None:
        """Return the number that the point reports."""
        return state.value if (state := self.reported) else None

    @property
    def reported_text(self) -> str | None:
        """Return the words that the point reports."""
        return state.text if (state := self.reported) else None

    @property
    @override
    def available(self) -> bool:
        """Return if the hub is connected to us and the device to the hub."""
        device = self.device
        return (
            super().available
            and device is not None
            and device.admitted
            and device.online
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Follow the state of the point, and what it says of itself."""
        point = self.coordinator.data.points.get(self.key)
        if point is not None and point != self.point:
            self.point = point
            self._adopt(point)
        super()._handle_coordinator_update()

    @override
    async def async_update(self) -> None:
        """Do nothing when asked for an update, as the stream tells everything at once."""

    def errors(self) -> AbstractContextManager[None]:
        """Translate what goes wrong while the device is spoken to."""
        device = self.device
        return translated_errors(
            self.hass,
            self.coordinator.config_entry,
            device.name if device else self.key[0],
        )

    async def async_command(self, **body: Any) -> None:
        """Ask the device for something and wait until it has acknowledged."""
        with self.errors():
            await self.coordinator.client.command(*self.key, body)


def is_own(device: Device) -> bool:
    """Return if the device runs our own firmware, whose object ids are known."""
    return (device.project or "").startswith(PROJECT_PREFIX)


def _device_info(
    coordinator: HearthwardCoordinator, device: Device, point: Point
) -> DeviceInfo | ChildDeviceInfo:
    """Return the zone of the point as a child of its device, or the device itself."""
    identifier = device_identifier(coordinator.hub_id, device.id)
    zone = next((zone for zone in device.zones if zone.id == point.zone), None)
    if zone is None:
        return DeviceInfo(identifiers={identifier})
    return ChildDeviceInfo(
        identifiers={zone_identifier(coordinator.hub_id, device.id, zone.id)},
        name=zone.name,
        parent_device_id=dr.async_get_device_id_by_identifier(
            coordinator.hass,
            identifier,
            config_entry_id=coordinator.config_entry.entry_id,
        ),
    )


@callback
def async_add_points(
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    kind: str,
    create: Callable[[HearthwardCoordinator, Device, Point], HearthwardEntity],
) -> None:
    """Add an entity for each point of a kind, now and whenever a device offers a new one."""
    coordinator = entry.runtime_data.coordinator
    known: set[PointKey] = set()

    @callback
    def add_new() -> None:
        home = coordinator.data
        known.intersection_update(home.kept)
        new = {
            key: point
            for key, point in home.points.items()
            if point.kind == kind and key not in known
        }
        known.update(new)
        async_add_entities(
            create(coordinator, home.devices[key[0]], point)
            for key, point in new.items()
        )

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new, SHAPE))
