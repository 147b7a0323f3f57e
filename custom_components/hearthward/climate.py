"""Zones of Hearthward, and other climates."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from homeassistant.components.climate import (
    ATTR_HVAC_MODE,
    ClimateEntity,
    ClimateEntityFeature,
    HVACAction,
    HVACMode,
)
from homeassistant.const import ATTR_TEMPERATURE, Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry, HearthwardCoordinator
from .entity import HearthwardEntity, async_add_points, is_own
from .helpers import enum_or_none
from .models import Device, Point
from .schedule import day_slots

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0

OBJECT_ID_ZONE = "zone"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the climates of a hub."""
    async_add_points(entry, async_add_entities, Platform.CLIMATE, HearthwardClimate)


class HearthwardClimate(HearthwardEntity, ClimateEntity):
    """A zone that is kept warm."""

    _attr_temperature_unit = UnitOfTemperature.CELSIUS

    translated = frozenset({OBJECT_ID_ZONE})

    def __init__(
        self, coordinator: HearthwardCoordinator, device: Device, point: Point
    ) -> None:
        """Let the zone itself give the name to its main entity."""
        super().__init__(coordinator, device, point)
        if is_own(device) and point.zone and point.object_id == OBJECT_ID_ZONE:
            self._attr_name = None

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_hvac_modes = [HVACMode(m) for m in point.modes if m in HVACMode]
        self._attr_preset_modes = list(point.presets) or None
        features = ClimateEntityFeature.TARGET_TEMPERATURE
        if point.presets:
            features |= ClimateEntityFeature.PRESET_MODE
        if HVACMode.OFF in self._attr_hvac_modes and len(self._attr_hvac_modes) > 1:
            features |= ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF
        self._attr_supported_features = features
        if point.min is not None:
            self._attr_min_temp = point.min
        if point.max is not None:
            self._attr_max_temp = point.max
        if point.step:
            self._attr_target_temperature_step = point.step

    @property
    def body(self) -> Mapping[str, Any]:
        """Return mode, action, preset and temperatures."""
        state = self.reported
        return (state.body if state else None) or {}

    @property
    @override
    def current_temperature(self) -> float | None:
        """Return the temperature of the zone; none when no sensor of it is valid."""
        return self.reported_value

    @property
    @override
    def target_temperature(self) -> float | None:
        """Return the temperature that the zone is kept at."""
        return self.body.get("target_temperature")

    @property
    @override
    def hvac_mode(self) -> HVACMode | None:
        """Return the mode."""
        return enum_or_none(HVACMode, self.body.get("mode"))

    @property
    @override
    def hvac_action(self) -> HVACAction | None:
        """Return what the zone does now."""
        return enum_or_none(HVACAction, self.body.get("action"))

    @property
    @override
    def preset_mode(self) -> str | None:
        """Return the preset."""
        return self.body.get("preset")

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature, and the mode when it is given."""
        body = {"target_temperature": kwargs[ATTR_TEMPERATURE]}
        if (mode := kwargs.get(ATTR_HVAC_MODE)) is not None:
            body["mode"] = mode
        await self.async_command(**body)

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Set the mode."""
        await self.async_command(mode=hvac_mode)

    @override
    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Set the preset."""
        await self.async_command(preset=preset_mode)

    async def async_set_schedule(
        self, days: Sequence[str], slots: Sequence[Mapping[str, Any]]
    ) -> ServiceResponse:
        """Write the slots of some days and return the whole week as the node keeps it."""
        device, zone = self._zone()
        written = day_slots(slots, self.preset_modes or [])
        with self.errors():
            stored = await self.coordinator.client.set_schedule(
                device, zone, dict.fromkeys(days, written)
            )
        return {
            "days": {
                day: [dict(slot) for slot in slots] for day, slots in stored.items()
            }
        }

    async def async_boost(self, minutes: float | None = None) -> ServiceResponse:
        """Boost the zone and return when it ends."""
        device, zone = self._zone()
        with self.errors():
            until = await self.coordinator.client.boost(device, zone, minutes)
        return {
            "until": (
                None if until is None else dt_util.utc_from_timestamp(until).isoformat()
            )
        }

    def _zone(self) -> tuple[str, str]:
        """Return the device and the zone; only zones have a schedule and can be boosted."""
        if self.point.zone is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_zone",
                translation_placeholders={"entity_id": self.entity_id},
            )
        return self.key[0], self.point.zone
