"""The web application: the chain, the routes, the stream."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import cache
from typing import Any

from aiohttp import web

from hearthward.model.security import Role

from . import (
    backups,
    baselines,
    chart,
    commands,
    deadletters,
    devices,
    edge,
    entries,
    health,
    heating,
    homeassistant,
    hub,
    lifelog,
    media,
    messages,
    nodes,
    privacy,
    search,
    security,
    statistics,
    stream,
    transfer,
)
from .fanout import Fanout
from .middleware import CHAIN
from .openapi import document
from .parts import Parts
from .routes import PARTS, Call, Route, Routes
from .sockets import SOCKETS, Sockets

MODULES = (
    health,
    hub,
    devices,
    nodes,
    commands,
    heating,
    entries,
    lifelog,
    chart,
    baselines,
    homeassistant,
    messages,
    edge,
    deadletters,
    statistics,
    media,
    privacy,
    search,
    security,
    stream,
    transfer,
    backups,
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
    sockets = Sockets()
    app[PARTS] = parts
    app[SOCKETS] = sockets
    app[stream.FANOUT] = Fanout(parts.lifelog)
    parts.keys.on_revoked(sockets.revoke)
    app.cleanup_ctx.append(_run_stream)
    app.on_shutdown.append(_stop_sockets)
    for route in routes():
        app.router.add_route(route.method, route.pattern, route.serve)
    return app


async def _run_stream(app: web.Application) -> AsyncGenerator[None]:
    task = asyncio.create_task(stream.run(app[PARTS], app[stream.FANOUT]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _stop_sockets(app: web.Application) -> None:
    await app[SOCKETS].stop()
