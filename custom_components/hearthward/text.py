"""Texts of Hearthward."""

from typing import Final, override

from homeassistant.components.text import TextEntity, TextMode
from homeassistant.const import MAX_LENGTH_STATE_STATE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import enum_or_none
from .models import Point
from .schedule import DAYS

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0

SCHEDULES: Final = frozenset(f"schedule_{day}" for day in DAYS)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the texts of a hub."""
    async_add_points(entry, async_add_entities, Platform.TEXT, HearthwardText)


class HearthwardText(HearthwardEntity, TextEntity):
    """Words that can be set."""

    translated = SCHEDULES

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_mode = enum_or_none(TextMode, point.mode) or TextMode.TEXT
        self._attr_native_max = min(
            point.max_length or MAX_LENGTH_STATE_STATE, MAX_LENGTH_STATE_STATE
        )
        self._attr_native_min = point.min_length or 0
        self._attr_pattern = point.pattern

    @property
    @override
    def native_value(self) -> str | None:
        """Return the words, as many of them as a state can hold."""
        text = self.reported_text
        return None if text is None else text[: self.native_max]

    @override
    async def async_set_value(self, value: str) -> None:
        """Set the words."""
        await self.async_command(value=value)
