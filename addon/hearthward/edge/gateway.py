"""The gateway: every message from the edge passes here on its way into the lifelog.

It lets in what an approved device says of points that it has, as far as that can be believed;
drops what says nothing new; keeps what it rejects as dead letters; and returns when all of it is
durable: only then may an adapter acknowledge.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
import time

import msgspec
from msgspec.structs import replace

from hearthward.home.errors import HomeError
from hearthward.home.registry import Registry
from hearthward.lifelog import Batch, Lifelog
from hearthward.model.deadletter import Reason
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import EntryKind, Lane
from hearthward.model.message import (
    Event,
    Hello,
    Observation,
    State,
    StateBody,
    Status,
    UpMessage,
)
from hearthward.model.privacy import DataClass

from . import units
from .checks import RejectedError
from .clock import FARTHEST, Clocks, is_off
from .deadletters import DeadLetters, Letter
from .harvest import Harvest
from .parcel import Parcel, Receipt
from .sorting import Circumstances, Sorter, Standing

# Devices that the hub itself speaks to, or Home Assistant does: nobody else is them.
_OWN = ("esphome", "homeassistant")

# So many messages are handled before the rest of the hub has its turn.
_TURN = 250

# Messages that are known to be stored, so that a repeated one need not be looked up.
_RECENT = 10_000

# An observation of many tells enough of what is wrong.
_DETAILS = 3


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came in.

    `index` counts the parcels; `whole` says that the parcel held this message alone. One that is
    `live` was made by the hub itself of what a device or Home Assistant just said.
    """

    message: UpMessage
    parcel: Parcel
    index: int = 0
    whole: bool = True
    live: bool = False


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter that is tried again, for the so manieth time."""

    id: int
    attempts: int


class Gateway:
    """Turns messages into entries and dead letters."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        letters: DeadLetters,
        records: Callable[[DataClass, float], bool] = lambda kind, ts: True,
        pending_devices: int = 50,
    ) -> None:
        """Append to `lifelog` what devices of `registry` say, as far as `records` lets it.

        At most so many devices wait for an approval at a time.
        """
        self.heard: dict[str, float] = {}
        """When each device that is let in last said anything, by the hub's clock, s."""
        self._lifelog = lifelog
        self._registry = registry
        self._letters = letters
        self._pending_devices = pending_devices
        self._sorter = Sorter(lifelog.state, records)
        self._clocks = Clocks()
        self._standings: dict[str, Standing] = {}
        self._under_way: set[tuple[str, str]] = set()
        self._recent: dict[tuple[str, str], None] = {}
        lifelog.project(self._note)

    async def receive(self, messages: Sequence[UpMessage]) -> Receipt:
        """Take what the hub heard itself, in order; it is durable on return.

        What a device may not say is dropped: it says it again when it may.

        Raises:
            LifelogUnavailableError: It is not durable; give it again later.

        """
        here = Parcel(adapter="", address="", payload=b"", received=time.time())
        return await self.take(
            [
                Arrival(message=message, parcel=here, whole=False, live=True)
                for message in messages
            ]
        )

    async def take(
        self,
        arrivals: Sequence[Arrival],
        unread: Iterable[tuple[int, Letter]] = (),
        retry: Retry | None = None,
    ) -> Receipt:
        """Take messages in order; they, or their dead letters, are durable on return.

        `unread` are parcels that could not be read. With `retry` all of it takes the place of a
        dead letter, unless that is gone by now.

        Raises:
            LifelogUnavailableError: They are not; give them again later.

        """
        harvest = Harvest(self._lifelog, self._letters, retry.id if retry else None)
        for index, letter in unread:
            harvest.reject(index, _again(letter, retry))
        newest = _newest(arrivals)
        spoken = dict.fromkeys(arrival.message.device for arrival in arrivals)
        try:
            for count, arrival in enumerate(arrivals, start=1):
                await self._handle(arrival, newest, harvest, retry)
                if count % _TURN == 0:
                    await asyncio.sleep(0)
            await harvest.store()
        except BaseException:
            self._forget(spoken)
            raise
        finally:
            self._under_way.difference_update(harvest.keys)
        self._remember(harvest.keys)
        for device in spoken:
            await self._activate(device)
        return harvest.receipt

    def admits(self, device: str) -> bool:
        """Tell whether a device was let into the home and may speak."""
        standing = self._standing(device)
        return standing is not None and standing.admitted

    def is_alarm(self, message: UpMessage) -> bool:
        """Tell whether a message has to be taken whatever else is waiting."""
        standing = self._standing(message.device)
        if standing is None or not standing.admitted:
            return False
        match message:
            case Event(body=body):
                points = [body.point]
            case State(body=body):
                points = [seen.point for seen in body.observations]
            case _:
                return False
        gauges = (standing.gauges.get(point) for point in points)
        return any(gauge is not None and gauge.lane is Lane.ALARM for gauge in gauges)

    def _note(self, batch: Batch) -> None:
        """Forget what devices said last when some of it was erased."""
        if any(entry.kind is EntryKind.ERASURE for entry in batch.entries):
            self._forget(self._standings)
            self._recent.clear()

    def _forget(self, devices: Iterable[str]) -> None:
        for device in devices:
            standing = self._standings.get(device)
            for gauge in standing.gauges.values() if standing else ():
                gauge.heard = None

    def _remember(self, keys: Iterable[tuple[str, str]]) -> None:
        recent = self._recent
        recent.update(dict.fromkeys(keys))
        while len(recent) > _RECENT:
            del recent[next(iter(recent))]

    async def _activate(self, device: str) -> None:
        known = self._registry.get(device)
        if known is not None and known.status is DeviceStatus.APPROVED:
            # Somebody else may have been faster, or it was revoked or deleted.
            with suppress(HomeError):
                await self._registry.activate(device)

    def _standing(self, device: str) -> Standing | None:
        known = self._registry.get(device)
        standing = self._standings.get(device)
        if known is None:
            self._standings.pop(device, None)
            return None
        if standing is None or standing.device is not known:
            standing = self._standings[device] = Standing(known, standing)
        return standing

    async def _handle(
        self,
        arrival: Arrival,
        newest: Mapping[str, float],
        harvest: Harvest,
        retry: Retry | None,
    ) -> None:
        """Put what a message comes to into the harvest, or what is wrong with it."""
        message = arrival.message
        try:
            if isinstance(message, State | Event):
                self._sort(arrival, message, newest, harvest, retry)
            elif isinstance(message, Hello | Status):
                await harvest.flush()
                await self._introduce(arrival, message)
                harvest.accepted += 1
            else:
                # The adapters wait for acknowledgements themselves.
                harvest.accepted += 1
        except RejectedError as error:
            if not arrival.live:
                letter = _letter(arrival, error.reason, str(error))
                harvest.reject(arrival.index, _again(letter, retry))

    def _sort(
        self,
        arrival: Arrival,
        message: State | Event,
        newest: Mapping[str, float],
        harvest: Harvest,
        retry: Retry | None,
    ) -> None:
        """Put what a state or event says into the harvest.

        Raises:
            RejectedError: The device may not say it, or nothing of it is believed.

        """
        standing = self._permitted(arrival, message)
        if standing is None:
            harvest.accepted += 1
            return
        received = arrival.parcel.received
        self.heard[message.device] = received
        key = _key(arrival)
        identity = (message.device, key or "")
        if key is not None and identity in self._recent:
            harvest.duplicates += 1
            return
        how = Circumstances(
            received,
            key,
            0.0 if arrival.live else self._offset(message, newest, received),
            key is not None and identity in self._under_way,
            arrival.live,
            retry is not None,
        )
        if isinstance(message, State):
            drafts, lane, bad = self._sorter.state(standing, message, how)
        else:
            drafts, lane, bad = self._sorter.event(standing, message, how)
        if drafts:
            late = retry is not None and lane is Lane.TELEMETRY
            harvest.put(drafts, Lane.BULK if late else lane)
        if bad and isinstance(message, State):
            self._set_aside(arrival, message, bad, harvest, retry)
            if sum(map(len, bad.values())) == len(message.body.observations):
                return
        harvest.accepted += 1
        if key is not None:
            self._under_way.add(identity)
            harvest.keys.append(identity)

    def _permitted(self, arrival: Arrival, message: State | Event) -> Standing | None:
        """Return the device that speaks; None when what it says is not recorded anyway.

        Raises:
            RejectedError: It may not speak.

        """
        parcel = arrival.parcel
        standing = self._standing(message.device)
        if not arrival.live:
            known = standing.device if standing is not None else None
            _check_sender(message.device, known, parcel)
        if standing is not None and standing.admitted:
            return standing
        if standing is None:
            raise RejectedError(
                Reason.UNKNOWN_DEVICE,
                f"{message.device} is not known here: let it send a hello first, "
                "approve it, then replay this",
            )
        if not self._sorter.concerns(standing, message):
            return None
        device = standing.device
        if device.status is DeviceStatus.PENDING:
            raise RejectedError(
                Reason.DEVICE_PENDING,
                f"{device.name} waits for its approval: when it is approved, this is "
                "taken by itself",
            )
        raise RejectedError(
            Reason.DEVICE_REVOKED,
            f"{device.name} is revoked: switch it off, or delete it, so that it can ask "
            "to join again",
        )

    def _offset(
        self, message: State | Event, newest: Mapping[str, float], received: float
    ) -> float:
        """Return what a device's clock is off, s; nothing while it can be right.

        Raises:
            RejectedError: What it shows is no time.

        """
        if not is_off(message.ts, received):
            self._clocks.right(message.device)
            return 0.0
        if abs(message.ts) > FARTHEST:
            raise RejectedError(
                Reason.INVALID_TIME,
                f"{message.ts:.0f} is no time of {message.device}: send seconds since "
                "1970 (UTC), not milliseconds",
            )
        device = message.device
        return self._clocks.measure(device, newest[device], received)

    def _set_aside(
        self,
        arrival: Arrival,
        message: State,
        bad: Mapping[Reason, Sequence[tuple[Observation, str]]],
        harvest: Harvest,
        retry: Retry | None,
    ) -> None:
        """Reject what is not believed of a message, as messages of their own."""
        for reason, found in bad.items():
            detail = "; ".join(detail for _, detail in found[:_DETAILS])
            if len(found) > _DETAILS:
                detail += f"; and {len(found) - _DETAILS} more"
            aside = arrival
            if len(found) < len(message.body.observations):
                aside = _part(arrival, message, reason, [seen for seen, _ in found])
            harvest.reject(arrival.index, _again(_letter(aside, reason, detail), retry))

    async def _introduce(self, arrival: Arrival, message: Hello | Status) -> None:
        """Note who a device is, or that it came or went.

        Raises:
            RejectedError: It may not say so.
            UnknownDeviceError: It is not known.

        """
        device, parcel = message.device, arrival.parcel
        known = self._registry.get(device)
        if not arrival.live:
            _check_sender(device, known, parcel)
            self._check_entry(message, known)
        if isinstance(message, Hello):
            seen = _device(message)
            if not arrival.live:
                seen = _normalized(seen, parcel)
            await self._registry.hello(seen)
            self._forget([device])
            return
        body = message.body
        off = not arrival.live and is_off(message.ts, parcel.received)
        await self._registry.set_online(
            device,
            online=body.online,
            ts=parcel.received if off else message.ts,
            problem=body.problem,
            detail=body.detail,
        )

    def _check_entry(self, message: Hello | Status, known: Device | None) -> None:
        """Refuse who was shut out, and a crowd that nobody asked in.

        Raises:
            RejectedError: It is refused.

        """
        if known is not None:
            if known.status is DeviceStatus.REVOKED:
                raise RejectedError(
                    Reason.DEVICE_REVOKED,
                    f"{known.name} is revoked: delete it, so that it can ask to join "
                    "again",
                )
            return
        if isinstance(message, Status):
            raise RejectedError(
                Reason.UNKNOWN_DEVICE,
                f"{message.device} is not known here: let it send a hello first",
            )
        waiting = len(self._registry.devices(DeviceStatus.PENDING))
        if waiting >= self._pending_devices:
            raise RejectedError(
                Reason.UNKNOWN_DEVICE,
                f"{waiting} devices wait for their approval already: approve or revoke "
                "some, then replay this",
            )


