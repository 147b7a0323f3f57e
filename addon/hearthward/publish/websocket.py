"""Messages one by one over a WebSocket, and commands back."""

import asyncio

import aiohttp
import msgspec
from yarl import URL

from hearthward.model.edge import EdgeMessage, Rejected, Stored, Welcome
from hearthward.model.message import Ack, CommandMessage

from .errors import LostError, PublishError
from .outbox import Outbox, numbered

# So many messages may be without an answer.
_WINDOW = 500
_HEARTBEAT = 20.0

_decode = msgspec.json.Decoder(EdgeMessage).decode


async def send(url: str, token: str | None, outbox: Outbox) -> None:
    """Send what is in the outbox and obey commands until cancelled.

    Raises:
        LostError: The connection is gone.
        PublishError: The hub refuses it.

    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = (URL(url) / "api/v1/edge").with_query(device=outbox.device)
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.ws_connect(address, heartbeat=_HEARTBEAT) as socket,
        ):
            await _exchange(socket, outbox)
    except aiohttp.WSServerHandshakeError as error:
        if error.status in (401, 403):
            raise PublishError(
                f"Give a token that may speak for {outbox.device}: HTTP {error.status}"
            ) from error
        raise LostError(f"HTTP {error.status}: is this a Hearthward hub?") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise LostError(str(error) or type(error).__name__) from error
    except ExceptionGroup as group:
        raise LostError(str(group.exceptions[0])) from group
    raise LostError("The hub closed the connection")


async def _exchange(socket: aiohttp.ClientWebSocketResponse, outbox: Outbox) -> None:
    """Send and receive until the hub closes the connection."""
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(_send(socket, outbox))
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                await _take(socket, outbox, _decode(message.data), group)
        sending.cancel()


async def _send(socket: aiohttp.ClientWebSocketResponse, outbox: Outbox) -> None:
    while True:
        for message in await outbox.take(_WINDOW):
            await socket.send_str(numbered(message).decode())


async def _take(
    socket: aiohttp.ClientWebSocketResponse,
    outbox: Outbox,
    message: EdgeMessage,
    group: asyncio.TaskGroup,
) -> None:
    match message:
        case Welcome(seq=int(seq)):
            await outbox.go_on_from(seq)
        case Stored(seq=int(seq)):
            outbox.stored([seq])
        case Rejected(seq=int(seq), detail=detail):
            outbox.rejected(seq, detail)
            outbox.stored([seq])
        case CommandMessage():
            group.create_task(_obey(socket, outbox, message))


async def _obey(
    socket: aiohttp.ClientWebSocketResponse, outbox: Outbox, command: CommandMessage
) -> None:
    body = await outbox.commanded(command)
    ack = Ack(device=outbox.device, ts=command.ts, body=body)
    await socket.send_str(msgspec.json.encode(ack).decode())
