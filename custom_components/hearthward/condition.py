"""Conditions of Hearthward."""

from collections.abc import Mapping
from typing import override

from homeassistant.components.climate import (
    DOMAIN as CLIMATE_DOMAIN,
    ClimateEntityStateAttribute,
    HVACAction,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .targets import own_entities


class ZoneIsHeatingCondition(EntityStateConditionBase):
    """Test if zones are heating."""

    _domain_specs: Mapping[str, DomainSpec] = {
        CLIMATE_DOMAIN: DomainSpec(value_source=ClimateEntityStateAttribute.HVAC_ACTION)
    }
    # A mutable set, as the base class declares it.
    _states = {HVACAction.HEATING.value}  # noqa: RUF012

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the zones among the targeted entities."""
        own = {entity.entity_id for entity in own_entities(self._hass, entities)}
        return super().entity_filter(own)


CONDITIONS: dict[str, type[Condition]] = {"zone_is_heating": ZoneIsHeatingCondition}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of Hearthward."""
    return CONDITIONS
