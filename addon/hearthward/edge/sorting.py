"""From one message to entries, and to what of it is not believed."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from hearthward.model.deadletter import Reason
from hearthward.model.device import Device, DeviceStatus, PointKind, PointState
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.message import Event, Observation, State
from hearthward.model.privacy import DataClass

from .checks import Gauge, Reading, RejectedError
from .clock import is_off

_ADMITTED = (DeviceStatus.APPROVED, DeviceStatus.ACTIVE)

# What happened longer ago waits for what happens now, s.
_LATE = 3600.0

type Body = dict[str, object]


class Standing:
    """A device as the gateway sees it: whether it may speak, and its points."""

    __slots__ = ("admitted", "device", "gauges")

    def __init__(self, device: Device, before: Standing | None) -> None:
        """Take over what is known of the points that stay as they are."""
        known = {} if before is None else before.gauges
        self.device = device
        self.admitted = device.status in _ADMITTED
        self.gauges: dict[str, Gauge] = {}
        for point in device.points:
            if point.derived:
                # The hub itself says what such a point is.
                continue
            gauge = known.get(point.id)
            if gauge is None or gauge.point != point:
                gauge = Gauge(point)
            self.gauges[point.id] = gauge


class Circumstances(NamedTuple):
    """How a message came: when, with which key, and how far its clock is off.

    `again` says that the same message is being stored, so that only its key can tell. `live` says
    that the hub itself heard it of the device just now, `retried` that it was rejected before.
    """

    received: float
    key: str | None = None
    offset: float = 0.0
    again: bool = False
    live: bool = False
    retried: bool = False


class Sorted(NamedTuple):
    """What a message comes to; `bad` are observations that are not believed, and why.

    When nothing of it is believed, the entries say only that and do not stand for the message.
    """

    drafts: list[Draft]
    lane: Lane
    bad: dict[Reason, list[tuple[Observation, str]]]


class Sorter:
    """Sorts messages by what devices said before."""

    def __init__(
        self,
        state: Callable[[str, str], PointState | None],
        records: Callable[[DataClass, float], bool],
    ) -> None:
        """Ask `state` what is stored of a point, and `records` what may be recorded."""
        self._state = state
        self._records = records

    def state(self, standing: Standing, message: State, how: Circumstances) -> Sorted:
        """Sort a state, observation by observation."""
        drafts: list[Draft] = []
        lane = Lane.TELEMETRY
        bad: dict[Reason, list[tuple[Observation, str]]] = {}
        gauges = standing.gauges
        device, moment, offset, key = message.device, message.ts, how.offset, how.key
        for seen in message.body.observations:
            gauge = gauges.get(seen.point)
            said = moment if seen.ts is None else seen.ts
            ts = said + offset
            try:
                if gauge is None:
                    raise _unknown_point(device, seen.point)
                value, text, body = self._reading(gauge, seen, ts, how)
            except RejectedError as error:
                bad.setdefault(error.reason, []).append((seen, str(error)))
                if gauge is None or how.retried or error.reason is Reason.INVALID_TIME:
                    continue
                # What cannot be believed must not leave the last good state standing.
                value = text = body = None
            if gauge.privacy is not None and not self._records(gauge.privacy, ts):
                continue
            if not self._is_news(device, gauge, (value, text, body), ts, how):
                continue
            lane = min(lane, gauge.lane)
            drafts.append(
                Draft(
                    ts=ts,
                    kind=EntryKind.STATE,
                    device=device,
                    point=seen.point,
                    value=value,
                    text=text,
                    body=_noted(body, said, offset) if offset else body,
                    key=None if drafts else key,
                    joined=key is not None and len(drafts) > 0,
                )
            )
        if lane is Lane.TELEMETRY and moment + offset < how.received - _LATE:
            lane = Lane.BULK
        if bad and sum(map(len, bad.values())) == len(message.body.observations):
            drafts = [replace(draft, key=None, joined=False) for draft in drafts]
        return Sorted(drafts, lane, bad)

    def event(self, standing: Standing, message: Event, how: Circumstances) -> Sorted:
        """Sort an event.

        Raises:
            RejectedError: The device has no such point, or it has no events.

        """
        body = message.body
        gauge = standing.gauges.get(body.point)
        if gauge is None or gauge.point.kind is not PointKind.EVENT:
            raise _unknown_point(message.device, body.point, PointKind.EVENT)
        ts = message.ts + how.offset
        drafts = []
        if gauge.privacy is None or self._records(gauge.privacy, ts):
            data = body.data
            drafts.append(
                Draft(
                    ts=ts,
                    kind=EntryKind.EVENT,
                    device=message.device,
                    point=body.point,
                    text=body.event,
                    body=_noted(data, message.ts, how.offset) if how.offset else data,
                    key=how.key,
                )
            )
        return Sorted(drafts, gauge.lane, {})

    def concerns(self, standing: Standing, message: State | Event) -> bool:
        """Tell whether anything of a message may be recorded, once its device is let in."""
        points = (
            [message.body.point]
            if isinstance(message, Event)
            else [seen.point for seen in message.body.observations]
        )
        gauges = [standing.gauges.get(point) for point in points]
        return any(
            gauge is None
            or gauge.privacy is None
            or self._records(gauge.privacy, message.ts)
            for gauge in gauges
        )

    def _reading(
        self, gauge: Gauge, seen: Observation, ts: float, how: Circumstances
    ) -> Reading:
        if how.live:
            return gauge.read(seen), seen.text, seen.body
        if seen.ts is not None and is_off(ts, how.received):
            raise RejectedError(
                Reason.INVALID_TIME,
                f"{seen.point} was observed at {seen.ts:.0f}, which its message does "
                "not explain: send seconds since 1970 (UTC)",
            )
        value = gauge.read(seen)
        if value is not None and gauge.steep:
            gauge.steady(value, ts)
        return value, seen.text, seen.body

    def _is_news(
        self,
        device: str,
        gauge: Gauge,
        reading: Reading,
        ts: float,
        how: Circumstances,
    ) -> bool:
        """Tell whether a reading says anything new, and remember it."""
        if gauge.heard is None:
            self._recall(device, gauge)
        heard = gauge.heard
        if heard is not None:
            if ts < heard and not how.live:
                # It was late: nobody knows what the point said before it.
                return True
            if reading == gauge.said and not how.again:
                gauge.heard = ts
                return False
        gauge.heard = ts
        gauge.said = reading
        return True

    def _recall(self, device: str, gauge: Gauge) -> None:
        """Take what is stored for what was said."""
        state = self._state(device, gauge.point.id)
        if state is None:
            return
        body = state.body
        if body and "clock" in body:
            body = {name: part for name, part in body.items() if name != "clock"}
        gauge.heard = state.ts
        gauge.said = (state.value, state.text, body or None)


def _noted(body: Body | None, said: float, offset: float) -> Body:
    """Return a body that tells what the device's clock showed."""
    return {**(body or {}), "clock": {"said": said, "offset": round(offset, 3)}}


def _unknown_point(
    device: str, point: str, kind: PointKind | None = None
) -> RejectedError:
    return RejectedError(
        Reason.UNKNOWN_POINT,
        f"{device} has no {f'{kind} ' if kind else ''}point {point[:64]!r}: offer it in "
        "the device's hello, then replay this",
    )
