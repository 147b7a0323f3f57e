"""The gateway: every message from the edge passes here on its way into the lifelog.

It lets in what an approved device says of points that it has, as far as that can be believed;
drops what says nothing new; keeps what it rejects as dead letters; and returns when all of it is
durable: only then may an adapter acknowledge.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from math import inf
import time

import msgspec
from msgspec.structs import replace

from hearthward.home.errors import HomeError
from hearthward.home.registry import Registry
from hearthward.lifelog import Batch, Lifelog, LifelogUnavailableError
from hearthward.model.deadletter import Reason
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import EntryKind
from hearthward.model.message import (
    Ack,
    Event,
    Hello,
    State,
    StateBody,
    Status,
    UpMessage,
)
from hearthward.model.privacy import DataClass

from . import units
from .admission import check_entry, check_sender, refusal
from .checks import RejectedError
from .clock import AHEAD, EARLIEST, FARTHEST, Clocks, is_off
from .deadletters import DeadLetters, Letter
from .doubts import Doubts
from .harvest import Harvest, Retry
from .parcel import Parcel, Receipt
from .sorting import Bad, Circumstances, Sorter, Standing

# So many messages are handled before the rest of the hub has its turn.
_TURN = 250

# So many messages, and as many before them, are known to be stored without looking them up.
_RECENT = 10_000

# Made once: this is asked of every message.
_SAID = (State, Event)

# A few of many observations tell enough of what is wrong.
_DETAILS = 3


# It comes by the thousand and holds no cycle: the garbage collector need not look at it (`gc`).
class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message as it came in.

    `index` counts the parcels; `whole` says that the parcel held this message alone. One that is
    `live` was made by the hub itself of what a device or Home Assistant just said.
    """

    message: UpMessage
    parcel: Parcel
    index: int = 0
    whole: bool = True
    live: bool = False


