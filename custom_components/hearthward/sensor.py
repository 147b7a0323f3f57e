"""Sensors of Hearthward."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, override

from homeassistant.components.sensor import (
    DEVICE_CLASS_UNITS,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import HearthwardConfigEntry
from .entity import HearthwardEntity, async_add_points
from .helpers import class_for_unit, enum_or_none
from .hub_entity import HearthwardHubEntity, async_add_hub_entities
from .models import Point, Statistics

# The stream does the talking; the entity only reads what it found.
PARALLEL_UPDATES = 0

# Text sensors of our own firmware that report one of a few words.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "burner_state": ("off", "starting", "burning", "stopping", "lockout"),
    "flow_sensor": ("absent", "uncalibrated", "armed"),
    "next_preset": ("eco", "normal", "boost"),
    "sensor_state": ("ok", "fallback", "lost"),
    "trip_reason": (
        "none",
        "coolant_overheat",
        "zone_overheat",
        "no_flow",
        "burner_silent",
        "sensor_implausible",
        "burner_fault",
    ),
}

MEBIBYTE: Final = 2**20
GIBIBYTE: Final = 2**30


@dataclass(frozen=True, kw_only=True)
class HearthwardHubSensorDescription(SensorEntityDescription):
    """A number of the hub's statistics, rounded so that the recorder is not kept busy."""

    value_fn: Callable[[Statistics], float]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC


HUB_SENSORS: Final = (
    HearthwardHubSensorDescription(
        key="lifelog_size",
        translation_key="lifelog_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        suggested_display_precision=1,
        value_fn=lambda statistics: round(statistics.lifelog_bytes / MEBIBYTE, 1),
    ),
    HearthwardHubSensorDescription(
        key="media_size",
        translation_key="media_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        suggested_display_precision=1,
        value_fn=lambda statistics: round(statistics.media_bytes / MEBIBYTE, 1),
    ),
    HearthwardHubSensorDescription(
        key="free_space",
        translation_key="free_space",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=1,
        value_fn=lambda statistics: round(statistics.free_bytes / GIBIBYTE, 1),
    ),
    HearthwardHubSensorDescription(
        key="dead_letters",
        translation_key="dead_letters",
        suggested_display_precision=0,
        value_fn=lambda statistics: statistics.dead_letters,
    ),
    HearthwardHubSensorDescription(
        key="ingest_rate",
        translation_key="ingest_rate",
        entity_registry_enabled_default=False,
        suggested_display_precision=1,
        value_fn=lambda statistics: round(statistics.ingest_rate, 1),
    ),
    HearthwardHubSensorDescription(
        key="backlog",
        translation_key="backlog",
        entity_registry_enabled_default=False,
        suggested_display_precision=0,
        value_fn=lambda statistics: statistics.backlog,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a hub."""
    async_add_points(entry, async_add_entities, Platform.SENSOR, HearthwardSensor)
    async_add_hub_entities(entry, async_add_entities, HearthwardHubSensor, HUB_SENSORS)


class HearthwardSensor(HearthwardEntity, SensorEntity):
    """Something that a device measures or says."""

    translated = frozenset(
        {
            *WORDS,
            "air_temperature",
            "battery",
            "burner_power",
            "coolant_temperature",
            "fan_speed",
            "floor_temperature",
            "flow_rate",
            "heating_demand",
            "humidity",
            "next_event",
            "temperature",
            "uptime",
            "valve_position",
            "water_temperature",
            "wi-fi_signal",
        }
    )

    @callback
    @override
    def _adopt(self, point: Point) -> None:
        words = WORDS.get(point.object_id) if self.translation_key else None
        device_class = class_for_unit(SensorDeviceClass, DEVICE_CLASS_UNITS, point)
        if options := words or point.options:
            self._attr_device_class = SensorDeviceClass.ENUM
            self._attr_options = list(options)
            return
        if device_class is not SensorDeviceClass.ENUM:
            self._attr_device_class = device_class
        self._attr_native_unit_of_measurement = point.unit
        self._attr_state_class = enum_or_none(SensorStateClass, point.state_class)
        self._attr_suggested_display_precision = point.precision

    @property
    @override
    def native_value(self) -> str | float | date | datetime | None:
        """Return what was measured or said; unknown when it is not valid."""
        if self.device_class is SensorDeviceClass.TIMESTAMP:
            return self._timestamp()
        if self.reported_value is not None or not self.reported_text:
            return self.reported_value
        if self.device_class is SensorDeviceClass.DATE:
            return dt_util.parse_date(self.reported_text)
        if self.options is not None and self.reported_text not in self.options:
            return None
        return self.reported_text

    def _timestamp(self) -> datetime | None:
        """Return a point in time, which a device says in seconds or as ISO 8601."""
        try:
            if self.reported_value is not None:
                return dt_util.utc_from_timestamp(self.reported_value)
            parsed = dt_util.parse_datetime(self.reported_text or "")
        except ValueError, OverflowError, OSError:
            # Well written, but there is no such time.
            return None
        return dt_util.as_local(parsed) if parsed else None


class HearthwardHubSensor(HearthwardHubEntity, SensorEntity):
    """Something that the hub measures of itself."""

    entity_description: HearthwardHubSensorDescription

    @property
    @override
    def native_value(self) -> float:
        """Return what the statistics say."""
        return self.entity_description.value_fn(self.statistics)
