"""Actions of Hearthward."""

from typing import Final

from homeassistant.components.climate import DOMAIN as CLIMATE_DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
import probatio

from .const import DOMAIN
from .schedule import DAYS

SERVICE_SET_SCHEDULE: Final = "set_schedule"
SERVICE_BOOST: Final = "boost"

SLOT_SCHEMA: Final = probatio.Schema(
    {probatio.Required("time"): cv.time, probatio.Required("preset"): cv.string}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
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
