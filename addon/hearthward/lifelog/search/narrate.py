"""What a person would read of an entry.

Notes, events, incidents, audit and erasures are indexed as they are; devices that come, go or run
a new version, commands and what kept them from being obeyed are told in words. Of measurements
only the changes of doors, windows, locks and of what tells of danger are told: that somebody moved
through a room is a matter for charts and would bury all else.
"""

from collections.abc import Callable, Iterable

import msgspec

from hearthward.model.command import Command, CommandResult, CommandStatus
from hearthward.model.device import Device, Point, PointState
from hearthward.model.entry import Entry, EntryKind

from .document import Document

VERSION = 1
"""Indexes whose summaries were told differently are built anew."""

type Devices = Callable[[str], Device | None]

# What a binary sensor says, on and off, by its device class.
_BINARY = {
    "carbon_monoxide": ("carbon monoxide detected", "no carbon monoxide any more"),
    "cold": ("too cold", "not too cold any more"),
    "door": ("opened", "closed"),
    "garage_door": ("opened", "closed"),
    "gas": ("gas detected", "no gas any more"),
    "heat": ("too hot", "not too hot any more"),
    "lock": ("unlocked", "locked"),
    "moisture": ("water leak detected", "no water any more"),
    "opening": ("opened", "closed"),
    "problem": ("problem", "problem solved"),
    "safety": ("unsafe", "safe again"),
    "smoke": ("smoke detected", "no smoke any more"),
    "tamper": ("tampering detected", "no tampering any more"),
    "window": ("opened", "closed"),
}


class Narrator:
    """Tells entries of devices that `devices` knows."""

    def __init__(self, devices: Devices) -> None:
        """Keep what is known of points, as most entries are measurements."""
        self._devices = devices
        self._binary: dict[tuple[str, str], tuple[Device, tuple[str, str] | None]] = {}
        self._on: dict[tuple[str, str], bool] = {}
        self._versions: dict[str, str | None] = {}

    def begin(self, states: Iterable[PointState]) -> None:
        """Begin behind entries that have left these states."""
        self._on = {
            (state.device, state.point): bool(state.value)
            for state in states
            if state.value is not None
        }

    def tell(self, entries: Iterable[Entry]) -> list[Document]:
        """Return the documents of the entries that a person would read."""
        return [found for entry in entries if (found := self.document(entry))]

    def document(self, entry: Entry) -> Document | None:
        """Return what the index holds of an entry; None if it is not for reading."""
        summary = self._summary(entry)
        if not summary:
            return None
        device = self._device(entry)
        body = entry.body or {}
        person, room = body.get("person"), body.get("room")
        return Document(
            seq=entry.seq,
            ts=entry.ts,
            kind=entry.kind.value,
            summary=summary,
            device=entry.device,
            person=person if isinstance(person, str) else _owner(device),
            room=room if isinstance(room, str) else _room(device, entry.point),
        )

    def _summary(self, entry: Entry) -> str | None:
        if entry.kind is EntryKind.DEVICE:
            return self._update(entry)
        if entry.kind is not EntryKind.STATE:
            tell = _TELL.get(entry.kind, _text)
            return tell(entry, self._device(entry))
        told = self._words(entry)
        if told is None or entry.value is None or not self._changed(entry):
            return None
        return (
            f"{_subject(entry, self._device(entry))}: {told[0 if entry.value else 1]}"
        )

    def _changed(self, entry: Entry) -> bool:
        """Tell whether a binary point says something else than before; off is no news."""
        key, on = (entry.device or "", entry.point or ""), bool(entry.value)
        before = self._on.get(key, False)
        self._on[key] = on
        return on != before

    def _update(self, entry: Entry) -> str | None:
        """Return the news of a device that no audit entry tells: its new version."""
        try:
            device = msgspec.convert(entry.body, Device)
        except msgspec.ValidationError:
            return None
        before = self._versions.get(device.id)
        self._versions[device.id] = device.version
        if before is None or device.version in (None, before):
            return None
        return f"{device.name} runs version {device.version} now"

    def _device(self, entry: Entry) -> Device | None:
        return self._devices(entry.device) if entry.device else None

    def _words(self, entry: Entry) -> tuple[str, str] | None:
        """Return what the point of a measurement says when it is on and off."""
        if entry.device is None or entry.point is None:
            return None
        key = (entry.device, entry.point)
        device = self._devices(entry.device)
        known = self._binary.get(key)
        if known is None or known[0] is not device:
            if device is None:
                return None
            point = _point(device, entry.point)
            told = _BINARY.get((point and point.device_class) or "")
            known = self._binary[key] = (device, told)
        return known[1]


