"""Entries: the records of the lifelog."""

from enum import StrEnum

import msgspec


class EntryKind(StrEnum):
    """What an entry records."""

    ACK = "ack"
    AUDIT = "audit"
    COMMAND = "command"
    DEVICE = "device"
    EVENT = "event"
    STATE = "state"
    STATUS = "status"


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry before the lifelog has numbered it.

    `ts` is when it happened, in seconds since the epoch (UTC). `key` is the idempotency key: a second
    draft with the same device and key is acknowledged with the first one's seq and not appended.
    """

    ts: float
    kind: EntryKind
    device: str | None = None
    point: str | None = None
    value: float | None = None
    text: str | None = None
    body: dict[str, object] | None = None
    key: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
