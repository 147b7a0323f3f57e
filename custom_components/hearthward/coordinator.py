"""Follow the hub's stream and tell the entities what changed."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
import random
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .client import HearthwardClient
from .const import (
    API_VERSION,
    DOMAIN,
    LOGGER,
    RECONNECT_MAXIMUM,
    RECONNECT_MINIMUM,
    SILENCE_LIMIT,
)
from .devices import async_sync_devices
from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardError,
    HearthwardRequestError,
    HearthwardResponseError,
)
from .exposure import Exposure
from .home import Change, Home
from .issues import async_sync_issues, async_sync_storage_issues
from .lifelog import Lifelog
from .models import (
    Entries,
    Entry,
    Heartbeat,
    HubInfo,
    PointKey,
    Resumed,
    Snapshot,
    Statistics,
    StreamMessage,
    Unstored,
)

SHAPE: Final = "shape"
"""Listener context: devices or what they offer changed."""

STATISTICS: Final = "statistics"
"""Listener context: how the hub does changed."""

READABLE: Final = "readable"
"""Listener context: something happened that a person would read."""

# The hub tells of so many alarms at most before it can store them.
FORETOLD_LIMIT: Final = 1000


@dataclass(kw_only=True, slots=True)
class HearthwardRuntimeData:
    """What lives as long as the config entry is loaded."""

    coordinator: HearthwardCoordinator
    exposure: Exposure


type HearthwardConfigEntry = ConfigEntry[HearthwardRuntimeData]


class HearthwardCoordinator(DataUpdateCoordinator[Home]):
    """Hold the home of one hub, pushed by its stream."""

    config_entry: HearthwardConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: HearthwardConfigEntry,
        client: HearthwardClient,
    ) -> None:
        """Prepare; nothing is sent."""
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title)
        self.client = client
        self.lifelog = Lifelog(client)
        self.statistics: Statistics | None = None
        self._event_listeners: dict[PointKey, Callable[[Entry], None]] = {}
        self._resumable = True
        # What is applied but not yet told, and the entry up to which nothing is told.
        self._untold = Change()
        self._behind = 0
        # Events that were told before the hub could store them.
        self._foretold: deque[Hashable] = deque(maxlen=FORETOLD_LIMIT)

    @property
    def hub_id(self) -> str:
        """Return the id of the hub, which starts every unique id."""
        return self.data.hub.id

    @override
    async def _async_update_data(self) -> Home:
        """Fetch everything once; from then on the stream keeps it up to date."""
        try:
            snapshot = await self.client.snapshot()
            # An older hub has none.
            with suppress(HearthwardRequestError):
                self.statistics = await self.client.statistics()
        except HearthwardAuthenticationError as error:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="invalid_auth"
            ) from error
        except HearthwardError as error:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cannot_connect",
                translation_placeholders={"error": str(error)},
            ) from error
        self._check_hub(snapshot.hub)
        return Home.from_snapshot(snapshot)

    def _check_hub(self, hub: HubInfo) -> None:
        """Refuse a hub that is another one, or that this version cannot speak to."""
        if hub.id != self.config_entry.unique_id:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="different_hub",
                translation_placeholders={"name": hub.name},
            )
        if hub.api != API_VERSION:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="unsupported_api",
                translation_placeholders={"api": hub.api, "version": hub.version},
            )

    @callback
    def async_sync(self) -> None:
        """Bring the device registry and the repair issues in line with the home."""
        async_sync_devices(self.hass, self.config_entry.entry_id, self.data)
        async_sync_issues(self.hass, self.config_entry.entry_id, self.data)
        self.async_sync_storage()

    @callback
    def async_sync_storage(self) -> None:
        """Bring the repair issues of the lifelog in line with how the hub does."""
        if self.statistics is not None:
            async_sync_storage_issues(
                self.hass,
                self.config_entry.entry_id,
                self.data.hub.name,
                self.statistics,
            )

    @callback
    def async_add_event_listener(
        self, key: PointKey, listener: Callable[[Entry], None]
    ) -> CALLBACK_TYPE:
        """Call the listener for each event of a point, in order, each once."""
        self._event_listeners[key] = listener

        @callback
        def remove_listener() -> None:
            del self._event_listeners[key]

        return remove_listener

    async def async_follow(self) -> None:
        """Follow the stream for as long as the entry is loaded; reconnect when it ends."""
        delay = RECONNECT_MINIMUM
        while True:
            try:
                async with self.client.stream(
                    self.data.seq if self._resumable else None,
                    self.data.hub.epoch,
                    SILENCE_LIMIT.total_seconds(),
                ) as messages:
                    async for message in messages:
                        self._handle_message(message)
                        delay = RECONNECT_MINIMUM
            except HearthwardAuthenticationError as error:
                self._async_lost(error)
                self.config_entry.async_start_reauth(self.hass)
                return
            except ConfigEntryError as error:
                self._async_lost(error)
                self.hass.config_entries.async_schedule_reload(
                    self.config_entry.entry_id
                )
                return
            except HearthwardResponseError as error:
                # Asking for the same entries again would fail in the same way.
                self._resumable = False
                self._async_lost(error)
            except HearthwardError as error:
                self._async_lost(error)
            except Exception as error:  # noqa: BLE001
                # A home that stands still but looks alive would be worse than a lost one.
                LOGGER.exception("Unexpected error in what %s said", self.name)
                self._resumable = False
                self._async_lost(error)

            # Spread out, so that many clients do not all meet a restarted hub at once.
            await asyncio.sleep(delay.total_seconds() * random.uniform(0.5, 1))
            delay = min(delay * 2, RECONNECT_MAXIMUM)

    @callback
    def _handle_message(self, message: StreamMessage) -> None:
        """Take in one message of the stream."""
        match message:
            case Snapshot():
                self._check_hub(message.hub)
                self.data = Home.from_snapshot(message)
                self._resumable = True
                self._untold.devices.update(self.data.devices)
                self._behind = message.seq
                self._async_tell()
            case Resumed():
                self._check_hub(message.hub)
                self.data.hub = message.hub
                self._behind = message.last
                self._async_tell()
            case Statistics():
                self._handle_statistics(message)
            case Unstored():
                self._handle_unstored(message)
            case Entries():
                self._handle_entries(message)
            case Heartbeat():
                pass

    @callback
    def _handle_entries(self, message: Entries) -> None:
        """Apply entries and tell of them."""
        for entry in message.entries:
            # Of what happened during an outage, some may have been forgotten since.
            if entry.seq > max(self.data.seq + 1, self._behind):
                raise HearthwardResponseError(
                    f"Entries after {self.data.seq} are missing before {entry.seq}"
                )
            self.data.apply(entry, self._untold)
        self._async_tell()

    @callback
    def _handle_statistics(self, message: Statistics) -> None:
        """Tell how the hub does."""
        self.statistics = message
        self.async_sync_storage()
        self._notify_concerned({STATISTICS})

    async def async_refresh_statistics(self) -> None:
        """Ask how the hub does now, after something that it tells of only by and by."""
        self._handle_statistics(await self.client.statistics())

    @callback
    def _handle_unstored(self, message: Unstored) -> None:
        """Tell of alarms at once, though the hub cannot store them and others may come first."""
        change = Change()
        for entry in message.entries:
            if (identity := _identity(entry)) not in self._foretold:
                self.data.foretell(entry, change)
                self._foretold.append(identity)
        if not self.last_update_success:
            self._async_back()
        self._async_notify(change)
        for key, entry in change.events:
            self._tell_event(key, entry)

    @callback
    def _async_tell(self) -> None:
        """Tell of what changed, once all that happened during an outage is known.

        Else a device that left in the meantime would seem to be back for a moment.
        """
        if self.data.seq < self._behind:
            return
        change, self._untold = self._untold, Change()
        for device_id, online in change.online.items():
            if device := self.data.devices.get(device_id):
                LOGGER.info("%s is %s", device.name, "online" if online else "offline")
        if change.devices:
            self.async_sync()
        if self.last_update_success:
            self._async_notify(change)
        else:
            self._async_back()
        for key, entry in change.events:
            if (identity := _identity(entry)) in self._foretold:
                self._foretold.remove(identity)
            else:
                self._tell_event(key, entry)

    @callback
    def _tell_event(self, key: PointKey, entry: Entry) -> None:
        """Tell an event to who listens for it."""
        if listener := self._event_listeners.get(key):
            self._call(listener, entry)

    @callback
    def _async_notify(self, change: Change) -> None:
        """Tell the listeners of what changed, and only them."""
        concerned: set[Hashable] = {*change.points}
        if change.devices:
            concerned.add(SHAPE)
            concerned.update(k for k in self.data.kept if k[0] in change.devices)
        if change.readable:
            concerned.add(READABLE)
        self._notify_concerned(concerned)

    @callback
    def _notify_concerned(self, concerned: set[Hashable]) -> None:
        """Call the listeners of these contexts."""
        for update_callback, context in tuple(self._listeners.values()):
            if context in concerned:
                self._call(update_callback)

    def _call[*Ts](self, listener: Callable[[*Ts], None], *args: *Ts) -> None:
        """Call a listener; its mistake keeps nobody else from an event."""
        try:
            listener(*args)
        except Exception:  # noqa: BLE001
            LOGGER.exception("Unexpected error in what follows %s", self.name)

    @callback
    def _async_lost(self, error: Exception) -> None:
        """Make everything unavailable; log it once."""
        self.last_exception = error
        if not self.last_update_success:
            return
        LOGGER.warning("Lost the connection to %s: %s", self.config_entry.title, error)
        self.last_update_success = False
        self.async_update_listeners()

    @callback
    def _async_back(self) -> None:
        """Make everything available again; log it once."""
        LOGGER.info("Connected to %s again", self.config_entry.title)
        self.last_update_success = True
        self.last_exception = None
        # The hub may have been updated or renamed.
        self.async_sync()
        self.async_update_listeners()


def _identity(entry: Entry) -> Hashable:
    """Return what an entry is known by before it has a number."""
    return (entry.device, entry.point, entry.kind, entry.ts, entry.text)
