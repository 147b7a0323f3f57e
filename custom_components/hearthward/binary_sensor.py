"""Binary sensors of Hearthward."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import enum_or_none
from .hub_entity import HearthwardHubEntity, async_add_hub_entities
from .models import Point

# The stream does the talking; the entity only reads what it found.
PARALLEL_UPDATES = 0

STORAGE_PROBLEM: Final = BinarySensorEntityDescription(
    key="storage_problem",
    translation_key="storage_problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of a hub."""
    async_add_points(
        entry, async_add_entities, Platform.BINARY_SENSOR, HearthwardBinarySensor
    )
    async_add_hub_entities(
        entry, async_add_entities, HearthwardStorageProblem, (STORAGE_PROBLEM,)
    )


class HearthwardBinarySensor(HearthwardEntity, BinarySensorEntity):
    """Something that is either on or off."""

    translated = frozenset(
        {
            "alarm",
            "battery_low",
            "battery_stale",
            "burner",
            "clock_valid",
            "contact",
            "firmware",
            "frost_protection",
            "heat_dump",
            "motion",
            "pump",
            "sensor_problem",
            "tripped",
            "valve_problem",
        }
    )

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = enum_or_none(
            BinarySensorDeviceClass, point.device_class
        )

    @property
    @override
    def is_on(self) -> bool | None:
        """Return if it is on; unknown when the device reports no valid value."""
        return None if self.reported_value is None else bool(self.reported_value)


class HearthwardStorageProblem(HearthwardHubEntity, BinarySensorEntity):
    """Whether something keeps the hub from storing what happens."""

    @property
    @override
    def is_on(self) -> bool:
        """Return if there is a problem; a repair issue says which."""
        return self.statistics.storage_problem is not None