def _newest(arrivals: Sequence[Arrival]) -> dict[str, float]:
    """Return the last time that each device said whose clock cannot be right."""
    newest: dict[str, float] = {}
    for arrival in arrivals:
        message = arrival.message
        ts = message.ts
        if is_off(ts, arrival.parcel.received) and abs(ts) <= FARTHEST:
            newest[message.device] = max(ts, newest.get(message.device, ts))
    return newest


def _key(arrival: Arrival) -> str | None:
    """Return the idempotency key of a message.

    A device that starts anew counts anew, so that its count says nothing without the time.
    """
    message = arrival.message
    name = message.id or arrival.parcel.key
    if name is not None:
        return f"message {name}"
    if message.seq is not None:
        return f"count {message.seq} {message.ts!r}"
    return None


def _part(
    arrival: Arrival, message: State, reason: Reason, seen: Sequence[Observation]
) -> Arrival:
    """Return some observations of a message as a message of their own."""
    key = _key(arrival)
    part = replace(
        message,
        id=None if key is None else f"{key} {reason}",
        seq=None,
        body=StateBody(observations=tuple(seen)),
    )
    return Arrival(
        message=part, parcel=arrival.parcel, index=arrival.index, whole=False
    )


def _letter(arrival: Arrival, reason: Reason, detail: str) -> Letter:
    message, parcel = arrival.message, arrival.parcel
    if not arrival.whole:
        parcel = replace(
            parcel, payload=msgspec.json.encode(message), profile=None, key=None
        )
    return Letter(parcel=parcel, reason=reason, detail=detail, device=message.device)


