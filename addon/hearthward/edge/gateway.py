"""The gateway: every message from the edge passes here on its way into the lifelog.

It lets in what an approved device says of points that it has, drops what says nothing new, and
returns when the rest is durable: only then may an adapter acknowledge.
"""

from collections.abc import Iterator, Sequence
import logging

from hearthward.home.registry import Registry
from hearthward.lifelog import Lifelog
from hearthward.model.device import Device, DeviceStatus, PointKind
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.message import Event, Hello, Observation, State, Status, UpMessage

_LOGGER = logging.getLogger(__name__)

_ADMITTED = (DeviceStatus.APPROVED, DeviceStatus.ACTIVE)

type _Reading = tuple[float | None, str | None, dict[str, object] | None]


class Gateway:
    """Turns messages into entries."""

    def __init__(self, lifelog: Lifelog, registry: Registry) -> None:
        """Append to `lifelog` what devices of `registry` say."""
        self._lifelog = lifelog
        self._registry = registry
        # What each device said last, which the lifelog's own state may not show yet.
        self._said: dict[str, dict[str, _Reading]] = {}

    async def receive(self, messages: Sequence[UpMessage]) -> None:
        """Take messages in order; they are durable on return.

        Raises:
            LifelogUnavailableError: They are not; give them again later.

        """
        drafts: list[Draft] = []
        spoken: set[str] = set()
        for message in messages:
            match message:
                case State():
                    drafts.extend(self._state(message))
                    spoken.add(message.device)
                case Event():
                    drafts.extend(self._event(message))
                    spoken.add(message.device)
                case Hello():
                    await self._append(drafts)
                    drafts = []
                    self._said.pop(message.device, None)
                    await self._registry.hello(_device(message))
                case Status(body=body):
                    await self._append(drafts)
                    drafts = []
                    await self._registry.set_online(
                        message.device,
                        online=body.online,
                        ts=message.ts,
                        problem=body.problem,
                        detail=body.detail,
                    )
                case _:
                    _LOGGER.debug("Nobody waits for %s", message)
        await self._append(drafts)
        for device in spoken:
            await self._activate(device)

    def admits(self, device: str) -> bool:
        """Tell whether a device was let into the home and may speak."""
        return self._admitted(device) is not None

    async def _append(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        try:
            await self._lifelog.append(drafts)
        except BaseException:
            for draft in drafts:
                self._said.pop(draft.device or "", None)
            raise

    async def _activate(self, device: str) -> None:
        known = self._registry.get(device)
        if known is not None and known.status is DeviceStatus.APPROVED:
            await self._registry.activate(device)

    def _state(self, message: State) -> Iterator[Draft]:
        device = self._admitted(message.device)
        if device is None:
            return
        points = {point.id for point in device.points}
        for index, seen in enumerate(message.body.observations):
            if seen.point not in points:
                _LOGGER.debug("%s has no point %s", device.id, seen.point)
                continue
            if not self._changed(device.id, seen):
                continue
            yield Draft(
                ts=message.ts if seen.ts is None else seen.ts,
                kind=EntryKind.STATE,
                device=device.id,
                point=seen.point,
                value=seen.value,
                text=seen.text,
                body=seen.body,
                key=_key(message.id, index),
            )

    def _event(self, message: Event) -> Iterator[Draft]:
        device = self._admitted(message.device)
        if device is None:
            return
        body = message.body
        if not any(
            point.id == body.point and point.kind is PointKind.EVENT
            for point in device.points
        ):
            _LOGGER.debug("%s has no event point %s", device.id, body.point)
            return
        yield Draft(
            ts=message.ts,
            kind=EntryKind.EVENT,
            device=device.id,
            point=body.point,
            text=body.event,
            body=body.data,
            key=_key(message.id, 0),
        )

    def _admitted(self, device: str) -> Device | None:
        """Return the device if it may speak."""
        known = self._registry.get(device)
        if known is not None and known.status in _ADMITTED:
            return known
        _LOGGER.debug("%s may not speak in this home", device)
        return None

    def _changed(self, device: str, seen: Observation) -> bool:
        """Tell whether an observation says anything new, and remember it."""
        said = self._said.setdefault(device, {})
        reading = (seen.value, seen.text, seen.body)
        known = said.get(seen.point)
        state = self._lifelog.state(device, seen.point) if known is None else None
        if state is not None:
            known = (state.value, state.text, state.body)
        said[seen.point] = reading
        return reading != known


def _key(message: str | None, index: int) -> str | None:
    """Return the idempotency key of a part of a message."""
    return None if message is None else f"message {index} {message}"


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
