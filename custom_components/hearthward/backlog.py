"""States that wait until the hub has stored them."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_ENTITY_PICTURE, Platform
from homeassistant.core import HomeAssistant, State, callback, split_entity_id
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads_object

from .const import LOGGER

LIMIT: Final = 5000
"""So many states wait at most; then the oldest ones go, alarms last."""

# The hub takes 1 MiB at once, and attributes may have as much as the recorder takes of them; of
# what has more, only what describes it is told.
STATES_AT_ONCE: Final = 50
ATTRIBUTES_LIMIT: Final = 16 * 1024
DESCRIBING: Final = frozenset(
    {
        "device_class",
        "event_type",
        "friendly_name",
        "state_class",
        "unit_of_measurement",
    }
)

# Attributes that let whoever reads them see a camera.
SECRET: Final = frozenset({"access_token", ATTR_ENTITY_PICTURE})

ALARM_DOMAINS: Final = frozenset({"alarm_control_panel", Platform.EVENT, "siren"})
ALARM_CLASSES: Final = frozenset(
    {
        BinarySensorDeviceClass.CO,
        BinarySensorDeviceClass.GAS,
        BinarySensorDeviceClass.HEAT,
        BinarySensorDeviceClass.MOISTURE,
        BinarySensorDeviceClass.PROBLEM,
        BinarySensorDeviceClass.SAFETY,
        BinarySensorDeviceClass.SMOKE,
        BinarySensorDeviceClass.TAMPER,
    }
)

type Message = Mapping[str, Any]


class Backlog:
    """Alarms first, then in the order in which they came about; bounded."""

    def __init__(self, limit: int = LIMIT) -> None:
        """Begin with none."""
        self._limit = limit
        self._alarms: deque[State] = deque()
        self._others: deque[State] = deque()
        self._full = False

    def __len__(self) -> int:
        """Return how many states wait."""
        return len(self._alarms) + len(self._others)

    @callback
    def add(self, state: State) -> None:
        """Let a state wait; when there are too many, the oldest one is given up."""
        (self._alarms if is_alarm(state) else self._others).append(state)
        if len(self) > self._limit:
            (self._others or self._alarms).popleft()
            if not self._full:
                LOGGER.warning(
                    "More than %s states wait for the hub; the oldest are given up",
                    self._limit,
                )
            self._full = True

    @callback
    def take(self) -> list[State]:
        """Return the states to send next; they no longer wait."""
        self._full = False
        return [
            (self._alarms or self._others).popleft()
            for _ in range(min(len(self), STATES_AT_ONCE))
        ]

    @callback
    def put_back(self, states: Sequence[State]) -> None:
        """Let states wait again that could not be sent, before the others."""
        waiting = [*self._alarms, *self._others]
        self._alarms.clear()
        self._others.clear()
        for state in chain(states, waiting):
            self.add(state)


def is_alarm(state: State) -> bool:
    """Return if a state may tell of danger or of a call for help."""
    domain = split_entity_id(state.entity_id)[0]
    return domain in ALARM_DOMAINS or (
        domain == Platform.BINARY_SENSOR
        and state.attributes.get(ATTR_DEVICE_CLASS) in ALARM_CLASSES
    )


@callback
def message(hass: HomeAssistant, state: State) -> Message:
    """Return a state as the hub takes it."""
    attributes = {
        key: value for key, value in state.attributes.items() if key not in SECRET
    }
    # Attributes may hold types that only Home Assistant's encoder knows.
    encoded = json_bytes(attributes)
    if len(encoded) > ATTRIBUTES_LIMIT:
        encoded = json_bytes(
            {key: value for key, value in attributes.items() if key in DESCRIBING}
        )
    told: dict[str, Any] = {
        "entity_id": state.entity_id,
        "state": state.state,
        "attributes": json_loads_object(encoded),
        "ts": state.last_updated_timestamp,
    }
    if area := _area(hass, state.entity_id):
        told["area"] = area
    return told


def _area(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the name of the area that an entity is in."""
    registry = er.async_get(hass)
    if (entity := registry.async_get(entity_id)) is None:
        return None
    area_id = er.async_get_effective_area_id(hass, entity)
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    return area.name if area else None
