"""Schedules and boosts of zones."""

from hearthward.heating.zones import RefusedError
from hearthward.model.heating import Boost, BoostRequest, Schedule
from hearthward.model.security import Role

from .commands import KEY_HEADER, idempotency_key, require_acknowledged
from .routes import Call, Routes

routes = Routes("heating")

_ERRORS = (404, 409, 422, 503, 504)


@routes.route(
    "GET", "/devices/{device}/zones/{zone}/schedule", role=Role.VIEWER, errors=(404,)
)
async def read_schedule(call: Call, device: str, zone: str) -> Schedule:
    """Return the week schedule that the node keeps for a zone."""
    return call.parts.zones.schedule(device, zone)


@routes.route(
    "PUT",
    "/devices/{device}/zones/{zone}/schedule",
    role=Role.OPERATOR,
    errors=_ERRORS,
    headers=(KEY_HEADER,),
)
async def write_schedule(
    call: Call, device: str, zone: str, body: Schedule
) -> Schedule:
    """Change the schedule of a zone; days that are left out stay as they are."""
    try:
        return await call.parts.zones.set_schedule(
            device, zone, body, issued_by=call.actor, key=idempotency_key(call)
        )
    except RefusedError as error:
        require_acknowledged(error.result, str(error))
        raise


@routes.route(
    "POST",
    "/devices/{device}/zones/{zone}/boost",
    role=Role.OPERATOR,
    errors=_ERRORS,
    headers=(KEY_HEADER,),
)
async def boost(call: Call, device: str, zone: str, body: BoostRequest) -> Boost:
    """Boost a zone for a while."""
    try:
        return await call.parts.zones.boost(
            device, zone, body.minutes, issued_by=call.actor, key=idempotency_key(call)
        )
    except RefusedError as error:
        require_acknowledged(error.result, str(error))
        raise
