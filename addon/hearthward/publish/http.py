"""Messages in batches, by HTTP."""

import aiohttp
import msgspec
from yarl import URL

from .errors import LostError, PublishError
from .outbox import Outbox, numbered

_AT_ONCE = 1_000
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class _Rejection(msgspec.Struct):
    index: int
    detail: str


class _Receipt(msgspec.Struct):
    rejected: list[_Rejection] = []


class _Error(msgspec.Struct):
    error: str


async def send(url: str, token: str | None, outbox: Outbox) -> None:
    """Post what is in the outbox until cancelled.

    Raises:
        LostError: The hub cannot be reached, or is busy.
        PublishError: It refuses, and would the next time.

    """
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address = URL(url) / "api/v1/messages"
    async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
        while True:
            messages = await outbox.take(_AT_ONCE)
            body = b"[" + b",".join(map(numbered, messages)) + b"]"
            try:
                async with session.post(address, data=body) as response:
                    receipt = _judge(response, await response.read())
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise LostError(str(error) or type(error).__name__) from error
            for rejection in receipt.rejected:
                outbox.rejected(messages[rejection.index].seq, rejection.detail)
            outbox.stored(message.seq for message in messages)


def _judge(response: aiohttp.ClientResponse, body: bytes) -> _Receipt:
    if response.ok:
        return msgspec.json.decode(body, type=_Receipt)
    try:
        detail = msgspec.json.decode(body, type=_Error).error
    except msgspec.MsgspecError:
        detail = f"HTTP {response.status}: is this a Hearthward hub?"
    if response.status in (429, 503) or response.status >= 500:
        wait = response.headers.get("Retry-After", "")
        raise LostError(detail, float(wait) if wait.isdecimal() else None)
    raise PublishError(detail)
