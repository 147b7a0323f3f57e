"""Commands to the points of devices."""

import re

import msgspec

from hearthward.model.command import CommandBody, CommandResult, CommandStatus
from hearthward.model.security import Role

from .errors import ApiError
from .routes import Call, Routes

routes = Routes("commands")

KEY_HEADER = "Idempotency-Key"

_KEY = re.compile(r"[!-~]{1,128}")

_STATUS = {
    CommandStatus.REJECTED: 422,
    CommandStatus.OFFLINE: 503,
    CommandStatus.TIMEOUT: 504,
}


@routes.route(
    "POST",
    "/devices/{device}/points/{point}/commands",
    role=Role.OPERATOR,
    errors=(404, 409, 422, 503, 504),
    headers=(KEY_HEADER,),
)
async def command(
    call: Call, device: str, point: str, body: CommandBody
) -> CommandResult:
    """Send a command and wait until the device has acknowledged it.

    A command that is repeated with the same idempotency key is not sent again.
    """
    result = await call.parts.commands.execute(
        device, point, body, issued_by=call.actor, key=idempotency_key(call)
    )
    require_acknowledged(result)
    return result


def idempotency_key(call: Call) -> str | None:
    """Return the idempotency key of a request, if it has one."""
    key = call.header(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise ApiError(
            400,
            "invalid_request",
            f"Give {KEY_HEADER} as 1 to 128 visible ASCII characters",
        )
    return key


def require_acknowledged(result: CommandResult, message: str | None = None) -> None:
    """Raise what a request answers with when its command was not acknowledged."""
    status = _STATUS.get(result.status)
    if status is not None:
        raise ApiError(
            status,
            result.status.value,
            message or result.detail or f"The command was not done: {result.status}",
            result=msgspec.to_builtins(result),
        )
