"""The messages between the edge and the hub, version 1.

`hello`, `state`, `event`, `status` and `ack` go up, `command` goes down. Every transport speaks
these few; no other code knows transports.
"""

import msgspec

from .command import CommandBody, CommandStatus
from .device import Point, Zone


# What comes by the thousand holds no cycle: the garbage collector need not look at it (`gc`).
class _Message(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="type",
    gc=False,
):
    """What every message carries.

    `id` makes a repeated message a duplicate (of the same device); a transport that never
    repeats itself leaves it out. `seq` is the device's own counter. `ts` is when it happened, in
    seconds since the epoch (UTC).
    """

    device: str
    ts: float
    v: int = 1
    id: str | None = None
    seq: int | None = None


class HelloBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who a device is and what it offers.

    `adapter` is the one that the message came through, whatever a device says.
    """

    name: str
    adapter: str = ""
    address: str | None = None
    mac: str | None = None
    area: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    project: str | None = None
    version: str | None = None
    serial: str | None = None
    zones: tuple[Zone, ...] = ()
    points: tuple[Point, ...] = ()


class Observation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False
):
    """What a device says of one of its points; all three empty means no valid value.

    `ts` is given when it differs from that of the message, `unit` when the value is in another unit
    than that of the point.
    """

    point: str
    ts: float | None = None
    value: float | None = None
    unit: str | None = None
    text: str | None = None
    body: dict[str, object] | None = None


class StateBody(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Observations in the order in which they were made."""

    observations: tuple[Observation, ...]


class EventBody(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False
):
    """Something that happened at an event point; `event` is its type."""

    point: str
    event: str
    data: dict[str, object] | None = None


class StatusBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the device can be reached, and if not, why.

    `problem` is a code that stays the same in every language, `detail` what a person reads.
    """

    online: bool
    problem: str | None = None
    detail: str | None = None


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a point of the device is asked to do."""

    point: str
    body: CommandBody


class AckBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the command with the id `command`."""

    command: str
    status: CommandStatus
    detail: str | None = None


class Hello(_Message, frozen=True, kw_only=True, omit_defaults=True, tag="hello"):
    """A device introduces itself."""

    body: HelloBody


class State(_Message, frozen=True, kw_only=True, omit_defaults=True, tag="state"):
    """Points changed, or a device reports them anew."""

    body: StateBody


class Event(_Message, frozen=True, kw_only=True, omit_defaults=True, tag="event"):
    """Something happened."""

    body: EventBody


class Status(_Message, frozen=True, kw_only=True, omit_defaults=True, tag="status"):
    """A device came or went."""

    body: StatusBody


class Ack(_Message, frozen=True, kw_only=True, omit_defaults=True, tag="ack"):
    """A device answers a command."""

    body: AckBody


class CommandMessage(
    _Message, frozen=True, kw_only=True, omit_defaults=True, tag="command"
):
    """A command on its way down; `id` is its idempotency key."""

    body: CommandRequest


type UpMessage = Hello | State | Event | Status | Ack
