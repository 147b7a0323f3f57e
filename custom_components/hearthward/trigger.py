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

from .targets import events_of


class HeaterEventTrigger(StatelessEntityTriggerBase):
    """Fire when the heater of a targeted zone reports an event."""

    _domain_specs: Mapping[str, DomainSpec] = {EVENT_DOMAIN: DomainSpec()}
    _event_type: ClassVar[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the event entities of whatever part of a heater is targeted."""
        return events_of(self._hass, entities, self._event_type)

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Check the type of the event."""
        return (
            state.attributes.get(EventEntityStateAttribute.EVENT_TYPE)
            == self._event_type
        )


class ZoneTrippedTrigger(HeaterEventTrigger):
    """Fire when a safety trip stopped the heating of a zone."""

    _event_type = "tripped"


class SensorLostTrigger(HeaterEventTrigger):
    """Fire when a temperature sensor was lost."""

    _event_type = "sensor_lost"


TRIGGERS: dict[str, type[Trigger]] = {
    "sensor_lost": SensorLostTrigger,
    "zone_tripped": ZoneTrippedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of Hearthward."""
    return TRIGGERS