class Gateway:
    """Turns messages into entries and dead letters."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        letters: DeadLetters,
        records: Callable[[DataClass, float], bool],
        pending_devices: int,
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
        self._doubts = Doubts()
        self._crossed: list[Callable[[], None]] = []
        self._standings: dict[str, Standing] = {}
        # Messages with a key that are on their way, and whether they bring any entries.
        self._under_way: dict[tuple[str, str], bool] = {}
        self._recent: set[tuple[str, str]] = set()
        self._before: set[tuple[str, str]] = set()
        lifelog.project(self._note)

    async def receive(self, messages: Sequence[UpMessage]) -> Receipt:
        """Take what the hub heard itself, in order; it is durable on return.

        What a device may not say is dropped: it says it again when it may.

        Raises:
            LifelogUnavailableError: It is not durable; give it again later.

        """
        now = time.time()
        self._doubts.replace(messages)
        receipt = await self.take([self._live(message, now) for message in messages])
        if stood := self._doubts.stood(now):
            # Behind what was said, which may be an alarm: it can be told another time.
            with suppress(LifelogUnavailableError):
                await self.take([self._live(state, now) for state in stood])
                self._doubts.settle(now)
        return receipt

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
        harvest = Harvest(self._lifelog, self._letters, retry)
        for index, letter in unread:
            harvest.reject(index, letter)
        newest = _newest(arrivals)
        spoken = dict.fromkeys([arrival.message.device for arrival in arrivals])
        strangers = [device for device in spoken if not self.admits(device)]
        try:
            for count, arrival in enumerate(arrivals, start=1):
                message = arrival.message
                if isinstance(message, _SAID):
                    self._sort(arrival, message, newest, harvest)
                else:
                    await self._meet(arrival, message, harvest)
                if count % _TURN == 0:
                    await asyncio.sleep(0)
            await harvest.store()
        except BaseException:
            self._forget(spoken)
            raise
        finally:
            for identity in harvest.keys:
                self._under_way.pop(identity, None)
        self._remember(harvest.keys)
        for device in spoken:
            await self._activate(device)
        if any(map(self.admits, strangers)):
            for listener in self._crossed:
                listener()
        return harvest.receipt

    def on_crossed(self, listener: Callable[[], None]) -> None:
        """Call `listener` when letters may wait for an approval that there was meanwhile."""
        self._crossed.append(listener)

    def admits(self, device: str) -> bool:
        """Tell whether a device was let into the home and may speak."""
        standing = self._standing(device)
        return standing is not None and standing.admitted

    def is_urgent(self, message: UpMessage) -> bool:
        """Tell whether a message may be an alarm: it is of a point that tells of such."""
        standing = self._standing(message.device)
        return (
            standing is not None and standing.admitted and standing.is_urgent(message)
        )

    def is_alarm(self, arrival: Arrival) -> bool:
        """Tell whether a message has to be taken whatever else is waiting."""
        message = arrival.message
        standing = self._standing(message.device)
        if standing is None or not standing.admitted:
            return False
        try:
            check_sender(message.device, standing.device, arrival.parcel)
        except RejectedError:
            return False
        return standing.is_urgent(message, news=True)

    def _live(self, message: UpMessage, now: float) -> Arrival:
        """Return a message of a device that the hub itself hears, as it arrives."""
        device = self._registry.get(message.device)
        parcel = Parcel(
            adapter=device.adapter if device else "",
            address=(device.address if device else None) or "",
            payload=b"",
            received=now,
        )
        return Arrival(message=message, parcel=parcel, whole=False, live=True)

    def _note(self, batch: Batch) -> None:
        """Forget what devices said last when some of it was erased."""
        if any(entry.kind is EntryKind.ERASURE for entry in batch.entries):
            self._forget(self._standings)
            self._recent, self._before = set(), set()
            self._doubts.clear()

    def _forget(self, devices: Iterable[str]) -> None:
        for device in devices:
            standing = self._standings.get(device)
            for gauge in standing.gauges.values() if standing else ():
                gauge.heard = None

    def _remember(self, keys: Iterable[tuple[str, str]]) -> None:
        if len(self._recent) > _RECENT:
            self._recent, self._before = set(), self._recent
        self._recent.update(keys)

    async def _activate(self, device: str) -> None:
        known = self._registry.get(device)
        if known is not None and known.status is DeviceStatus.APPROVED:
            # Somebody else may have been faster, or it was revoked or deleted.
            with suppress(HomeError):
                await self._registry.activate(device)

    def _standing(self, device: str) -> Standing | None:
        known = self._registry.get(device)
        standing = self._standings.get(device)
        if standing is not None and standing.device is known:
            return standing
        if known is None:
            self._standings.pop(device, None)
            return None
        renewed = self._standings[device] = Standing(known, standing)
        return renewed

    def _sort(
        self,
        arrival: Arrival,
        message: State | Event,
        newest: Mapping[str, float],
        harvest: Harvest,
    ) -> None:
        """Put what a state or event says into the harvest, or what is wrong with it."""
        received = arrival.parcel.received
        key = _key(message, arrival.parcel)
        identity = (message.device, key or "")
        try:
            standing = self._permitted(arrival, message)
            if standing is None:
                harvest.accepted += 1
                return
            self.heard[message.device] = received
            if key is not None and self._is_known(identity):
                harvest.duplicates += 1
                return
            if abs(message.ts) > FARTHEST and standing.is_urgent(message):
                # An alarm is one whatever its clock shows: it happened when it came.
                message = replace(message, ts=received)
            how = Circumstances(
                received,
                self._offset(arrival, message, newest) if newest else 0.0,
                identity in self._under_way,
                arrival.live,
                harvest.retry is not None,
            )
            drafts, lane, bad = self._sorter.sort(standing, message, key, how)
        except RejectedError as error:
            _reject(arrival, error, harvest)
            return
        if drafts:
            harvest.put(drafts, lane)
        if bad is not None and isinstance(message, State):
            _set_aside(arrival, message, bad, harvest)
            if arrival.live:
                self._doubts.note(message.device, bad, received)
            if bad.count == len(message.body.observations):
                return
        harvest.accepted += 1
        if key is not None:
            self._under_way[identity] = bool(drafts)
            harvest.keys.append(identity)

    def _is_known(self, identity: tuple[str, str]) -> bool:
        """Tell whether a message is stored, or is about to be without bringing anything."""
        return (
            identity in self._recent
            or identity in self._before
            or self._under_way.get(identity) is False
        )

    def _permitted(self, arrival: Arrival, message: State | Event) -> Standing | None:
        """Return the device that speaks; None when what it says is not recorded anyway.

        Raises:
            RejectedError: It may not speak.

        """
        standing = self._standing(message.device)
        known = None if standing is None else standing.device
        if not arrival.live:
            check_sender(message.device, known, arrival.parcel)
        if standing is not None and standing.admitted:
            return standing
        if standing is not None and not self._sorter.concerns(standing, message):
            return None
        raise refusal(message.device, known)

    def _offset(
        self, arrival: Arrival, message: State | Event, newest: Mapping[str, float]
    ) -> float:
        """Return what a device's clock is off, s; nothing while it can be right.

        Raises:
            RejectedError: What it shows is no time.

        """
        device, ts = message.device, message.ts
        received = arrival.parcel.received
        if not is_off(ts, received):
            return 0.0
        if abs(ts) > FARTHEST:
            raise RejectedError(
                Reason.INVALID_TIME,
                f"{ts:.0f} is no time of {device}: send seconds since 1970 (UTC), not "
                "milliseconds",
            )
        return self._clocks.measure(device, newest[device], received)

    async def _meet(
        self, arrival: Arrival, message: Hello | Status | Ack, harvest: Harvest
    ) -> None:
        """Note who a device is, or that it came or went.

        Acknowledgements are not for here: the adapters wait for them themselves.
        """
        await harvest.flush()
        try:
            if not isinstance(message, Ack) and not self._is_outdated(message, harvest):
                await self._introduce(arrival, message)
        except RejectedError as error:
            _reject(arrival, error, harvest)
            return
        harvest.accepted += 1
        # That a device is away is said by others.
        away = isinstance(message, Status) and not message.body.online
        if not away and self.admits(message.device):
            self.heard[message.device] = arrival.parcel.received

    def _is_outdated(self, message: Hello | Status, harvest: Harvest) -> bool:
        """Tell whether others have told better since a message became a dead letter."""
        known = self._registry.get(message.device)
        return harvest.retry is not None and known is not None

    async def _introduce(self, arrival: Arrival, message: Hello | Status) -> None:
        """Tell the registry what a device says of itself.

        Raises:
            RejectedError: It may not say so.

        """
        device, parcel = message.device, arrival.parcel
        if not arrival.live:
            known = self._registry.get(device)
            check_sender(device, known, parcel)
            pending = self._registry.devices(DeviceStatus.PENDING)
            check_entry(message, known, pending, self._pending_devices)
        if isinstance(message, Hello):
            seen = _device(message)
            await self._registry.hello(
                seen if arrival.live else _normalized(seen, parcel)
            )
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


def _newest(arrivals: Sequence[Arrival]) -> dict[str, float]:
    """Return the last time that each device said whose clock cannot be right."""
    newest: dict[str, float] = {}
    for arrival in arrivals:
        message = arrival.message
        ts = message.ts
        if not EARLIEST <= ts <= arrival.parcel.received + AHEAD:
            said = ts if abs(ts) <= FARTHEST else -inf
            newest[message.device] = max(said, newest.get(message.device, -inf))
    return newest


def _key(message: UpMessage, parcel: Parcel) -> str | None:
    """Return the idempotency key of a message.

    A device that starts anew counts anew, so that its count says nothing without the time.
    """
    name = message.id or parcel.key
    if name is not None:
        return f"message {name}"
    if message.seq is not None:
        return f"count {message.seq} {message.ts!r}"
    if parcel.retained and isinstance(message, Event):
        # The broker gives it to each new session, with nothing that tells it from a new one. A
        # state is different: it may well be so once more.
        said = (parcel.address, parcel.payload, message.body.point, message.body.event)
        return f"retained {sha256(msgspec.json.encode(said)).hexdigest()}"
    return None


def _reject(arrival: Arrival, error: RejectedError, harvest: Harvest) -> None:
    """Make a message a dead letter, unless its sender repeats it when it may speak."""
    if not arrival.live or error.reason is Reason.INVALID_TIME:
        harvest.reject(arrival.index, _letter(arrival, error.reason, str(error)))


def _set_aside(arrival: Arrival, message: State, bad: Bad, harvest: Harvest) -> None:
    """Make what is not believed of a message dead letters, one for each reason."""
    key = _key(message, arrival.parcel)
    for reason, found in bad.items():
        if arrival.live and reason is Reason.UNKNOWN_POINT:
            # The device said it before its new description was stored.
            continue
        detail = "; ".join(detail for _, detail in found[:_DETAILS])
        if len(found) > _DETAILS:
            detail += f"; and {len(found) - _DETAILS} more"
        aside = arrival
        if len(found) < len(message.body.observations):
            part = replace(
                message,
                id=None if key is None else f"{key} {reason}",
                seq=None,
                body=StateBody(observations=tuple(seen for seen, _ in found)),
            )
            aside = replace(arrival, message=part, whole=False)
        harvest.reject(arrival.index, _letter(aside, reason, detail))


def _letter(arrival: Arrival, reason: Reason, detail: str) -> Letter:
    message, parcel = arrival.message, arrival.parcel
    if not arrival.whole:
        parcel = replace(
            parcel, payload=msgspec.json.encode(message), profile=None, key=None
        )
    return Letter(parcel=parcel, reason=reason, detail=detail, device=message.device)


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
