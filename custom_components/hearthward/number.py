"""Numbers of Hearthward."""

from typing import override

from homeassistant.components.number import (
    DEFAULT_MAX_VALUE,
    DEFAULT_MIN_VALUE,
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
)
from homeassistant.components.number.const import DEVICE_CLASS_UNITS
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import class_for_unit, enum_or_none
from .models import Point

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of a hub."""
    async_add_points(entry, async_add_entities, Platform.NUMBER, HearthwardNumber)


class HearthwardNumber(HearthwardEntity, NumberEntity):
    """A number that can be set."""

    translated = frozenset(
        {
            "boost_duration",
            "boost_temperature",
            "coolant_limit",
            "eco_temperature",
            "normal_temperature",
            "preheat_lead",
            "temperature_limit",
        }
    )

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = class_for_unit(
            NumberDeviceClass, DEVICE_CLASS_UNITS, point
        )
        self._attr_mode = enum_or_none(NumberMode, point.mode) or NumberMode.AUTO
        self._attr_native_max_value = (
            DEFAULT_MAX_VALUE if point.max is None else point.max
        )
        self._attr_native_min_value = (
            DEFAULT_MIN_VALUE if point.min is None else point.min
        )
        if point.step:
            self._attr_native_step = point.step
        self._attr_native_unit_of_measurement = point.unit

    @property
    @override
    def native_value(self) -> float | None:
        """Return the number."""
        return self.reported_value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the number."""
        await self.async_command(value=value)
