"""The messages of the stream, `/api/v1/stream`."""

import msgspec

from .device import Device, PointState
from .entry import Entry


class HubInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the hub is."""

    id: str
    name: str
    version: str
    home: str
    api: str = "v1"


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


type StreamMessage = Snapshot | Resumed | Entries | Heartbeat
