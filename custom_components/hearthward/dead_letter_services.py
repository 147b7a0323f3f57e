"""Actions on messages that a hub rejected; they may hold anything, so they are for administrators."""

from dataclasses import asdict
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .calls import HUB_FIELDS, errors_of, hub_of
from .const import DOMAIN

ATTR_DEVICE: Final = "device"
ATTR_ID: Final = "id"
ATTR_LIMIT: Final = "limit"
ATTR_REASON: Final = "reason"

REASONS: Final = (
    "too_large",
    "invalid_json",
    "invalid_message",
    "not_permitted",
    "unknown_device",
    "device_pending",
    "device_revoked",
    "unknown_point",
    "wrong_unit",
    "out_of_range",
    "implausible_rate",
    "invalid_time",
)

ONE: Final = probatio.Schema(
    {**HUB_FIELDS, probatio.Required(ATTR_ID): cv.positive_int}
)
MANY: Final = probatio.Schema(
    {
        **HUB_FIELDS,
        probatio.Optional(ATTR_REASON): probatio.In(REASONS),
        probatio.Optional(ATTR_DEVICE): cv.string,
        probatio.Optional(ATTR_LIMIT, default=100): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=1000)
        ),
    }
)


@callback
def async_setup_dead_letter_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, handler, schema, response in (
        ("list_dead_letters", _list, MANY, SupportsResponse.ONLY),
        ("read_dead_letter", _read, ONE, SupportsResponse.ONLY),
        ("replay_dead_letter", _replay, ONE, SupportsResponse.OPTIONAL),
        ("replay_dead_letters", _replay_many, MANY, SupportsResponse.OPTIONAL),
        ("delete_dead_letter", _delete, ONE, SupportsResponse.NONE),
    ):
        async_register_admin_service(hass, DOMAIN, name, handler, schema, response)


async def _list(call: ServiceCall) -> ServiceResponse:
    """List rejected messages without their payloads."""
    coordinator = hub_of(call)
    with errors_of(coordinator):
        page = await coordinator.lifelog.dead_letters(**_which(call))
    return {"letters": [asdict(one) for one in page.letters], "total": page.total}


async def _read(call: ServiceCall) -> ServiceResponse:
    """Return a rejected message whole."""
    coordinator = hub_of(call)
    with errors_of(coordinator):
        return asdict(await coordinator.lifelog.dead_letter(call.data[ATTR_ID]))


async def _replay(call: ServiceCall) -> ServiceResponse:
    """Try a rejected message again."""
    coordinator = hub_of(call)
    with errors_of(coordinator):
        replayed = await coordinator.lifelog.replay(call.data[ATTR_ID])
        await coordinator.async_refresh_statistics()
    return asdict(replayed)


async def _replay_many(call: ServiceCall) -> ServiceResponse:
    """Try rejected messages again."""
    coordinator = hub_of(call)
    with errors_of(coordinator):
        replayed = await coordinator.lifelog.replay_many(**_which(call))
        await coordinator.async_refresh_statistics()
    return asdict(replayed)


async def _delete(call: ServiceCall) -> None:
    """Delete a rejected message."""
    coordinator = hub_of(call)
    with errors_of(coordinator):
        await coordinator.lifelog.delete(call.data[ATTR_ID])
        await coordinator.async_refresh_statistics()


def _which(call: ServiceCall) -> dict[str, str | int | None]:
    """Return which messages are meant."""
    return {
        name: call.data.get(name) for name in (ATTR_REASON, ATTR_DEVICE, ATTR_LIMIT)
    }
