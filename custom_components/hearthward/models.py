"""What the hub says, as this client understands it.

The hub's own structs are the contract; a test compares the two. Fields that a newer hub adds are
ignored, so that the hub may be updated before the integration.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Self, cast

from .exceptions import HearthwardResponseError

STATUS_PENDING: Final = "pending"
STATUS_APPROVED: Final = "approved"
STATUS_ACTIVE: Final = "active"
STATUS_REVOKED: Final = "revoked"

KIND_DEVICE: Final = "device"
KIND_EVENT: Final = "event"
KIND_STATE: Final = "state"
KIND_STATUS: Final = "status"

ADAPTER_HOME_ASSISTANT: Final = "homeassistant"

type PointKey = tuple[str, str]
"""A point of the home: the id of its device and its own."""


class Model:
    """Read a dataclass from what the hub sent."""

    __slots__ = ()

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the model; raise HearthwardResponseError when a field is missing."""
        if not isinstance(data, Mapping):
            raise HearthwardResponseError(f"{cls.__name__} is not an object")
        known = fields(cast("Any", cls))
        missing = [
            field.name
            for field in known
            if field.default is MISSING and field.name not in data
        ]
        if missing:
            raise HearthwardResponseError(
                f"{cls.__name__} lacks {', '.join(missing)}",
            )
        return cls(
            **cls._convert(
                {field.name: data[field.name] for field in known if field.name in data}
            )
        )

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Turn lists into tuples, so that the models are immutable."""
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }

    @classmethod
    def from_list(cls, data: object) -> tuple[Self, ...]:
        """Return the models of a list."""
        if not isinstance(data, Iterable):
            raise HearthwardResponseError(f"list of {cls.__name__} is not a list")
        return tuple(cls.from_dict(item) for item in data)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point(Model):
    """One thing that a device measures or offers."""

    id: str
    kind: str
    name: str
    object_id: str
    zone: str | None = None
    category: str = "primary"
    enabled_by_default: bool = True
    icon: str | None = None
    device_class: str | None = None
    unit: str | None = None
    state_class: str | None = None
    precision: int | None = None
    options: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    step: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    mode: str | None = None
    modes: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    derived: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone(Model):
    """A heated part of the home."""

    id: str
    name: str
    area: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Device(Model):
    """A device, what is known about it and what it offers."""

    id: str
    name: str
    status: str
    adapter: str
    online: bool = False
    address: str | None = None
    mac: str | None = None
    owner: str | None = None
    area: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    project: str | None = None
    version: str | None = None
    serial: str | None = None
    problem: str | None = None
    created: float | None = None
    last_seen: float | None = None
    zones: tuple[Zone, ...] = ()
    points: tuple[Point, ...] = ()

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the zones and points."""
        if "zones" in values:
            values["zones"] = Zone.from_list(values["zones"])
        if "points" in values:
            values["points"] = Point.from_list(values["points"])
        return values

    @property
    def admitted(self) -> bool:
        """Return if a person let the device into the home."""
        return self.status in (STATUS_APPROVED, STATUS_ACTIVE)

    @property
    def mirrored(self) -> bool:
        """Return if the device stands for entities that Home Assistant itself told the hub of."""
        return self.adapter == ADAPTER_HOME_ASSISTANT


@dataclass(frozen=True, kw_only=True, slots=True)
class PointState(Model):
    """The last known state of a point; nothing set means no valid value."""

    device: str
    point: str
    seq: int
    ts: float
    value: float | None = None
    text: str | None = None
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry(Model):
    """One record of the hub's lifelog; one that was imported is history."""

    seq: int
    ts: float
    received: float
    kind: str
    device: str | None = None
    point: str | None = None
    value: float | None = None
    text: str | None = None
    body: Mapping[str, Any] | None = None

    @property
    def imported(self) -> bool:
        """Return if it did not happen now, but was brought in from elsewhere."""
        return self.body is not None and "imported" in self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class HubInfo(Model):
    """Who the hub is; `epoch` is another one after a restore, None with an older hub."""

    id: str
    name: str
    version: str
    home: str
    api: str = "v1"
    epoch: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandResult(Model):
    """What became of a command; `seq` is the entry that records it."""

    id: str
    status: str
    seq: int
    detail: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot(Model):
    """All current state as of `seq`."""

    seq: int
    ts: float
    hub: HubInfo
    devices: tuple[Device, ...]
    states: tuple[PointState, ...]

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the hub, its devices and their states."""
        return {
            **values,
            "hub": HubInfo.from_dict(values["hub"]),
            "devices": Device.from_list(values["devices"]),
            "states": PointState.from_list(values["states"]),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed(Model):
    """The entries after `seq` follow, those up to `last` at once."""

    seq: int
    last: int
    ts: float
    hub: HubInfo

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the hub."""
        return {**values, "hub": HubInfo.from_dict(values["hub"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entries(Model):
    """Entries in order of their seq, without a gap."""

    entries: tuple[Entry, ...]

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the entries."""
        return {"entries": Entry.from_list(values["entries"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat(Model):
    """Nothing happened for a while; `seq` is the last entry of the lifelog."""

    seq: int
    ts: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Unstored(Entries):
    """Alarms that the hub cannot store yet; they come once more among the entries."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics(Model):
    """How the hub does: sizes in bytes, entries a second, messages that wait or were rejected."""

    ts: float
    seq: int
    lifelog_bytes: int
    media_bytes: int
    free_bytes: int
    ingest_rate: float
    backlog: int
    dead_letters: int
    broker_dropped: int = 0
    storage_problem: str | None = None
    privacy_mode: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Result(Model):
    """The hub's answer to a request over the stream; without an error it was done."""

    id: str
    command: CommandResult | None = None
    code: str | None = None
    error: str | None = None

    @classmethod
    def _convert(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read what became of a command."""
        if values.get("command") is not None:
            values["command"] = CommandResult.from_dict(values["command"])
        return values


type StreamMessage = (
    Snapshot | Resumed | Entries | Heartbeat | Statistics | Unstored | Result
)

_MESSAGES: Final[Mapping[object, type[StreamMessage]]] = {
    "snapshot": Snapshot,
    "resumed": Resumed,
    "entries": Entries,
    "heartbeat": Heartbeat,
    "statistics": Statistics,
    "unstored": Unstored,
    "result": Result,
}


def stream_message(data: object) -> StreamMessage | None:
    """Return a message of the stream, or None for a type that this client does not know."""
    if not isinstance(data, Mapping):
        raise HearthwardResponseError("Stream message is not an object")
    if (model := _MESSAGES.get(data.get("type"))) is None:
        return None
    return model.from_dict(data)
