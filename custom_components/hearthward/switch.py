"""Switches of Hearthward."""

from typing import Any, override

from homeassistant.components.switch import SwitchDeviceClass, SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import enum_or_none
from .models import Point

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of a hub."""
    async_add_points(entry, async_add_entities, Platform.SWITCH, HearthwardSwitch)


class HearthwardSwitch(HearthwardEntity, SwitchEntity):
    """Something that can be switched."""

    translated = frozenset({"heating", "prevent_sleep", "schedule"})

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = enum_or_none(SwitchDeviceClass, point.device_class)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return if it is on; unknown when the device reports no valid value."""
        return None if self.reported_value is None else bool(self.reported_value)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self.async_command(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self.async_command(value=False)
