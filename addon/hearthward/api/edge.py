"""The WebSocket of devices, gateways and scripts."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
import logging
from typing import Annotated

from aiohttp import WSCloseCode, WSMsgType, web
import msgspec

from hearthward.edge.websocket import Connection, Layout
from hearthward.model.edge import EdgeMessage
from hearthward.model.security import Role

from .errors import ApiError
from .routes import Call, Routes
from .sockets import SOCKETS

# A device that does not answer a ping for half of this (s) is gone.
HEARTBEAT = 20.0

_LIMIT = 4 * 1024 * 1024

_LOGGER = logging.getLogger(__name__)

routes = Routes("messages")


class EdgeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which device speaks, any if it is left out; `profile` and `address` as for messages."""

    device: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    profile: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    address: Annotated[str, msgspec.Meta(max_length=255)] | None = None


@routes.route(
    "GET",
    "/edge",
    role=Role.DEVICE,
    barred=(Role.VIEWER, Role.CAREGIVER),
    errors=(426,),
)
async def edge(call: Call, query: EdgeQuery) -> web.WebSocketResponse:
    """Open the socket of a device (WebSocket): messages up, answers and commands down."""
    device = call.device or query.device
    if query.device not in (None, device):
        raise ApiError(
            403, "forbidden", f"This key speaks for {device} only, not {query.device}"
        )
    sockets = call.request.app[SOCKETS]
    client = await sockets.open(call.request, _LIMIT, HEARTBEAT)

    async def send(messages: Sequence[EdgeMessage]) -> None:
        try:
            for message in messages:
                await client.send(msgspec.json.encode(message))
        except TimeoutError:
            client.transport.abort()
            raise ConnectionResetError from None

    layout = Layout(query.address or call.request.path, query.profile)
    adapter = call.parts.websocket
    connection = Connection(adapter, send, device, layout)
    try:
        with suppress(ConnectionError):
            await adapter.open(connection, call.parts.info.id)
            await _exchange(client.socket, connection)
    except Exception:
        _LOGGER.exception("The connection of a device failed")
        await client.close(WSCloseCode.INTERNAL_ERROR, b"the hub failed")
    finally:
        sockets.remove(client)
        await adapter.close(connection)
    return client.socket


async def _exchange(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Take what the device sends until it goes."""
    async with asyncio.TaskGroup() as group:
        storing = group.create_task(connection.run())
        async for message in socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await connection.take(message.data)
        await connection.finish()
        storing.cancel()