def _text(entry: Entry, _: Device | None) -> str | None:
    return entry.text


def _event(entry: Entry, device: Device | None) -> str:
    event = (entry.text or "").replace("_", " ").strip()
    return f"{_subject(entry, device)}: {event or 'an event'}"


def _media(entry: Entry, device: Device | None) -> str:
    name = device.name if device else entry.device
    content_type = str((entry.body or {}).get("content_type", ""))
    what = "an audio clip" if content_type.startswith("audio/") else "a picture"
    return ": ".join(filter(None, (name, entry.text or what)))


def _status(entry: Entry, device: Device | None) -> str:
    name = device.name if device else entry.device or "A device"
    detail = (entry.body or {}).get("detail")
    words = "is online again" if entry.value else "cannot be reached"
    return f"{name} {words}: {detail}" if detail else f"{name} {words}"


def _command(entry: Entry, device: Device | None) -> str | None:
    try:
        body = msgspec.convert(entry.body, Command).body
    except msgspec.ValidationError:
        return None
    wanted = [
        _value(body.value),
        body.mode and f"mode {body.mode}",
        body.preset and f"preset {body.preset}",
        None if body.target_temperature is None else f"{body.target_temperature:g} °C",
    ]
    return f"{_subject(entry, device)}: {', '.join(filter(None, wanted)) or 'pressed'}"


def _ack(entry: Entry, device: Device | None) -> str | None:
    try:
        result = msgspec.convert(entry.body, CommandResult)
    except msgspec.ValidationError:
        # As an edge message has it.
        return None
    if result.status is CommandStatus.ACKNOWLEDGED:
        return None
    why = f": {result.detail}" if result.detail else ""
    return f"{_subject(entry, device)}: not done, {result.status}{why}"


_TELL = {
    EntryKind.ACK: _ack,
    EntryKind.AUDIT: _text,
    EntryKind.COMMAND: _command,
    EntryKind.ERASURE: _text,
    EntryKind.EVENT: _event,
    EntryKind.INCIDENT: _text,
    EntryKind.MEDIA: _media,
    EntryKind.NOTE: _text,
    EntryKind.STATUS: _status,
}


def _value(value: bool | float | str | None) -> str | None:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float | int):
        return f"{value:g}"
    return value


def _point(device: Device, point: str) -> Point | None:
    return next((each for each in device.points if each.id == point), None)


def _subject(entry: Entry, device: Device | None) -> str:
    """Return what an entry is about: the device, and its point if that says more."""
    if device is None:
        return ", ".join(filter(None, (entry.device, entry.point))) or "The home"
    if device.adapter == "homeassistant" and entry.point:
        point = _point(device, entry.point)
        return point.name if point else entry.point
    point = _point(device, entry.point) if entry.point else None
    if point is None or point.name.casefold() in device.name.casefold():
        return device.name
    zone = next((zone for zone in device.zones if zone.id == point.zone), None)
    return ", ".join(
        filter(None, (device.name, zone.name if zone else None, point.name))
    )


def _owner(device: Device | None) -> str | None:
    return device.owner if device else None


def _room(device: Device | None, point: str | None) -> str | None:
    """Return the area of the zone that a point belongs to, or of its device."""
    if device is None:
        return None
    found = _point(device, point) if point else None
    if found is not None and found.zone is not None:
        for zone in device.zones:
            if zone.id == found.zone:
                return zone.area or zone.name
    return device.area
