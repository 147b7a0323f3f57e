"""What adapters hand in and what they are told."""

import msgspec

from hearthward.model.deadletter import Reason


# It comes by the thousand and holds no cycle: the garbage collector need not look at it (`gc`).
class Parcel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Bytes as they arrived, kept whole should they be rejected.

    `address` is the topic or path, `device` the only device that the sender may speak for (None:
    any), `profile` the layout of the payload (None: messages of version 1, one or a list). `key` is
    the idempotency key of a message that has no id of its own. What is `retained` was sent before and
    may come again at any time.
    """

    adapter: str
    address: str
    payload: bytes
    received: float
    device: str | None = None
    profile: str | None = None
    key: str | None = None
    retained: bool = False


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """What went to the dead letters; `index` counts the parcels handed in.

    Of a message with several observations only the bad ones are rejected.
    """

    index: int
    reason: Reason
    detail: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of messages: all of it is durable, the rejected ones as dead letters.

    A message is `accepted` when something of it was, and be it that it says nothing new; `stored`
    counts the new entries.
    """

    accepted: int
    duplicates: int = 0
    stored: int = 0
    rejected: tuple[Rejection, ...] = ()


class BusyError(Exception):
    """Nothing was taken, as too much waits; give it again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        """Say what is exceeded and how long to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class DecodeError(Exception):
    """A payload cannot be understood; the message says what to do."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Name the reason and say what to do."""
        super().__init__(detail)
        self.reason = reason
