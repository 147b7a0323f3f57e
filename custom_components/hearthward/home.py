"""The home as the hub tells it; knows nothing of Home Assistant."""

from dataclasses import dataclass, field, replace
from typing import Final

from .models import (
    KIND_DEVICE,
    KIND_EVENT,
    KIND_STATE,
    KIND_STATUS,
    STATUS_REVOKED,
    Device,
    Entry,
    HubInfo,
    Point,
    PointKey,
    PointState,
    Snapshot,
)

BINARY_SENSOR: Final = "binary_sensor"


@dataclass(kw_only=True, slots=True)
class Change:
    """What entries changed.

    Points with a new state, devices with a new shape, devices that came (True) or left, events in
    order, and whether there is something that a person would read.
    """

    points: set[PointKey] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    online: dict[str, bool] = field(default_factory=dict)
    events: list[tuple[PointKey, Entry]] = field(default_factory=list)
    readable: bool = False


@dataclass(kw_only=True, slots=True)
class Home:
    """All current state as of `seq`, brought forward by entries."""

    hub: HubInfo
    seq: int
    devices: dict[str, Device]
    states: dict[PointKey, PointState]
    mirrored: set[str] = field(default_factory=set)
    """Devices that stand for Home Assistant's own entities, which are no news to it."""
    points: dict[PointKey, Point] = field(init=False)
    """What the admitted devices offer."""
    kept: set[PointKey] = field(init=False)
    """What the devices offer that were not turned away; some wait for their approval anew."""

    def __post_init__(self) -> None:
        """Index the points."""
        self._index_points()

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Home:
        """Return the home of a snapshot."""
        mirrored = {device.id for device in snapshot.devices if device.mirrored}
        return cls(
            hub=snapshot.hub,
            seq=snapshot.seq,
            devices={
                device.id: device for device in snapshot.devices if not device.mirrored
            },
            states={
                (state.device, state.point): state
                for state in snapshot.states
                if state.device not in mirrored
            },
            mirrored=mirrored,
        )

    def apply(self, entry: Entry, change: Change) -> None:
        """Bring the home forward by one entry; one that is already known changes nothing."""
        if entry.seq <= self.seq:
            return
        self.seq = entry.seq
        self._apply(entry, change)

    def foretell(self, entry: Entry, change: Change) -> None:
        """Bring the home forward by an entry that the hub has not stored yet."""
        self._apply(entry, change)

    def _apply(self, entry: Entry, change: Change) -> None:
        change.readable |= self._is_readable(entry)
        if entry.device is None or self._is_mirrored(entry, entry.device):
            return
        if entry.kind == KIND_STATE and entry.point is not None:
            self._apply_state(entry, (entry.device, entry.point), change)
        elif entry.imported:
            return
        elif entry.kind == KIND_STATUS:
            self._apply_status(entry, entry.device, change)
        elif entry.kind == KIND_DEVICE:
            self._apply_device(entry, entry.device)
            change.devices.add(entry.device)
        elif entry.kind == KIND_EVENT and entry.point is not None:
            change.events.append(((entry.device, entry.point), entry))

    def _is_readable(self, entry: Entry) -> bool:
        """Return if a person would read of it: anything but a measurement."""
        if entry.kind != KIND_STATE:
            return True
        if entry.device in self.mirrored:
            return (entry.point or "").startswith(BINARY_SENSOR)
        point = self.points.get((entry.device or "", entry.point or ""))
        return point is not None and point.kind == BINARY_SENSOR

    def _is_mirrored(self, entry: Entry, device_id: str) -> bool:
        """Return if an entry tells of what Home Assistant itself said."""
        if entry.kind == KIND_DEVICE and entry.body and "adapter" in entry.body:
            if Device.from_dict(entry.body).mirrored:
                self.mirrored.add(device_id)
            else:
                self.mirrored.discard(device_id)
        return device_id in self.mirrored

    def _apply_state(self, entry: Entry, key: PointKey, change: Change) -> None:
        """Take a state, unless it comes late; one that a wrong clock left behind gives way."""
        known = self.states.get(key)
        if known is not None and entry.ts < known.ts <= entry.received:
            return
        change.points.add(key)
        self.states[key] = PointState(
            device=key[0],
            point=key[1],
            seq=entry.seq,
            ts=entry.ts,
            value=entry.value,
            text=entry.text,
            body=entry.body,
        )

    def _apply_status(self, entry: Entry, device_id: str, change: Change) -> None:
        if (device := self.devices.get(device_id)) is None:
            return
        online = bool(entry.value)
        self.devices[device_id] = replace(device, online=online)
        change.online[device_id] = online
        change.points.update((device_id, point.id) for point in device.points)

    def _apply_device(self, entry: Entry, device_id: str) -> None:
        """Take the new description of a device; without one it was deleted."""
        if entry.body and "adapter" in entry.body:
            self.devices[device_id] = Device.from_dict(entry.body)
        else:
            self.devices.pop(device_id, None)
            for key in [key for key in self.states if key[0] == device_id]:
                del self.states[key]
        self._index_points()

    def _index_points(self) -> None:
        self.points = {
            (device.id, point.id): point
            for device in self.devices.values()
            if device.admitted
            for point in device.points
        }
        self.kept = {
            (device.id, point.id)
            for device in self.devices.values()
            if device.status != STATUS_REVOKED
            for point in device.points
        }
