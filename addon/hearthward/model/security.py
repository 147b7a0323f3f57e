"""Roles, keys and pairing."""

from enum import StrEnum
from typing import Annotated

import msgspec

type Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Role(StrEnum):
    """What the holder of a key may do; the first four each include the ones before."""

    VIEWER = "viewer"
    CAREGIVER = "caregiver"
    OPERATOR = "operator"
    ADMIN = "admin"
    DEVICE = "device"
    SERVICE = "service"


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access key; the secret itself is shown once and stored as a hash.

    `device` is the only device that its holder may speak for.
    """

    id: str
    name: str
    role: Role
    home: str
    created: float
    device: str | None = None
    last_used: float | None = None
    revoked: float | None = None


class PairingCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that buys one key until it expires; it is shown this once."""

    code: str
    expires: float


class PairingRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A client asks for a key with the code that the hub shows."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    name: Name


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key is asked for; one of the role `device` may be bound to one device, by its id."""

    name: Name
    role: Role
    device: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its token, which is shown this once."""

    key: Key
    token: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error response."""

    error: str
    code: str
    details: dict[str, object]
    request_id: str
