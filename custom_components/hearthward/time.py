"""Times of Hearthward."""

from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the times of a hub."""
    async_add_points(entry, async_add_entities, Platform.TIME, HearthwardTime)


class HearthwardTime(HearthwardEntity, TimeEntity):
    """A time of day that can be set."""

    @property
    @override
    def native_value(self) -> time | None:
        """Return the time of day."""
        return dt_util.parse_time(self.reported_text) if self.reported_text else None

    @override
    async def async_set_value(self, value: time) -> None:
        """Set the time of day."""
        await self.async_command(value=value.isoformat(timespec="seconds"))
