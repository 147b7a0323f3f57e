"""Commands to devices and what became of them."""

from enum import StrEnum

import msgspec


class CommandStatus(StrEnum):
    """What became of a command."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    OFFLINE = "offline"


class CommandBody(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """What is asked of a point.

    A button takes nothing; switch, number, select, text and time take `value`; a climate takes
    `mode`, `preset` and `target_temperature` (°C), any of them.
    """

    value: bool | float | str | None = None
    mode: str | None = None
    preset: str | None = None
    target_temperature: float | None = None


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command on its way to a device; `id` is its idempotency key."""

    id: str
    ts: float
    device: str
    point: str
    body: CommandBody
    issued_by: str


class CommandResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a command; `seq` is the entry that records it."""

    id: str
    status: CommandStatus
    seq: int
    detail: str | None = None
