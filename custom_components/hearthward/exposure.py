"""Show chosen Home Assistant entities to the hub."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from itertools import batched
from typing import Any, Final

from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads

from .client import HearthwardClient
from .const import LOGGER
from .exceptions import HearthwardConnectionError, HearthwardError

# The hub takes 1000 states and 1 MiB at once; attributes may have some ten KiB each.
STATES_AT_ONCE: Final = 50

# The hub may be there and yet take nothing, for example because its disk is full.
RETRY: Final = 30.0


class Exposure:
    """Send the states of the entities that a person chose, and of no others."""

    def __init__(
        self, hass: HomeAssistant, client: HearthwardClient, entity_ids: Collection[str]
    ) -> None:
        """Remember what may be seen."""
        self.entity_ids = frozenset(entity_ids)
        self._hass = hass
        self._client = client
        self._announced = False
        self._waiting: dict[str, State] = {}
        self._wake = asyncio.Event()

    @callback
    def async_wake(self) -> None:
        """Send what waits, as the hub may be back."""
        self._wake.set()

    async def async_run(self) -> None:
        """Tell the hub what is exposed, then send every state and every change.

        While the hub is away, the last state of each entity waits.
        """
        unsubscribe = async_track_state_change_event(
            self._hass, self.entity_ids, self._handle_change
        )
        try:
            for entity_id in self.entity_ids:
                if (state := self._hass.states.get(entity_id)) is not None:
                    self._waiting[entity_id] = state
            while True:
                await self._async_send()
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY if self._waiting else None):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            unsubscribe()

    @callback
    def _handle_change(self, event: Event[EventStateChangedData]) -> None:
        """Keep the last state of each entity until it is sent."""
        if (state := event.data["new_state"]) is not None:
            self._waiting[state.entity_id] = state
            self._wake.set()

    async def _async_send(self) -> None:
        """Send what waits; keep it when the hub cannot be reached."""
        try:
            if not self._announced:
                await self._client.expose(self.entity_ids)
                self._announced = True
            for entity_ids in batched(tuple(self._waiting), STATES_AT_ONCE):
                await self._async_send_some(entity_ids)
        except HearthwardConnectionError as error:
            LOGGER.debug("States wait for the hub: %s", error)
        except HearthwardError as error:
            self._waiting.clear()
            LOGGER.warning("The hub refused to be shown entities: %s", error)

    async def _async_send_some(self, entity_ids: Collection[str]) -> None:
        """Send the states of some entities; what the hub refuses holds up no other."""
        batch = {entity_id: self._waiting.pop(entity_id) for entity_id in entity_ids}
        try:
            await self._client.send_states([_message(s) for s in batch.values()])
        except HearthwardConnectionError:
            self._waiting = batch | self._waiting
            raise
        except HearthwardError as error:
            LOGGER.warning("The hub refused states of Home Assistant: %s", error)


def _message(state: State) -> dict[str, Any]:
    """Return a state as the hub takes it."""
    return {
        "entity_id": state.entity_id,
        "state": state.state,
        # Attributes may hold types that only Home Assistant's encoder knows.
        "attributes": json_loads(json_bytes(dict(state.attributes))),
        "ts": state.last_updated_timestamp,
    }
