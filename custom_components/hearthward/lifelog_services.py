"""Actions on the lifelog: search, note, forget."""

from dataclasses import asdict
from typing import Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .calls import (
    ATTR_PERSON,
    ATTR_ROOM,
    HUB_FIELDS,
    SPAN_FIELDS,
    errors_of,
    hub_device,
    hub_of,
    hub_point,
    room_name,
    span,
    timestamp,
    user_name,
)
from .const import DOMAIN
from .coordinator import HearthwardCoordinator
from .found import found_entry, found_page

SERVICE_SEARCH: Final = "search_lifelog"
SERVICE_ADD_NOTE: Final = "add_note"
SERVICE_FORGET: Final = "forget"

ATTR_CONFIRM: Final = "confirm"
ATTR_CURSOR: Final = "cursor"
ATTR_KIND: Final = "kind"
ATTR_LIMIT: Final = "limit"
ATTR_QUERY: Final = "query"
ATTR_REASON: Final = "reason"
ATTR_TEXT: Final = "text"
ATTR_TIME: Final = "time"

KINDS: Final = (
    "ack",
    "audit",
    "command",
    "device",
    "erasure",
    "event",
    "incident",
    "media",
    "note",
    "state",
    "status",
)

SEARCH_FIELDS: Final = {
    **SPAN_FIELDS,
    probatio.Optional(ATTR_QUERY, default=""): probatio.All(
        cv.string, probatio.Length(max=500)
    ),
    probatio.Optional(ATTR_PERSON): cv.string,
    probatio.Optional(ATTR_ROOM): cv.string,
    probatio.Optional(ATTR_KIND): probatio.In(KINDS),
    probatio.Optional(ATTR_LIMIT, default=20): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=100)
    ),
    probatio.Optional(ATTR_CURSOR): cv.string,
}
NOTE_FIELDS: Final = {
    probatio.Required(ATTR_TEXT): probatio.All(
        cv.string, probatio.Length(min=1, max=4000)
    ),
    probatio.Optional(ATTR_TIME): cv.datetime,
    probatio.Optional(ATTR_PERSON): cv.string,
    probatio.Optional(ATTR_ROOM): cv.string,
}
FORGET_FIELDS: Final = {
    **SPAN_FIELDS,
    probatio.Optional(ATTR_PERSON): cv.string,
    probatio.Exclusive(ATTR_DEVICE_ID, "whose"): cv.string,
    probatio.Exclusive(ATTR_ENTITY_ID, "whose"): cv.entity_id,
    probatio.Optional(ATTR_REASON): cv.string,
    probatio.Optional(ATTR_CONFIRM, default=False): cv.boolean,
}


@callback
def async_setup_lifelog_services(hass: HomeAssistant) -> None:
    """Register the actions; what erases is for administrators."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SEARCH,
        _search,
        probatio.Schema(
            {
                **HUB_FIELDS,
                **SEARCH_FIELDS,
                probatio.Optional(ATTR_DEVICE_ID): cv.string,
            }
        ),
        SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_ADD_NOTE,
        _add_note,
        probatio.Schema({**HUB_FIELDS, **NOTE_FIELDS}),
        SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_FORGET,
        _forget,
        probatio.Schema({**HUB_FIELDS, **FORGET_FIELDS}),
        SupportsResponse.OPTIONAL,
    )


async def _search(call: ServiceCall) -> ServiceResponse:
    """Find what a person would read."""
    coordinator = hub_of(call)
    device_id = call.data.get(ATTR_DEVICE_ID)
    with errors_of(coordinator):
        page = await coordinator.lifelog.search(
            **span(call),
            q=call.data[ATTR_QUERY],
            language=call.hass.config.language,
            person=call.data.get(ATTR_PERSON),
            room=room_name(call.hass, call.data.get(ATTR_ROOM)),
            device=hub_device(coordinator, device_id) if device_id else None,
            kind=call.data.get(ATTR_KIND),
            limit=call.data[ATTR_LIMIT],
            cursor=call.data.get(ATTR_CURSOR),
        )
    return found_page(coordinator.data, page)


async def _add_note(call: ServiceCall) -> ServiceResponse:
    """Write something down."""
    coordinator = hub_of(call)
    author = await user_name(call)
    with errors_of(coordinator):
        entry = await coordinator.lifelog.add_note(
            text=call.data[ATTR_TEXT],
            ts=timestamp(call.data.get(ATTR_TIME)),
            person=call.data.get(ATTR_PERSON),
            room=room_name(call.hass, call.data.get(ATTR_ROOM)),
            author=author,
        )
    return found_entry(coordinator.data, entry)


async def _forget(call: ServiceCall) -> ServiceResponse:
    """Erase for good what was named; without a confirmation only count it."""
    coordinator = hub_of(call)
    confirmed: bool = call.data[ATTR_CONFIRM]
    named = {
        **span(call),
        "person": call.data.get(ATTR_PERSON),
        **_whose(call, coordinator),
    }
    if all(value is None for value in named.values()):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="nothing_to_forget"
        )
    with errors_of(coordinator):
        erasure = await coordinator.lifelog.forget(
            **named, reason=call.data.get(ATTR_REASON), dry_run=not confirmed
        )
    return {"erased": confirmed, **asdict(erasure)}


def _whose(call: ServiceCall, coordinator: HearthwardCoordinator) -> dict[str, str]:
    """Return the device or the point that an action is about."""
    if device_id := call.data.get(ATTR_DEVICE_ID):
        return {"device": hub_device(coordinator, device_id)}
    if entity_id := call.data.get(ATTR_ENTITY_ID):
        device, point = hub_point(coordinator, entity_id)
        return {"device": device, "point": point}
    return {}
