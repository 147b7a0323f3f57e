"""Switches of Hearthward."""

from typing import Any, Final, override

from homeassistant.components.switch import (
    SwitchDeviceClass,
    SwitchEntity,
    SwitchEntityDescription,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .errors import translated_errors
from .helpers import enum_or_none
from .hub_entity import HearthwardHubEntity, async_add_hub_entities
from .models import Point

# The hub queues the commands of a device.
PARALLEL_UPDATES = 0

PRIVACY_MODE: Final = SwitchEntityDescription(
    key="privacy_mode", translation_key="privacy_mode"
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of a hub."""
    async_add_points(entry, async_add_entities, Platform.SWITCH, HearthwardSwitch)
    async_add_hub_entities(
        entry, async_add_entities, HearthwardPrivacyMode, (PRIVACY_MODE,)
    )


class HearthwardSwitch(HearthwardEntity, SwitchEntity):
    """Something that can be switched."""

    translated = frozenset({"heating", "prevent_sleep", "schedule"})

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        self._attr_device_class = enum_or_none(SwitchDeviceClass, point.device_class)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return if it is on; unknown when the device reports no valid value."""
        return None if self.reported_value is None else bool(self.reported_value)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self.async_command(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self.async_command(value=False)


class HearthwardPrivacyMode(HearthwardHubEntity, SwitchEntity):
    """Whether what tells about the people in the home is recorded; alarms always are."""

    @property
    @override
    def is_on(self) -> bool:
        """Return if privacy mode is on."""
        return self.statistics.privacy_mode

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Record no more of what tells about people, until it is switched off."""
        await self._async_switch(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Record again."""
        await self._async_switch(on=False)

    async def _async_switch(self, *, on: bool) -> None:
        coordinator = self.coordinator
        with translated_errors(
            self.hass, coordinator.config_entry, coordinator.data.hub.name
        ):
            await coordinator.lifelog.set_privacy_mode(on)
