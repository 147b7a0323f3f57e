"""Who is there: for devices that do not say it themselves, and for those that fall silent."""

import asyncio
from collections.abc import Iterator, Sequence
import logging
import time

from hearthward.edge.gateway import Gateway
from hearthward.edge.profiles import Profile
from hearthward.home.registry import Registry
from hearthward.lifelog import LifelogError
from hearthward.model.device import Device
from hearthward.model.message import Status, StatusBody

_LOGGER = logging.getLogger(__name__)

_LOOK = 2.0

# A flood of names must not fill the memory.
_REMEMBERED = 4_096


class Presence:
    """Looks time and again who was heard."""

    def __init__(
        self,
        adapter: str,
        registry: Registry,
        gateway: Gateway,
        profiles: Sequence[Profile],
    ) -> None:
        """Watch the devices of one adapter."""
        self._adapter = adapter
        self._registry = registry
        self._gateway = gateway
        self._profiles = profiles
        self._told: set[str] = set()
        # Whom we called offline, not it itself: when it is heard again, it is online.
        self._silent: set[str] = set()

    def told(self, device: str) -> None:
        """Note that a device says itself whether it is online."""
        if len(self._told) < _REMEMBERED:
            self._told.add(device)

    async def run(self) -> None:
        """Tell who came and who went until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            changes = list(self._changes())
            if changes:
                try:
                    await self._gateway.receive(changes)
                except LifelogError as error:
                    _LOGGER.warning("Who is online could not be stored: %s", error)

    def _changes(self) -> Iterator[Status]:
        now = time.time()
        for device in self._registry.devices():
            heard = self._gateway.heard.get(device.id)
            if device.adapter != self._adapter or heard is None:
                continue
            profile = self._profile(device)
            limit = profile.layout.offline_after if profile else None
            silent = limit is not None and now - heard > limit
            if device.online and silent:
                self._silent.add(device.id)
                yield _status(device, now, f"It was silent for {limit:.0f} s")
            elif not device.online and not silent and self._may_come(device, profile):
                self._silent.discard(device.id)
                yield _status(device, now, None)

    def _may_come(self, device: Device, profile: Profile | None) -> bool:
        """Tell whether hearing a device is enough to know that it is online."""
        tells = device.id in self._told or (profile and device.id in profile.told)
        return device.id in self._silent or not tells

    def _profile(self, device: Device) -> Profile | None:
        for profile in self._profiles:
            if device.address is not None and profile.routes(device.address):
                return profile
        return None


def _status(device: Device, now: float, silence: str | None) -> Status:
    body = StatusBody(online=silence is None, detail=silence)
    return Status(device=device.id, ts=now, body=body)
