"""The stream: a snapshot, or the word that the client resumed, then entries as they are stored.

Each client is a follower of the lifelog with a place of its own; nothing is queued for it, so a
slow one costs no memory. One that does not take a message in time is dropped with close code
1013 and resumes at its last seq. Those in step with the lifelog are carried by the fanout.
"""

import asyncio
from contextlib import suppress
from functools import lru_cache
import logging
import time
from typing import Annotated

from aiohttp import WSCloseCode, WSMsgType, web
import msgspec

from hearthward.edge.guard import guarded
from hearthward.lifelog import Batch
from hearthward.model.security import Role
from hearthward.model.stream import Entries, Heartbeat, Resumed

from .asked import Asked
from .fanout import Fanout
from .hub import snapshot
from .parts import Parts
from .routes import ACTOR, Call, Routes
from .sockets import SOCKETS, Client

_LOGGER = logging.getLogger(__name__)

# A client that is further behind begins anew with a snapshot.
RESUME_LIMIT = 50_000

# States of a thousand Home Assistant entities, with what they tell besides.
_MESSAGE_LIMIT = 4 * 1024 * 1024

# How often all clients are told how the hub is doing, in seconds, when nothing changes.
STATISTICS = 30.0

FANOUT: web.AppKey[Fanout] = web.AppKey("fanout", Fanout)

routes = Routes("stream")


class StreamQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Where to resume: the seq of the last entry that the client has, and the hub's epoch then."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    epoch: Annotated[str, msgspec.Meta(max_length=64)] | None = None


@routes.route("GET", "/stream", role=Role.VIEWER, errors=(426,))
async def stream(call: Call, query: StreamQuery) -> web.WebSocketResponse:
    """Open the stream (WebSocket): `snapshot` or `resumed`, `statistics`, then all that happens.

    `entries`, `heartbeat`, `statistics` and `unstored` come as they arise, a `result` for each
    request of the client.
    """
    request = call.request
    sockets = request.app[SOCKETS]
    client = await sockets.open(request, _MESSAGE_LIMIT)
    asked = Asked(call.parts, request[ACTOR], client.send)
    fanout = request.app[FANOUT]
    sending = asyncio.create_task(_send(call.parts, fanout, client, query))
    try:
        async for message in client.socket:
            if message.type is WSMsgType.TEXT:
                await asked.take(message.data)
    finally:
        sockets.remove(client)
        await asked.end()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
    return client.socket


async def _send(
    parts: Parts, fanout: Fanout, client: Client, query: StreamQuery
) -> None:
    """Send until the client goes, is too slow, or the lifelog closes."""
    try:
        seq = await _begin(parts, client, query)
        await client.send(msgspec.json.encode(await parts.statistics.read()))
        fanout.open(client.transport)
        while True:
            while seq < fanout.position:
                batch = await parts.lifelog.next(seq)
                if batch is None:
                    return
                await client.send(_entries(batch))
                seq = batch.last
            seq = await fanout.carry(client.transport, seq)
            # This waits until the client has taken what it was given.
            await client.send(_heartbeat(parts))
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
        fanout.close(client.transport)


async def _begin(parts: Parts, client: Client, query: StreamQuery) -> int:
    """Send the first messages; return the seq that they stand for."""
    last, after = parts.lifelog.last, query.after
    # Who names no epoch is believed to mean this one.
    other = query.epoch not in (None, parts.info.epoch)
    if after is None or other or not last - RESUME_LIMIT <= after <= last:
        after = last
        await client.send(_snapshot(parts, last))
    else:
        resumed = Resumed(seq=after, last=last, ts=time.time(), hub=parts.info)
        await client.send(msgspec.json.encode(resumed))
    return after


@lru_cache(maxsize=1)
def _snapshot(parts: Parts, seq: int) -> bytes:
    """Encode the snapshot once for all who begin at the same seq."""
    return msgspec.json.encode(snapshot(parts))


@lru_cache(maxsize=16)
def _entries(batch: Batch) -> bytes:
    """Encode a batch once for all clients that catch up."""
    return msgspec.json.encode(Entries(entries=batch.entries))


def _heartbeat(parts: Parts) -> bytes:
    return msgspec.json.encode(Heartbeat(seq=parts.lifelog.last, ts=time.time()))


async def run(parts: Parts, fanout: Fanout) -> None:
    """Tell all clients what happens, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(fanout.run())
        telling = _tell_statistics(parts, fanout)
        group.create_task(guarded("Telling the statistics", telling))


async def _tell_statistics(parts: Parts, fanout: Fanout) -> None:
    """Tell all clients how the hub is doing, now and then and when a problem changes."""
    changed = asyncio.Event()
    parts.statistics.on_changed(changed.set)
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(STATISTICS):
                await changed.wait()
        changed.clear()
        fanout.tell(await parts.statistics.read())
