"""Devices, their zones and their points."""

from enum import StrEnum

import msgspec


class DeviceStatus(StrEnum):
    """Where a device stands on its way into the home."""

    PENDING = "pending"
    APPROVED = "approved"
    ACTIVE = "active"
    REVOKED = "revoked"


class PointKind(StrEnum):
    """What a point measures or offers."""

    BINARY_SENSOR = "binary_sensor"
    BUTTON = "button"
    CLIMATE = "climate"
    EVENT = "event"
    NUMBER = "number"
    SELECT = "select"
    SENSOR = "sensor"
    SWITCH = "switch"
    TEXT = "text"
    TIME = "time"


class PointCategory(StrEnum):
    """Whether a point is for daily use, for setting up or for looking into a fault."""

    PRIMARY = "primary"
    CONFIG = "config"
    DIAGNOSTIC = "diagnostic"


class Point(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a device measures or offers.

    `id` is unique within the device; `object_id` is unique within the zone and names the meaning,
    so that the same point of two zones shares one translation. The hub itself keeps a point that is
    `derived`.
    """

    id: str
    kind: PointKind
    name: str
    object_id: str
    zone: str | None = None
    category: PointCategory = PointCategory.PRIMARY
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


class Zone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A heated part of the home, regulated by one device."""

    id: str
    name: str
    area: str | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device, what is known about it and what it offers.

    `adapter` names the edge adapter that speaks to it, `address` where it was last seen.
    `project` is the firmware's project, for example `hearthward.heater`. `problem` is a code that
    says why the hub cannot speak to it, for example `encryption_key_invalid`.
    """

    id: str
    name: str
    status: DeviceStatus
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
    created: float | None = None
    last_seen: float | None = None
    problem: str | None = None
    zones: tuple[Zone, ...] = ()
    points: tuple[Point, ...] = ()


class PointState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last known state of a point.

    `value` is the number (1.0 and 0.0 for on and off), `text` the words, `body` the rest.
    All three empty means that the device reports no valid value.
    """

    device: str
    point: str
    seq: int
    ts: float
    value: float | None = None
    text: str | None = None
    body: dict[str, object] | None = None
