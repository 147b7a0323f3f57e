"""Show chosen Home Assistant entities to the hub."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event

from .backlog import Backlog, message
from .client import HearthwardClient
from .const import LOGGER
from .exceptions import (
    HearthwardConnectionError,
    HearthwardError,
    HearthwardRateLimitError,
)

# The hub may be there and yet take nothing, for example because its disk is full.
RETRY: Final = 30.0


class Exposure:
    """Send the states of the entities that a person chose, and of no others."""

    def __init__(
        self, hass: HomeAssistant, client: HearthwardClient, entity_ids: Collection[str]
    ) -> None:
        """Remember what may be seen."""
        self.entity_ids = frozenset(entity_ids)
        self.waiting = Backlog()
        self._hass = hass
        self._client = client
        self._announced = False
        self._wake = asyncio.Event()

    @callback
    def async_wake(self) -> None:
        """Send what waits, as the hub may be back."""
        self._wake.set()

    async def async_run(self) -> None:
        """Tell the hub what is exposed, then send every state and every change.

        While the hub is away, what happens waits with its own time.
        """
        unsubscribe = async_track_state_change_event(
            self._hass, self.entity_ids, self._handle_change
        )
        try:
            for entity_id in self.entity_ids:
                if (state := self._hass.states.get(entity_id)) is not None:
                    self.waiting.add(state)
            while True:
                await self._async_send()
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY if self.waiting else None):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            unsubscribe()

    @callback
    def _handle_change(self, event: Event[EventStateChangedData]) -> None:
        """Let a state wait until it is sent."""
        if (state := event.data["new_state"]) is not None:
            self.waiting.add(state)
            self._wake.set()

    async def _async_send(self) -> None:
        """Send what waits; keep it when the hub cannot take it now."""
        try:
            if not self._announced:
                await self._client.expose(self.entity_ids)
                self._announced = True
            while self.waiting:
                await self._async_send_some(self.waiting.take())
        except (HearthwardConnectionError, HearthwardRateLimitError) as error:
            LOGGER.debug("States wait for the hub: %s", error)
        except HearthwardError as error:
            self.waiting = Backlog()
            LOGGER.warning("The hub refused to be shown entities: %s", error)

    async def _async_send_some(self, states: Sequence[State]) -> None:
        """Send some states; those that the hub refuses hold up no others."""
        try:
            await self._client.send_states([message(self._hass, s) for s in states])
        except HearthwardConnectionError, HearthwardRateLimitError:
            self.waiting.put_back(states)
            raise
        except HearthwardError as error:
            LOGGER.warning("The hub refused states of Home Assistant: %s", error)
