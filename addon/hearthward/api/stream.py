"""The stream: a snapshot, or the word that the client resumed, then entries as they are stored.

Each client is a follower of the lifelog with a place of its own; nothing is queued for it, so a
slow one costs no memory. One that does not take a message in time is dropped with close code
1013 and resumes at its last seq.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from functools import lru_cache
import logging
import time
from typing import Annotated, NamedTuple

from aiohttp import WSCloseCode, WSMsgType, web
import msgspec

from hearthward.lifelog import Batch
from hearthward.model.security import Role
from hearthward.model.stream import Entries, Heartbeat, Resumed

from .errors import ApiError
from .hub import snapshot
from .parts import Parts
from .routes import ACTOR, Call, Routes

HEARTBEAT = 15.0
SEND_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0

_LOGGER = logging.getLogger(__name__)

# A client that is further behind begins anew with a snapshot.
RESUME_LIMIT = 50_000

# Clients tell nothing; what they send is read to see that they are there.
_MESSAGE_LIMIT = 4096

routes = Routes("stream")


class StreamQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Where to resume: the seq of the last entry that the client has."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


class Client(NamedTuple):
    """An open stream."""

    key: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None

    async def close(self, code: WSCloseCode, reason: bytes) -> None:
        """Close the stream; a client that takes not even that is cut off."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.socket.close(code=code, message=reason)
        except ConnectionError, TimeoutError:
            if self.transport is not None:
                self.transport.abort()


class Streams:
    """The open streams, to be closed when their key is revoked or the hub stops."""

    def __init__(self) -> None:
        """Begin with none."""
        self._clients: set[Client] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def add(self, client: Client) -> None:
        """Note a stream that was opened."""
        self._clients.add(client)

    def remove(self, client: Client) -> None:
        """Forget a stream that has ended."""
        self._clients.discard(client)

    def revoke(self, key: str) -> None:
        """Close the streams that were opened with a key."""
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
        """Close all streams, because the hub stops."""
        await self._close(self._clients, WSCloseCode.GOING_AWAY, b"the hub stops")

    async def _close(
        self, clients: Iterable[Client], code: WSCloseCode, reason: bytes
    ) -> None:
        await asyncio.gather(*(client.close(code, reason) for client in clients))


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)


@routes.route("GET", "/stream", role=Role.VIEWER, errors=(426,))
async def stream(call: Call, query: StreamQuery) -> web.WebSocketResponse:
    """Open the stream (WebSocket): `snapshot` or `resumed`, then `entries` and `heartbeat`."""
    request = call.request
    socket = web.WebSocketResponse(
        compress=False, max_msg_size=_MESSAGE_LIMIT, timeout=CLOSE_TIMEOUT
    )
    if not socket.can_prepare(request):
        raise ApiError(
            426,
            "upgrade_required",
            "Open this path as a WebSocket",
            {"Upgrade": "websocket"},
        )
    await socket.prepare(request)
    client = Client(request[ACTOR].id, socket, request.transport)
    request.app[STREAMS].add(client)
    sending = asyncio.create_task(_send(call.parts, client, query.after))
    try:
        async for _ in socket:
            pass
    finally:
        request.app[STREAMS].remove(client)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
    return socket


async def _send(parts: Parts, client: Client, after: int | None) -> None:
    """Send until the client goes, is too slow, or the lifelog closes."""
    messages = _messages(parts, after)
    try:
        async for message in messages:
            async with asyncio.timeout(SEND_TIMEOUT):
                await client.socket.send_frame(message, WSMsgType.TEXT)
    except TimeoutError:
        _LOGGER.info("A client of the stream is too slow and is dropped")
        await client.close(WSCloseCode.TRY_AGAIN_LATER, b"too slow")
    except ConnectionError:
        # The reading side sees the end too, and ends the stream.
        return
    except Exception:
        _LOGGER.exception("A stream failed")
        await client.close(WSCloseCode.INTERNAL_ERROR, b"the hub failed")
    finally:
        await messages.aclose()


async def _messages(parts: Parts, after: int | None) -> AsyncGenerator[bytes]:
    """Yield the encoded messages to one client."""
    last = parts.lifelog.last
    if after is None or not last - RESUME_LIMIT <= after <= last:
        after = last
        yield _snapshot(parts, last)
    else:
        resumed = Resumed(seq=after, last=last, ts=time.time(), hub=parts.info)
        yield msgspec.json.encode(resumed)
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT):
                batch = await parts.lifelog.next(after)
        except TimeoutError:
            beat = Heartbeat(seq=parts.lifelog.last, ts=time.time())
            yield msgspec.json.encode(beat)
            continue
        if batch is None:
            return
        after = batch.last
        yield _entries(batch)


@lru_cache(maxsize=1)
def _snapshot(parts: Parts, seq: int) -> bytes:
    """Encode the snapshot once for all who begin at the same seq."""
    return msgspec.json.encode(snapshot(parts))


@lru_cache(maxsize=64)
def _entries(batch: Batch) -> bytes:
    """Encode a batch once for all clients."""
    return msgspec.json.encode(Entries(entries=batch.entries))
