"""Selects of Hearthward."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .models import Point

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the selects of a hub."""
    async_add_points(entry, async_add_entities, Platform.SELECT, HearthwardSelect)


class HearthwardSelect(HearthwardEntity, SelectEntity):
    """A choice."""

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_options = list(point.options)

    @property
    @override
    def current_option(self) -> str | None:
        """Return what is chosen."""
        return self.reported_text

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        await self.async_command(value=option)
