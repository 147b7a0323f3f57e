"""Events of Hearthward."""

from typing import override

from homeassistant.components.event import EventDeviceClass, EventEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import enum_or_none
from .models import Entry, Point

# The stream does the talking; the entity only reads what it found.
PARALLEL_UPDATES = 0

ATTR_OCCURRED_AT = "occurred_at"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of a hub."""
    async_add_points(entry, async_add_entities, Platform.EVENT, HearthwardEvent)


class HearthwardEvent(HearthwardEntity, EventEntity):
    """Something that happens on a device."""

    translated = frozenset({"activity", "button", "heater"})

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = enum_or_none(EventDeviceClass, point.device_class)
        self._attr_event_types = list(point.options)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for events."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_add_event_listener(self.key, self._handle_event)
        )

    @property
    @override
    def available(self) -> bool:
        """Return if the hub is connected.

        What happened last stays true when its device is away. And an event that was told late,
        after an outage during which its device left, must still be seen by automations.
        """
        return self.coordinator.last_update_success

    @callback
    def _handle_event(self, entry: Entry) -> None:
        """Report an event; one that was missed during an outage is reported after it."""
        event_type = entry.text or ""
        if event_type not in self._attr_event_types:
            self._attr_event_types = [*self._attr_event_types, event_type]
        self._trigger_event(
            event_type,
            {
                **(entry.body or {}),
                # The two are apart when the hub was out of reach in between.
                ATTR_OCCURRED_AT: dt_util.utc_from_timestamp(entry.ts).isoformat(),
            },
        )
        self.async_write_ha_state()
