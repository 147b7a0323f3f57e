"""From exceptions to the one error body."""

from collections.abc import Mapping
import logging
from typing import NamedTuple

from aiohttp import web
import msgspec

from hearthward.edge.deadletters import UnknownLetterError
from hearthward.edge.esphome.adapter import InvalidNodeError, UnreachableNodeError
from hearthward.heating.schedule import ScheduleError
from hearthward.heating.zones import UnknownZoneError
from hearthward.home.commands import UnknownPointError
from hearthward.home.errors import HomeError, UnknownDeviceError
from hearthward.lifelog import LifelogError, LifelogUnavailableError
from hearthward.lifelog.archive.jobs import UnknownJobError
from hearthward.lifelog.media import (
    DamagedMediaError,
    MediaTooLargeError,
    UnknownMediaError,
    UnsupportedContentError,
)
from hearthward.model.security import ErrorBody
from hearthward.ops.backup.errors import BackupError
from hearthward.ops.logs import request_id
from hearthward.security.errors import PairingError, SecurityError, UnknownKeyError

_LOGGER = logging.getLogger(__name__)

# The first class that fits decides; HTTP status by RFC 9110.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (UnknownDeviceError, 404),
    (UnknownPointError, 404),
    (UnknownZoneError, 404),
    (InvalidNodeError, 422),
    (ScheduleError, 422),
    (UnreachableNodeError, 502),
    (UnknownKeyError, 404),
    (UnknownLetterError, 404),
    (UnknownMediaError, 404),
    (UnknownJobError, 404),
    (DamagedMediaError, 410),
    (MediaTooLargeError, 413),
    (UnsupportedContentError, 415),
    (PairingError, 403),
    (SecurityError, 409),
    (HomeError, 409),
    (LifelogUnavailableError, 503),
    (BackupError, 409),
    (LifelogError, 422),
)


class ApiError(Exception):
    """An error that a route answers with."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        **details: object,
    ) -> None:
        """Take the HTTP status, a code for programs and a sentence for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers
        self.details = details


class Failure(NamedTuple):
    """What went wrong: HTTP status, a code for programs and a sentence for people."""

    status: int
    code: str
    message: str
    details: Mapping[str, object] = {}
    headers: Mapping[str, str] | None = None


def respond(error: Exception) -> web.Response:
    """Return the response that says what went wrong."""
    return _response(explain(error))


def explain(error: Exception) -> Failure:
    """Say what went wrong; what nobody expected is logged."""
    if isinstance(error, ApiError):
        return Failure(
            error.status, error.code, str(error), error.details, error.headers
        )
    if isinstance(error, web.HTTPException):
        return _from_http(error)
    for kind, status in _STATUS:
        if isinstance(error, kind):
            details = getattr(error, "details", {})
            return Failure(status, _code(error), str(error), details)
    _LOGGER.error("A request failed", exc_info=error)
    return Failure(
        500, "internal", "The hub failed; its log says why, under this request's id"
    )


def _code(error: Exception) -> str:
    if isinstance(error, LifelogUnavailableError):
        return "lifelog_unavailable"
    return str(getattr(error, "code", "invalid_request"))


def _from_http(error: web.HTTPException) -> Failure:
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    code = error.reason.lower().replace(" ", "_")
    return Failure(error.status, code, error.reason, headers=headers)


def _response(failure: Failure) -> web.Response:
    body = ErrorBody(
        error=failure.message,
        code=failure.code,
        details=dict(failure.details),
        request_id=request_id.get() or "",
    )
    return web.Response(
        status=failure.status,
        headers=failure.headers,
        body=msgspec.json.encode(body),
        content_type="application/json",
    )
