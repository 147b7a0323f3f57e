"""Whether the hub lives and is ready; for watchdogs, so without a key and without details."""

from typing import Literal

import msgspec

from .errors import ApiError
from .routes import Call, Routes

routes = Routes("health", prefix="/health")


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the hub does."""

    status: Literal["live", "ready"]


@routes.route("GET", "/live", role=None)
async def read_live(call: Call) -> Health:
    """Say that the hub lives."""
    return Health(status="live")


@routes.route("GET", "/ready", role=None, errors=(503,))
async def read_ready(call: Call) -> Health:
    """Say that the hub can store what happens and that its adapters have started."""
    lifelog = call.parts.lifelog
    if lifelog.failure:
        await lifelog.probe()
    if lifelog.failure or call.parts.health.starting:
        raise ApiError(503, "not_ready", "The hub is not ready")
    return Health(status="ready")
