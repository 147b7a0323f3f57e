"""From one message to entries, and to what of it is not believed."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from hearthward.model.deadletter import Reason
from hearthward.model.device import Device, DeviceStatus, PointKind, PointState
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.message import Event, Observation, State, UpMessage
from hearthward.model.privacy import DataClass

from .checks import UNKNOWN, Gauge, Reading, RejectedError
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

    def is_urgent(self, message: UpMessage, *, news: bool = False) -> bool:
        """Tell whether a message is of a point that tells of alarms; with `news`, also of a change."""
        match message:
            case Event(body=body):
                gauge = self.gauges.get(body.point)
                return gauge is not None and gauge.point.kind is PointKind.EVENT
            case State(body=body):
                return any(
                    (gauge := self.gauges.get(seen.point)) is not None
                    and gauge.urgent
                    and (not news or gauge.heard is None or gauge.said[0] != seen.value)
                    for seen in body.observations
                )
        return False


# One is made for each message: the garbage collector need not look at it (`gc`).
class Circumstances(msgspec.Struct, frozen=True, gc=False):
    """How a message came: when, and how far its clock is off.

    `again` says that the same message is being stored, so that only its key can tell. `live` says
    that the hub itself heard it of the device just now, `retried` that it was rejected before.
    """

    received: float
    offset: float = 0.0
    again: bool = False
    live: bool = False
    retried: bool = False


class Bad(dict[Reason, list[tuple[Observation, str]]]):
    """Observations that are not believed and why, by the reason."""

    @property
    def count(self) -> int:
        """How many observations they are."""
        return sum(map(len, self.values()))


type Sorted = tuple[list[Draft], Lane, Bad | None]
"""What a message comes to, and what is not believed of it.

When nothing of it is believed, the entries say only that and do not stand for the message.
"""


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

    def sort(
        self,
        standing: Standing,
        message: State | Event,
        key: str | None,
        how: Circumstances,
    ) -> Sorted:
        """Return what a message of a device comes to; `key` is its idempotency key.

        Raises:
            RejectedError: It is an event of a point that the device does not have.

        """
        if isinstance(message, State):
            return self._state_of(standing, message, key, how)
        return self._event_of(standing, message, key, how)

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

    def _state_of(
        self, standing: Standing, message: State, key: str | None, how: Circumstances
    ) -> Sorted:
        drafts: list[Draft] = []
        urgent = False
        bad: Bad | None = None
        device, offset = message.device, how.offset
        moment = message.ts + offset
        for seen in message.body.observations:
            gauge = standing.gauges.get(seen.point)
            ts = moment if seen.ts is None else seen.ts + offset
            if gauge is not None and gauge.urgent and is_off(ts, how.received):
                ts = moment
            try:
                reading = self._reading(device, gauge, seen, ts, how)
            except RejectedError as error:
                bad = Bad() if bad is None else bad
                bad.setdefault(error.reason, []).append((seen, str(error)))
                # What cannot be believed must not leave the last good state standing.
                reading = UNKNOWN if error.hides and not how.retried else None
            if gauge is None or reading is None:
                continue
            if not self._is_news(device, gauge, reading, ts, how):
                continue
            urgent = urgent or gauge.urgent
            value, text, body = reading
            drafts.append(
                Draft(
                    ts=ts,
                    kind=EntryKind.STATE,
                    device=device,
                    point=seen.point,
                    value=value,
                    text=text,
                    body=_noted(body, ts, offset) if offset else body,
                    key=None if drafts else key,
                    joined=key is not None and len(drafts) > 0,
                )
            )
        if bad is not None and bad.count == len(message.body.observations):
            drafts = [replace(draft, key=None, joined=False) for draft in drafts]
        if urgent:
            return drafts, Lane.ALARM, bad
        late = how.retried or moment < how.received - _LATE
        return drafts, Lane.BULK if late else Lane.TELEMETRY, bad

    def _event_of(
        self, standing: Standing, message: Event, key: str | None, how: Circumstances
    ) -> Sorted:
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
                    body=_noted(data, ts, how.offset) if how.offset else data,
                    key=key,
                )
            )
        return drafts, Lane.ALARM, None

    def _reading(
        self,
        device: str,
        gauge: Gauge | None,
        seen: Observation,
        ts: float,
        how: Circumstances,
    ) -> Reading | None:
        """Return what an observation says; None if it is not to be recorded.

        Raises:
            RejectedError: It cannot be believed.

        """
        if gauge is None:
            raise _unknown_point(device, seen.point)
        if gauge.privacy is not None and not self._records(gauge.privacy, ts):
            return None
        # What is live was given its time here, or with its message.
        if seen.ts is not None and not how.live and is_off(ts, how.received):
            raise RejectedError(
                Reason.INVALID_TIME,
                f"{seen.point} was observed at {seen.ts:.0f}, which its message does "
                "not explain: send seconds since 1970 (UTC)",
            )
        value = seen.value
        if value is not None:
            value = gauge.believe(value, seen.unit, ts, retried=how.retried)
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


def _noted(body: Body | None, ts: float, offset: float) -> Body:
    """Return a body that tells what the device's clock showed."""
    clock = {"said": round(ts - offset, 3), "offset": round(offset, 3)}
    return {**(body or {}), "clock": clock}


def _unknown_point(
    device: str, point: str, kind: PointKind | None = None
) -> RejectedError:
    return RejectedError(
        Reason.UNKNOWN_POINT,
        f"{device} has no {f'{kind} ' if kind else ''}point {point[:64]!r}: offer it in "
        "the device's hello, then replay this",
    )
