"""Schedule and boost of a zone, by commands to the points of its node.

The node keeps the schedule and follows it alone; the hub reads it from the node's states and
asks the node for changes.
"""

import asyncio
import time

from hearthward.home.commands import Commands
from hearthward.home.errors import HomeError
from hearthward.home.registry import Registry
from hearthward.lifelog import Lifelog
from hearthward.model.command import CommandBody, CommandResult, CommandStatus
from hearthward.model.device import Device, Point, PointKind
from hearthward.model.heating import Boost, Day, Preset, Schedule

from .schedule import ScheduleError, check_day, format_day, parse_day

# How long a node has to show the schedule it was given.
_ECHO_TIMEOUT = 3.0


class UnknownZoneError(HomeError):
    """The device has no such zone, or the zone has no schedule or boost."""

    code = "unknown_zone"


class RefusedError(HomeError):
    """A node did not do what the change needs; `result` is its answer."""

    code = "rejected"

    def __init__(self, message: str, result: CommandResult) -> None:
        """Take the sentence and the answer."""
        super().__init__(message)
        self.result = result


class Zones:
    """The zones of a home."""

    def __init__(
        self, lifelog: Lifelog, registry: Registry, commands: Commands
    ) -> None:
        """Read states from `lifelog` and change them by `commands`."""
        self._lifelog = lifelog
        self._registry = registry
        self._commands = commands

    def schedule(self, device: str, zone: str) -> Schedule:
        """Return the schedule that the node keeps, as far as it told.

        Raises:
            UnknownDeviceError, UnknownZoneError: There is no such zone.

        """
        found = self._registry.require(device)
        texts = {
            day: self._text(device, self._point(found, zone, f"schedule_{day}").id)
            for day in Day
        }
        return Schedule(
            days={
                day: parse_day(text) for day, text in texts.items() if text is not None
            }
        )

    async def set_schedule(
        self,
        device: str,
        zone: str,
        schedule: Schedule,
        *,
        issued_by: str,
        key: str | None = None,
    ) -> Schedule:
        """Have the node keep a schedule and return what it keeps then.

        Days that are left out stay; days that are the same already are not sent.

        Raises:
            UnknownDeviceError, UnknownZoneError: There is no such zone.
            ScheduleError: It cannot be kept, or the node did not keep it.
            RefusedError: The node could not be asked, or refused.

        """
        found = self._registry.require(device)
        texts = {
            self._point(found, zone, f"schedule_{day}"): format_day(
                check_day(slots, day)
            )
            for day, slots in schedule.days.items()
        }
        for point, text in texts.items():
            if self._text(device, point.id) != text:
                await self._ask(device, point, CommandBody(value=text), issued_by, key)
        for point, text in texts.items():
            if not await self._shows(device, point.id, text):
                raise ScheduleError(
                    f"The node keeps another {point.name} than it was given: "
                    f"{self._text(device, point.id)!r}",
                    point=point.id,
                )
        return self.schedule(device, zone)

    async def boost(
        self,
        device: str,
        zone: str,
        minutes: float | None,
        *,
        issued_by: str,
        key: str | None = None,
    ) -> Boost:
        """Boost a zone and return when that ends.

        `minutes` becomes the node's boost duration for this zone.

        Raises:
            UnknownDeviceError, UnknownZoneError: There is no such zone.
            RefusedError: The node could not be asked, or refused.

        """
        found = self._registry.require(device)
        climate = self._climate(found, zone)
        duration = self._point(found, zone, "boost_duration")
        if minutes is not None and self._value(device, duration.id) != minutes:
            await self._ask(
                device, duration, CommandBody(value=minutes), issued_by, key
            )
        started = time.time()
        await self._ask(
            device, climate, CommandBody(preset=Preset.BOOST.value), issued_by, key
        )
        # Read now: the node may have brought the duration within its own limits.
        lasts = self._value(device, duration.id) or minutes or 0.0
        return Boost(until=started + lasts * 60)

    async def _ask(
        self,
        device: str,
        point: Point,
        body: CommandBody,
        issued_by: str,
        key: str | None,
    ) -> None:
        result = await self._commands.execute(
            device,
            point.id,
            body,
            issued_by=issued_by,
            key=f"{key}:{point.object_id}" if key else None,
        )
        if result.status is not CommandStatus.ACKNOWLEDGED:
            raise RefusedError(
                result.detail or f"{point.name} was not changed: {result.status}",
                result,
            )

    async def _shows(self, device: str, point: str, text: str) -> bool:
        """Tell whether a point shows a text, or comes to show it soon."""
        last = self._lifelog.last
        if self._text(device, point) == text:
            return True
        try:
            async with asyncio.timeout(_ECHO_TIMEOUT):
                async for _ in self._lifelog.follow(last):
                    if self._text(device, point) == text:
                        return True
        except TimeoutError:
            pass
        return False

    def _text(self, device: str, point: str) -> str | None:
        state = self._lifelog.state(device, point)
        return state.text if state else None

    def _value(self, device: str, point: str) -> float | None:
        state = self._lifelog.state(device, point)
        return state.value if state else None

    def _climate(self, device: Device, zone: str) -> Point:
        for point in device.points:
            if point.zone == zone and point.kind is PointKind.CLIMATE:
                return point
        raise UnknownZoneError(f"{device.name} has no zone {zone}", zone=zone)

    def _point(self, device: Device, zone: str, object_id: str) -> Point:
        for point in device.points:
            if point.zone == zone and point.object_id == object_id:
                return point
        self._climate(device, zone)
        raise UnknownZoneError(
            f"{zone} of {device.name} has no {object_id}", zone=zone, point=object_id
        )
