"""Buttons of Hearthward."""

from typing import override

from homeassistant.components.button import ButtonDeviceClass, ButtonEntity
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
    """Set up the buttons of a hub."""
    async_add_points(entry, async_add_entities, Platform.BUTTON, HearthwardButton)


class HearthwardButton(HearthwardEntity, ButtonEntity):
    """Something that a device does when asked."""

    translated = frozenset(
        {"acknowledge", "autotune", "calibrate_flow", "reset_trip", "restart", "test"}
    )

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = enum_or_none(ButtonDeviceClass, point.device_class)

    @override
    async def async_press(self) -> None:
        """Press the button."""
        await self.async_command()
