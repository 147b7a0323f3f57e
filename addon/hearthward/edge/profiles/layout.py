"""What a profile file may say.

A profile maps a foreign layout (topics, field names, units, times) onto the messages of the hub.
The structs are the file's schema: `hearthward schema profile` prints it as JSON Schema.

A *path* names a field of the payload, with dots for what is nested: `definition.vendor`. A
*template* is text with `{names}` in it, which stand for parts of the topic or paths.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from hearthward.model.device import PointCategory, PointKind

type Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
type Path = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
type Template = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
type Seconds = Annotated[float, msgspec.Meta(gt=0, le=31 * 86_400)]
type Scalar = str | int | float | bool


class TimeFormat(StrEnum):
    """How a payload writes a time; `auto` tells seconds, milliseconds and ISO 8601 apart."""

    AUTO = "auto"
    ISO8601 = "iso8601"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"


class Carries(StrEnum):
    """What the messages of a topic are; `nothing` is neither recorded nor rejected."""

    HELLO = "hello"
    STATE = "state"
    EVENT = "event"
    STATUS = "status"
    ACK = "ack"
    NOTHING = "nothing"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a profile: names that are not known are mistakes."""


class Identity(_Part, frozen=True, kw_only=True):
    """Where a message says who its device is; each a template.

    `address` is the topic by which the device is found again when a command is for it; without it
    that is the first topic on which it was heard.
    """

    address: Template | None = None
    name: Template | None = None
    mac: Template | None = None
    area: Template | None = None
    manufacturer: Template | None = None
    model: Template | None = None
    version: Template | None = None
    serial: Template | None = None


class Offers(_Part, frozen=True, kw_only=True):
    """A list in the payload that describes the points of the device.

    `nested` names the list of those that belong to a described thing. `writable` is the bit of the
    field `access` that says that a point can be set. `kinds` gives the kind by the field `type`: of
    one that is only read, and of one that can be set. What an `opaque` type has inside is no point.
    """

    list: Path
    id: Path
    type: Path
    nested: str | None = None
    opaque: tuple[str, ...] = ()
    name: Path | None = None
    unit: Path | None = None
    min: Path | None = None
    max: Path | None = None
    step: Path | None = None
    options: Path | None = None
    on_value: Path | None = None
    access: Path | None = None
    readable: int = 1
    writable: int = 2
    kinds: dict[str, tuple[PointKind, PointKind]]


class Topic(_Part, frozen=True, kw_only=True):
    """The messages of one topic.

    `topic` has named parts: `{device}` is one level, `{device...}` any number of them. Only a message
    whose fields are as in `when` (a value, or one of several) is meant. `each` is a list in the
    payload whose items are messages of their own, `.` the payload itself. `values` is the object whose
    fields are observations (the payload itself when it is not given); fields in `ignore` are none.
    `units` is an object that names a unit by field. `raw` are fields of which one has a Bluetooth
    advertisement in hex.
    """

    topic: Template
    carries: Carries
    payload: Literal["json", "text"] = "json"
    when: dict[str, Scalar | tuple[Scalar, ...]] = {}
    each: Path | None = None
    device: Template | None = None
    ts: Path | None = None
    time_format: TimeFormat = TimeFormat.AUTO
    id: Template | None = None
    session: Path | None = None
    seq: Path | None = None
    identity: Identity = Identity()
    offers: Offers | None = None
    values: Path | None = None
    units: Path | None = None
    ignore: tuple[str, ...] = ()
    raw: tuple[Path, ...] = ()
    online: Path | None = None
    online_values: tuple[Scalar, ...] = (True, 1, "online", "true", "1")
    event: Path | None = None
    event_point: Template | None = None
    event_data: Path | None = None
    command: Path | None = None
    outcome: Path | None = None
    outcome_values: tuple[Scalar, ...] = (True, 0, "ok", "success", "done")
    detail: Path | None = None


class PointRule(_Part, frozen=True, kw_only=True):
    """What a field of a payload is.

    `match` is a field's name, or several; `*` in it stands for any text, which `{1}` repeats. The
    first rule that fits holds. `unit` is the point's; `sends` is what the device sends, when that is
    another one; `scale` multiplies. `on` are the values that mean on. A `drop` field is not recorded.
    """

    match: str | tuple[str, ...]
    id: Template | None = None
    name: Template | None = None
    kind: PointKind = PointKind.SENSOR
    device_class: str | None = None
    unit: str | None = None
    sends: str | None = None
    state_class: str | None = None
    category: PointCategory = PointCategory.PRIMARY
    precision: int | None = None
    scale: float = 1.0
    on_values: tuple[Scalar, ...] | None = None
    options: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    step: float | None = None
    events: tuple[str, ...] = ()
    drop: bool = False


class CommandRule(_Part, frozen=True, kw_only=True):
    """How a command goes down.

    `payload` is what is sent: in its texts, `{value}`, `{point}`, `{field}` (the point's own field),
    `{id}`, `{ts}`, `{ms}`, `{session}` and the parts of the topic are replaced; a text that is only
    `{value}` becomes the value itself. `on_value` and `off_value` are what a switch is told. `confirm` is how it is
    known that the device did it: by an `ack` message, by the `state` it shows, or not at all
    (`sent`: the broker has the command).
    """

    topic: Template
    payload: dict[str, Any] | str
    kinds: tuple[PointKind, ...] = (
        PointKind.SWITCH,
        PointKind.NUMBER,
        PointKind.SELECT,
        PointKind.TEXT,
        PointKind.BUTTON,
    )
    on_value: Scalar = True
    off_value: Scalar = False
    retain: bool = False
    confirm: Literal["ack", "state", "sent"] = "ack"


class Layout(_Part, frozen=True, kw_only=True):
    """A profile.

    `base` is what `{base}` stands for in topics; the settings may give another one. `device` is the
    template of the device's id. `keep_alive` is the MQTT keep-alive that these devices should use;
    `offline_after` the silence, in seconds, after which a device is offline. `max_size` (bytes)
    bounds a payload.
    """

    profile: Name
    description: str
    source: str | None = None
    base: str | None = None
    device: Template
    manufacturer: str | None = None
    keep_alive: Annotated[int, msgspec.Meta(ge=5, le=65_535)] | None = None
    offline_after: Seconds | None = None
    max_size: Annotated[int, msgspec.Meta(ge=1, le=8_388_608)] = 262_144
    topics: Annotated[tuple[Topic, ...], msgspec.Meta(min_length=1)]
    points: tuple[PointRule, ...] = ()
    unknown: Literal["keep", "drop"] = "keep"
    commands: tuple[CommandRule, ...] = ()


def schema() -> dict[str, object]:
    """Return the JSON Schema of profile files."""
    return msgspec.json.schema(Layout)
