"""Open WebSockets, to be closed when their key is revoked or the hub stops."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiohttp import WSCloseCode, WSMsgType, web

from .errors import ApiError
from .routes import ACTOR

SEND_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0


class Client(NamedTuple):
    """An open socket."""

    key: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport

    async def send(self, message: bytes) -> None:
        """Send a text.

        Raises:
            TimeoutError: The client does not take it.
            ConnectionError: It is gone.

        """
        async with asyncio.timeout(SEND_TIMEOUT):
            await self.socket.send_frame(message, WSMsgType.TEXT)

    async def close(self, code: WSCloseCode, reason: bytes) -> None:
        """Close the socket; a client that takes not even that is cut off."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.socket.close(code=code, message=reason)
        except ConnectionError, TimeoutError:
            self.transport.abort()


class Sockets:
    """The open sockets of the hub."""

    def __init__(self) -> None:
        """Begin with none."""
        self._clients: set[Client] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def open(
        self, request: web.Request, limit: int, heartbeat: float | None = None
    ) -> Client:
        """Open a request as a WebSocket with messages of at most `limit` bytes.

        With `heartbeat` the client is pinged that often (s), and its silence ends the socket.
        """
        socket = web.WebSocketResponse(
            compress=False,
            max_msg_size=limit,
            timeout=CLOSE_TIMEOUT,
            heartbeat=heartbeat,
            decode_text=False,
            # Every message waits until the client has taken most of those before.
            writer_limit=0,
        )
        if not socket.can_prepare(request):
            raise ApiError(
                426,
                "upgrade_required",
                "Open this path as a WebSocket",
                {"Upgrade": "websocket"},
            )
        await socket.prepare(request)
        if request.transport is None:
            raise ConnectionResetError
        client = Client(request[ACTOR].id, socket, request.transport)
        self._clients.add(client)
        return client

    def remove(self, client: Client) -> None:
        """Forget a socket that has ended."""
        self._clients.discard(client)

    def revoke(self, key: str) -> None:
        """Close the sockets that were opened with a key."""
        task = asyncio.create_task(
            self._close(
                (client for client in self._clients if client.key == key),
                WSCloseCode.POLICY_VIOLATION,
                b"the key was revoked",
            )
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def stop(self) -> None:
        """Close all sockets, because the hub stops."""
        await self._close(self._clients, WSCloseCode.GOING_AWAY, b"the hub stops")

    async def _close(
        self, clients: Iterable[Client], code: WSCloseCode, reason: bytes
    ) -> None:
        await asyncio.gather(*(client.close(code, reason) for client in clients))


SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", Sockets)
