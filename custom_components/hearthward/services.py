"""Actions of Hearthward."""

from typing import Final

from homeassistant.components.climate import DOMAIN as CLIMATE_DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
import probatio

from .const import DOMAIN
from .dead_letter_services import async_setup_dead_letter_services
from .export_service import async_setup_export_service
from .lifelog_services import async_setup_lifelog_services
from .schedule import DAYS

SERVICE_SET_SCHEDULE: Final = "set_schedule"
SERVICE_BOOST: Final = "boost"

SLOT_SCHEMA: Final = probatio.Schema(
    {probatio.Required("time"): cv.time, probatio.Required("preset"): cv.string}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, which exist with or without a hub."""
    _setup_zone_services(hass)
    async_setup_lifelog_services(hass)
    async_setup_export_service(hass)
    async_setup_dead_letter_services(hass)


@callback
def _setup_zone_services(hass: HomeAssistant) -> None:
    """Register the actions on zones."""
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_SET_SCHEDULE,
        entity_domain=CLIMATE_DOMAIN,
        func="async_set_schedule",
        schema={
            probatio.Optional("days", default=list(DAYS)): probatio.All(
                cv.ensure_list, [probatio.In(DAYS)]
            ),
            probatio.Required("slots"): probatio.All(cv.ensure_list, [SLOT_SCHEMA]),
        },
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_BOOST,
        entity_domain=CLIMATE_DOMAIN,
        func="async_boost",
        schema={
            probatio.Optional("minutes"): probatio.All(
                probatio.Coerce(float), probatio.Range(min=1, max=1440)
            )
        },
        supports_response=SupportsResponse.OPTIONAL,
    )