def _again(letter: Letter, retry: Retry | None) -> Letter:
    """Return the letter as one that was tried again, if it was."""
    if retry is None:
        return letter
    return replace(letter, id=retry.id, attempts=retry.attempts)


def _check_sender(device: str, known: Device | None, parcel: Parcel) -> None:
    """Refuse who speaks for another.

    Raises:
        RejectedError: It may not speak for the device.

    """
    if parcel.device is not None and parcel.device != device:
        raise RejectedError(
            Reason.NOT_PERMITTED,
            f"The sender may speak for {parcel.device} only, not for {device}: use a "
            "key of that device, or correct the message",
        )
    if known is not None and parcel.adapter != known.adapter and known.adapter in _OWN:
        raise RejectedError(
            Reason.NOT_PERMITTED,
            f"{device} is a device of {known.adapter}, which alone speaks for it: give "
            "this one another id",
        )


def _normalized(device: Device, parcel: Parcel) -> Device:
    """Return a device with the adapter that it came through and units as they are written."""
    points = tuple(
        point if point.unit is None else replace(point, unit=units.spelling(point.unit))
        for point in device.points
    )
    return replace(device, adapter=parcel.adapter, points=points)


def _device(message: Hello) -> Device:
    """Return the device as it describes itself; the registry adds what people decided."""
    body = message.body
    return Device(
        id=message.device,
        name=body.name,
        status=DeviceStatus.PENDING,
        adapter=body.adapter,
        address=body.address,
        mac=body.mac,
        area=body.area,
        manufacturer=body.manufacturer,
        model=body.model,
        project=body.project,
        version=body.version,
        serial=body.serial,
        zones=body.zones,
        points=body.points,
    )
