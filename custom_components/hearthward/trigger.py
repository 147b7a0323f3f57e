"""Triggers of Hearthward."""

from collections.abc import Mapping
from typing import ClassVar, override

from homeassistant.components.event import (
    DOMAIN as EVENT_DOMAIN,
    EventEntityStateAttribute,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .targets import heater_events, zone_events


class HearthwardEventTrigger(StatelessEntityTriggerBase):
    """Fire when an event of one type happens."""

    _domain_specs: Mapping[str, DomainSpec] = {EVENT_DOMAIN: DomainSpec()}
    _event_type: ClassVar[str]

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Check the type of the event."""
        return (
            state.attributes.get(EventEntityStateAttribute.EVENT_TYPE)
            == self._event_type
        )


class ZoneTrippedTrigger(HearthwardEventTrigger):
    """Fire when a safety trip stopped the heater of a zone."""

    _event_type = "tripped"

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the events of the heater: a trip stops all of its zones."""
        return heater_events(self._hass, entities, self._event_type)


class SensorLostTrigger(HearthwardEventTrigger):
    """Fire when a zone lost a temperature sensor."""

    _event_type = "sensor_lost"

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the events of the zone: a lost sensor is its own."""
        return zone_events(self._hass, entities, self._event_type)


TRIGGERS: dict[str, type[Trigger]] = {
    "sensor_lost": SensorLostTrigger,
    "zone_tripped": ZoneTrippedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of Hearthward."""
    return TRIGGERS
