"""The web application: the chain, the routes, the stream."""

from functools import cache
from typing import Any

from aiohttp import web

from hearthward.model.security import Role

from . import (
    commands,
    devices,
    entries,
    health,
    heating,
    homeassistant,
    hub,
    nodes,
    privacy,
    security,
    stream,
)
from .middleware import CHAIN
from .openapi import document
from .parts import Parts
from .routes import PARTS, Call, Route, Routes

MODULES = (
    health,
    hub,
    devices,
    nodes,
    commands,
    heating,
    entries,
    homeassistant,
    privacy,
    security,
    stream,
)

_own = Routes("hub")


@_own.route("GET", "/openapi.json", role=Role.DEVICE)
async def read_openapi(call: Call) -> dict[str, Any]:
    """Return this document."""
    return openapi()


def routes() -> list[Route]:
    """Return every route of the API."""
    parts = (*(module.routes for module in MODULES), _own)
    return [route for part in parts for route in part.routes]


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the whole API."""
    return document(routes())


def create(parts: Parts) -> web.Application:
    """Return the application that serves `parts`."""
    app = web.Application(middlewares=CHAIN)
    streams = stream.Streams()
    app[PARTS] = parts
    app[stream.STREAMS] = streams
    parts.keys.on_revoked(streams.revoke)
    app.on_shutdown.append(_stop_streams)
    for route in routes():
        app.router.add_route(route.method, route.path, route.serve)
    return app


async def _stop_streams(app: web.Application) -> None:
    await app[stream.STREAMS].stop()
