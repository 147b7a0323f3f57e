"""Dead letters: messages that were rejected, kept whole with the reason."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .entry import Moment


class Reason(StrEnum):
    """Why a message was rejected."""

    TOO_LARGE = "too_large"
    INVALID_JSON = "invalid_json"
    INVALID_MESSAGE = "invalid_message"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN_DEVICE = "unknown_device"
    DEVICE_PENDING = "device_pending"
    DEVICE_REVOKED = "device_revoked"
    UNKNOWN_POINT = "unknown_point"
    WRONG_UNIT = "wrong_unit"
    OUT_OF_RANGE = "out_of_range"
    IMPLAUSIBLE_RATE = "implausible_rate"
    INVALID_TIME = "invalid_time"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rejected message; `payload` is its text, `base64` when it is not UTF-8.

    `address` is where it arrived: a topic, a path. `detail` says what to do.
    """

    id: int
    received: float
    reason: Reason
    detail: str
    adapter: str
    address: str
    size: int
    device: str | None = None
    profile: str | None = None
    payload: str | None = None
    base64: str | None = None
    attempts: int = 0


class DeadLetterQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Which dead letters are meant: the newest `limit` that are older than `before`.

    `before` is the `next` of the page before.
    """

    reason: Reason | None = None
    device: str | None = None
    adapter: str | None = None
    since: Moment | None = None
    before: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dead letters without their payloads; `total` counts all that the query means."""

    letters: tuple[DeadLetter, ...]
    total: int
    next: int | None = None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of dead letters that were tried again; the rejected ones are kept."""

    accepted: int
    rejected: int


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """How many dead letters were deleted."""

    deleted: int
