"""Watch the batteries: which are low, and which devices are not heard from any more.

A level has to rise well above the limit before a battery counts as good again, and a device has to
be heard twice within its usual time before it counts as back. Where the device itself says that
its battery is low, its word holds.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
import logging
import time

import msgspec

from hearthward.config import WatchSettings
from hearthward.lifelog import Lifelog, LifelogError
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind, Lane

from .derived import Battery, batteries
from .registry import Registry

_LOGGER = logging.getLogger(__name__)

_PERIOD = 15.0

# A device that was heard this often has shown how often it speaks.
_LEARNED = 5
_MARGIN = 4.0
_SOONEST = 600.0

_HOUR = 3600.0


class Cadence(msgspec.Struct):
    """How often a device speaks; `longest` is its longest usual silence in seconds."""

    heard: float
    longest: float = 0.0
    times: int = 0
    prompt: int = 0

    def hear(self, ts: float, limit: float) -> None:
        """Note that the device spoke at `ts`, when `limit` seconds were its patience."""
        silence = ts - self.heard
        if silence <= 0:
            return
        self.heard = ts
        if silence > limit:
            self.prompt = 0
            return
        self.prompt += 1
        self.times += 1
        # What was long ago counts less: a device may be set to speak more often.
        self.longest = max(silence, 0.98 * self.longest)

    def patience(self, most: float) -> float:
        """Return for how many seconds the device may be silent, at most `most`."""
        if self.times < _LEARNED:
            return most
        return min(max(_MARGIN * self.longest, _SOONEST), most)


class Watch:
    """Keeps the derived points of batteries true."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        heard: Mapping[str, float],
        settings: WatchSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Watch the devices of `registry`; `heard` says when each spoke last."""
        self._lifelog = lifelog
        self._registry = registry
        self._heard = heard
        self._settings = settings
        self._clock = clock
        self._cadences: dict[str, Cadence] = {}

    async def run(self) -> None:
        """Look at every battery time and again, until cancelled."""
        while True:
            try:
                await self.look()
            except LifelogError as error:
                _LOGGER.warning("The batteries are looked at again soon: %s", error)
            await asyncio.sleep(_PERIOD)

    async def look(self) -> None:
        """Look at every battery once; what changed is durable on return."""
        drafts = [
            draft
            for device in self._registry.devices()
            if device.status in (DeviceStatus.APPROVED, DeviceStatus.ACTIVE)
            for draft in self._judge(device)
        ]
        if drafts:
            await self._lifelog.append(drafts, Lane.CONTROL)

    def _judge(self, device: Device) -> Iterator[Draft]:
        found = batteries(device.points)
        if not found:
            return
        silent = self._is_silent(device)
        for battery in found:
            yield from self._say(device, battery.stale, silent)
            if battery.low is not None:
                low = self._is_low(device, battery)
                yield from self._say(device, battery.low, low)

    def _is_low(self, device: Device, battery: Battery) -> bool | None:
        """Tell whether a battery is low; None while nobody knows."""
        state = self._lifelog.state(device.id, battery.level)
        known = self._known(device, battery.low or "")
        if state is None or state.value is None:
            return known
        if state.value <= self._settings.battery_low:
            return True
        return bool(known) and state.value < self._settings.battery_ok

    def _is_silent(self, device: Device) -> bool | None:
        """Tell whether a device is silent for longer than it ever is."""
        heard = self._heard.get(device.id)
        now = self._clock()
        cadence = self._cadences.get(device.id)
        most = self._settings.stale_hours * _HOUR
        if cadence is None:
            last = heard or device.last_seen
            if last is None:
                return None
            cadence = self._cadences[device.id] = Cadence(heard=min(last, now))
        patience = cadence.patience(most)
        if heard is not None:
            cadence.hear(heard, patience)
        if now - cadence.heard > patience:
            return True
        was = any(self._known(device, one.stale) for one in batteries(device.points))
        return was and cadence.prompt < 2

    def _known(self, device: Device, point: str) -> bool | None:
        state = self._lifelog.state(device.id, point)
        return None if state is None or state.value is None else bool(state.value)

    def _say(self, device: Device, point: str, now: bool | None) -> Iterable[Draft]:
        if now is None or now == self._known(device, point):
            return
        yield Draft(
            ts=self._clock(),
            kind=EntryKind.STATE,
            device=device.id,
            point=point,
            value=float(now),
        )
