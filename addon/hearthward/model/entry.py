"""Entries: the records of the lifelog."""

from enum import IntEnum, StrEnum
from typing import Annotated

import msgspec


class EntryKind(StrEnum):
    """What an entry records."""

    ACK = "ack"
    AUDIT = "audit"
    COMMAND = "command"
    DEVICE = "device"
    ERASURE = "erasure"
    EVENT = "event"
    INCIDENT = "incident"
    MEDIA = "media"
    NOTE = "note"
    STATE = "state"
    STATUS = "status"


class Lane(IntEnum):
    """How soon an entry is written when many wait: a lower lane goes first."""

    ALARM = 0
    CONTROL = 1
    TELEMETRY = 2
    BULK = 3


# What comes by the thousand holds no cycle: the garbage collector need not look at it (`gc`).
class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An entry before the lifelog has numbered it.

    `ts` is when it happened, in seconds since the epoch (UTC). `key` is the idempotency key: a second
    draft with the same device and key is acknowledged with the first one's seq and not appended.
    A draft that is `joined` shares the fate of the one before it: they came in one message.
    """

    ts: float
    kind: EntryKind
    device: str | None = None
    point: str | None = None
    value: float | None = None
    text: str | None = None
    body: dict[str, object] | None = None
    key: str | None = None
    joined: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One record of the lifelog; `seq` is gapless within the home."""

    seq: int
    ts: float
    received: float
    home: str
    kind: EntryKind
    digest: str
    device: str | None = None
    point: str | None = None
    value: float | None = None
    text: str | None = None
    body: dict[str, object] | None = None


# Seconds since the epoch, within some thousand years.
type Moment = Annotated[float, msgspec.Meta(ge=-1e11, le=1e11)]

# A place in the order of time: ts and seq.
type Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?_[0-9]{1,18}$")
]


class Order(StrEnum):
    """Which end of the time a query begins at."""

    ASC = "asc"
    DESC = "desc"


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries are asked for, in order of time and then of seq.

    `since` is inclusive and `until` exclusive (seconds since the epoch, UTC); `cursor` is the `next`
    of the page before.
    """

    since: Moment | None = None
    until: Moment | None = None
    after_seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    device: str | None = None
    point: str | None = None
    kind: EntryKind | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    order: Order = Order.ASC
    cursor: Cursor | None = None


class EntryPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Entries that were asked for; `next` is the cursor of the page behind, if there is one."""

    entries: tuple[Entry, ...]
    next: str | None = None
