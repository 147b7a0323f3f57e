"""Messages from devices, gateways and scripts over HTTP."""

from collections.abc import Sequence
import math
import time
from typing import Annotated

import msgspec

from hearthward.edge.decode import split
from hearthward.edge.http import ADAPTER
from hearthward.edge.parcel import BusyError, DecodeError, Parcel, Receipt
from hearthward.model.security import Role

from .commands import KEY_HEADER, idempotency_key
from .errors import ApiError
from .routes import Call, Routes

# A batch of this many messages has some two megabytes.
MESSAGES_AT_ONCE = 10_000
BODY_LIMIT = 16 * 1024 * 1024

routes = Routes("messages")


class MessagesQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How the messages are to be read: their layout, and where they would have arrived.

    Without a `profile` they are messages of version 1. `address` is what a profile takes names
    from, for example a topic.
    """

    profile: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    address: Annotated[str, msgspec.Meta(max_length=255)] | None = None


@routes.route(
    "POST",
    "/messages",
    role=Role.DEVICE,
    barred=(Role.VIEWER, Role.CAREGIVER),
    errors=(413, 429),
    headers=(KEY_HEADER,),
    limit=BODY_LIMIT,
    accepts={"application/json": bytes, "application/x-ndjson": bytes},
)
async def post_messages(call: Call, query: MessagesQuery, body: bytes) -> Receipt:
    """Take one message, a list of them or one a line; they are durable when this answers.

    Rejected messages are kept as dead letters and named in the receipt by their index. With an
    idempotency key the whole request can be repeated: what was taken is a duplicate then.
    """
    payloads = _split(body)
    key = idempotency_key(call)
    now = time.time()
    address = query.address or call.request.path
    parcels = [
        Parcel(
            adapter=ADAPTER,
            address=address,
            payload=payload,
            received=now,
            device=call.device,
            profile=query.profile,
            key=None if key is None else f"{key}/{index}",
        )
        for index, payload in enumerate(payloads)
    ]
    try:
        return await call.parts.intake.receive(parcels)
    except BusyError as error:
        wait = math.ceil(error.retry_after)
        raise ApiError(
            429,
            "busy",
            str(error),
            {"Retry-After": str(wait)},
            retry_after=error.retry_after,
        ) from None


def _split(body: bytes) -> Sequence[bytes]:
    """Return the messages of a body as they were sent; what is no JSON is one message too."""
    if not body.strip():
        raise ApiError(400, "invalid_request", "Send a message, or a list of them")
    try:
        found = split(body)
    except DecodeError:
        return [body]
    if len(found) > MESSAGES_AT_ONCE:
        raise ApiError(
            413,
            "content_too_large",
            f"Send at most {MESSAGES_AT_ONCE} messages at once, not {len(found)}",
        )
    return found
