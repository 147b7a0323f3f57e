"""What the hub says to a device over its WebSocket, `/api/v1/edge`.

Up go the messages of `model.message`, one or a list of them in a frame.
"""

import msgspec

from .deadletter import Reason
from .message import CommandMessage


class Welcome(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="welcome",
    tag_field="type",
):
    """The first message: who is spoken for, and how far that device had counted.

    Everything the device sent up to its own `seq` was stored; a device that lost count goes on from
    there. Both are left out where a connection speaks for any device.
    """

    hub: str
    ts: float
    device: str | None = None
    seq: int | None = None


class Stored(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="stored",
    tag_field="type",
):
    """A message is durable, now or since it came before; the device may forget it.

    `number` counts the messages of this connection from 1; `id` and `seq` are the message's own.
    """

    number: int
    id: str | None = None
    seq: int | None = None


class Rejected(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="rejected",
    tag_field="type",
):
    """A message was not accepted and is kept as a dead letter; sending it again changes nothing."""

    number: int
    reason: Reason
    detail: str
    id: str | None = None
    seq: int | None = None


type EdgeMessage = Welcome | Stored | Rejected | CommandMessage
