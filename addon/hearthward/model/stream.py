"""The messages of the stream, `/api/v1/stream`."""

import msgspec

from .command import CommandBody, CommandResult
from .device import Device, PointState
from .entry import Entry
from .homeassistant import EntityState
from .statistics import Statistics


class HubInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the hub is.

    `epoch` is another one after a restore: seqs of before it may mean other entries now.
    """

    id: str
    name: str
    version: str
    home: str
    api: str = "v1"
    epoch: str | None = None


class Snapshot(
    msgspec.Struct, frozen=True, kw_only=True, tag="snapshot", tag_field="type"
):
    """All current state as of `seq`; the first message to a client that cannot resume."""

    seq: int
    ts: float
    hub: HubInfo
    devices: tuple[Device, ...]
    states: tuple[PointState, ...]


class Resumed(
    msgspec.Struct, frozen=True, kw_only=True, tag="resumed", tag_field="type"
):
    """The first message to a client that resumes: entries after `seq` follow, up to `last` at once."""

    seq: int
    last: int
    ts: float
    hub: HubInfo


class Entries(
    msgspec.Struct, frozen=True, kw_only=True, tag="entries", tag_field="type"
):
    """Entries in order of their seq, without a gap."""

    entries: tuple[Entry, ...]


class Heartbeat(
    msgspec.Struct, frozen=True, kw_only=True, tag="heartbeat", tag_field="type"
):
    """Sent when nothing else was for a while; `seq` is the last entry of the lifelog."""

    seq: int
    ts: float


class Unstored(
    msgspec.Struct, frozen=True, kw_only=True, tag="unstored", tag_field="type"
):
    """Alarms that could not be stored yet and are told all the same; their `seq` is 0.

    They come once more among the entries when they have been stored.
    """

    entries: tuple[Entry, ...]


class Result(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="result",
    tag_field="type",
):
    """The answer to a request of the client: what became of a command, or an error.

    A request without either was done, and what it brought is stored.
    """

    id: str
    command: CommandResult | None = None
    code: str | None = None
    error: str | None = None


type StreamMessage = (
    Snapshot | Resumed | Entries | Heartbeat | Statistics | Unstored | Result
)


class CommandCall(
    msgspec.Struct, frozen=True, kw_only=True, tag="command", tag_field="type"
):
    """A client asks something of a point; `id` is the idempotency key and names the result."""

    id: str
    device: str
    point: str
    body: CommandBody


class HomeAssistantStates(
    msgspec.Struct, frozen=True, kw_only=True, tag="states", tag_field="type"
):
    """Home Assistant tells states of chosen entities; the result comes when they are stored."""

    id: str
    states: tuple[EntityState, ...]


type StreamRequest = CommandCall | HomeAssistantStates
