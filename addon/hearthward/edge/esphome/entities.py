"""Map the entities of an ESPHome node to points.

Kinds that the home's vocabulary lacks become the nearest one: a cover or valve is a number (how
far it is open), a fan or a dimmable light a number (how strong), a plain light, lock or siren a
switch, a water heater a climate, a date a text, a media player or alarm panel a sensor (what it
does), an update a binary sensor. Cameras and infrared or radio transmitters report no state and
have no point.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aioesphomeapi import (
    AlarmControlPanelInfo,
    AlarmControlPanelState,
    BinarySensorInfo,
    ButtonInfo,
    ClimateFeature,
    ClimateInfo,
    ColorMode,
    CoverInfo,
    DateInfo,
    DateTimeInfo,
    DeviceInfo,
    EntityCategory,
    EntityInfo,
    EventInfo,
    FanInfo,
    LightInfo,
    LockInfo,
    LockState,
    MediaPlayerInfo,
    MediaPlayerState,
    NumberInfo,
    NumberMode,
    SelectInfo,
    SensorInfo,
    SensorStateClass,
    SirenInfo,
    SwitchInfo,
    TemperatureUnit,
    TextInfo,
    TextMode,
    TextSensorInfo,
    TimeInfo,
    UpdateInfo,
    ValveInfo,
    WaterHeaterInfo,
    WaterHeaterMode,
)
from aioesphomeapi.object_id import compute_object_id

from hearthward.model.device import Point, PointCategory, PointKind, Zone

type EntityKey = tuple[type[EntityInfo], int, int]
"""The class of an entity's description, its sub-device and its key: unique within a node."""

type _Describe = Callable[[Any], dict[str, Any]]

DATE_PATTERN = r"^\d{4}-\d{2}-\d{2}$"
DATETIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of a node and the point it maps to."""

    point: Point
    info: EntityInfo


def entity_key(info: EntityInfo) -> EntityKey:
    """Return the key of an entity, under which its states arrive too."""
    return (type(info), info.device_id, info.key)


def map_zones(device: DeviceInfo) -> dict[int, Zone]:
    """Map the sub-devices of a node to zones, by sub-device number."""
    areas = {area.area_id: area.name for area in device.areas}
    zones: dict[int, Zone] = {}
    taken: set[str] = set()
    for sub in device.devices:
        zone_id = _unique(_slug(sub.name, "zone"), f"{sub.device_id:08x}", taken)
        zones[sub.device_id] = Zone(
            id=zone_id, name=sub.name, area=areas.get(sub.area_id) or None
        )
    return zones


def map_entities(
    entities: Iterable[EntityInfo], zones: Mapping[int, Zone]
) -> dict[EntityKey, Entity]:
    """Map entities to points, in the node's order.

    Two entities of one zone may share an object id when their kinds differ; all but the first
    then carry their kind in the point's id.
    """
    mapped: dict[EntityKey, Entity] = {}
    taken: set[str] = set()
    for info in entities:
        describe = _DESCRIBE.get(type(info))
        if describe is None:
            continue
        zone = zones.get(info.device_id)
        details = describe(info)
        kind: PointKind = details["kind"]
        object_id = _slug(info.object_id, kind.value)
        prefix = f"{zone.id}." if zone else ""
        point_id = _unique(f"{prefix}{object_id}", kind.value, taken, f"{info.key:08x}")
        mapped[entity_key(info)] = Entity(
            Point(
                id=point_id,
                object_id=point_id.removeprefix(prefix),
                zone=zone.id if zone else None,
                name=info.name or (zone.name if zone else object_id),
                category=_CATEGORIES.get(info.entity_category, PointCategory.PRIMARY),
                enabled_by_default=not info.disabled_by_default,
                icon=info.icon or None,
                **details,
            ),
            info,
        )
    return mapped


def is_two_point(info: ClimateInfo) -> bool:
    """Tell whether a climate has a low and a high target instead of one."""
    return bool(
        info.supports_two_point_target_temperature
        or info.feature_flags
        & (
            ClimateFeature.REQUIRES_TWO_POINT_TARGET_TEMPERATURE
            | ClimateFeature.SUPPORTS_TWO_POINT_TARGET_TEMPERATURE
        )
    )


def to_celsius(value: float, unit: TemperatureUnit | None) -> float:
    """Convert a node's temperature to °C."""
    if unit is TemperatureUnit.FAHRENHEIT:
        return (value - 32) / 1.8
    if unit is TemperatureUnit.KELVIN:
        return value - 273.15
    return value


def from_celsius(value: float, unit: TemperatureUnit | None) -> float:
    """Convert a temperature in °C to the node's unit."""
    if unit is TemperatureUnit.FAHRENHEIT:
        return value * 1.8 + 32
    if unit is TemperatureUnit.KELVIN:
        return value + 273.15
    return value


def _celsius_step(step: float, unit: TemperatureUnit | None) -> float:
    return step / 1.8 if unit is TemperatureUnit.FAHRENHEIT else step


def dims(info: LightInfo) -> bool:
    """Tell whether a light has a brightness."""
    return any(
        mode not in (ColorMode.UNKNOWN, ColorMode.ON_OFF)
        for mode in info.supported_color_modes
    )


def words(values: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of enumeration members as the vocabulary writes them."""
    return tuple(value.name.lower() for value in values)


def _slug(name: str, fallback: str) -> str:
    """Return a name's object id; one that keeps no letter or digit becomes the fallback."""
    slug = compute_object_id(name)
    return slug if any(char.isalnum() for char in slug) else fallback


def _unique(wanted: str, kind: str, taken: set[str], key: str = "") -> str:
    """Return the first of the wanted id and its longer forms that is free, and take it."""
    for candidate in (wanted, f"{wanted}_{kind}", f"{wanted}_{kind}_{key}"):
        if candidate not in taken:
            break
    taken.add(candidate)
    return candidate


def _describe_sensor(info: SensorInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.SENSOR,
        "device_class": info.device_class or None,
        "unit": info.unit_of_measurement or None,
        "state_class": _STATE_CLASSES.get(info.state_class),
        "precision": info.accuracy_decimals,
    }


def _describe_number(info: NumberInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.NUMBER,
        "device_class": info.device_class or None,
        "unit": info.unit_of_measurement or None,
        "min": info.min_value,
        "max": info.max_value,
        "step": info.step,
        "mode": (info.mode or NumberMode.AUTO).name.lower(),
    }


def _describe_select(info: SelectInfo) -> dict[str, Any]:
    return {"kind": PointKind.SELECT, "options": tuple(info.options)}


def _describe_text(info: TextInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.TEXT,
        "min_length": info.min_length,
        "max_length": info.max_length,
        "pattern": info.pattern or None,
        "mode": (info.mode or TextMode.TEXT).name.lower(),
    }


def _describe_event(info: EventInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.EVENT,
        "device_class": info.device_class or None,
        "options": tuple(info.event_types),
    }


def _describe_climate(info: ClimateInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.CLIMATE,
        "unit": "°C",
        "min": to_celsius(info.visual_min_temperature, info.temperature_unit),
        "max": to_celsius(info.visual_max_temperature, info.temperature_unit),
        "step": _celsius_step(
            info.visual_target_temperature_step, info.temperature_unit
        ),
        "modes": words(info.supported_modes),
        "presets": (
            *words(info.supported_presets),
            *info.supported_custom_presets,
        ),
    }


def _describe_water_heater(info: WaterHeaterInfo) -> dict[str, Any]:
    return {
        "kind": PointKind.CLIMATE,
        "unit": "°C",
        "min": to_celsius(info.min_temperature, info.temperature_unit),
        "max": to_celsius(info.max_temperature, info.temperature_unit),
        "step": _celsius_step(info.target_temperature_step, info.temperature_unit),
        "modes": ("off", "heat"),
        "presets": words(
            mode for mode in info.supported_modes if mode is not WaterHeaterMode.OFF
        ),
    }


def _describe_opening(info: CoverInfo | ValveInfo) -> dict[str, Any]:
    return _percent(step=1.0 if info.supports_position else 100.0)


def _describe_fan(info: FanInfo) -> dict[str, Any]:
    if not info.supports_speed:
        return {"kind": PointKind.SWITCH}
    return _percent(step=100.0 / max(info.supported_speed_count, 1))


def _describe_light(info: LightInfo) -> dict[str, Any]:
    return _percent(step=1.0) if dims(info) else {"kind": PointKind.SWITCH}


def _describe_lock(info: LockInfo) -> dict[str, Any]:
    # A code must not travel through the log, so such a lock is only read.
    return _enum(words(LockState)) if info.requires_code else {"kind": PointKind.SWITCH}


def _classed(kind: PointKind) -> _Describe:
    """Describe entities of which only the device class matters."""
    return lambda info: {"kind": kind, "device_class": info.device_class or None}


def _always(**details: Any) -> _Describe:
    """Describe entities that are all alike."""
    return lambda info: details


def _percent(step: float) -> dict[str, Any]:
    return {
        "kind": PointKind.NUMBER,
        "unit": "%",
        "min": 0.0,
        "max": 100.0,
        "step": step,
        "mode": "slider",
    }


def _enum(options: tuple[str, ...]) -> dict[str, Any]:
    return {"kind": PointKind.SENSOR, "device_class": "enum", "options": options}


_CATEGORIES: Mapping[EntityCategory | None, PointCategory] = {
    EntityCategory.CONFIG: PointCategory.CONFIG,
    EntityCategory.DIAGNOSTIC: PointCategory.DIAGNOSTIC,
}

_STATE_CLASSES: Mapping[SensorStateClass | None, str] = {
    SensorStateClass.MEASUREMENT: "measurement",
    SensorStateClass.TOTAL_INCREASING: "total_increasing",
    SensorStateClass.TOTAL: "total",
    SensorStateClass.MEASUREMENT_ANGLE: "measurement_angle",
}

_DESCRIBE: Mapping[type[EntityInfo], _Describe] = {
    AlarmControlPanelInfo: _always(**_enum(words(AlarmControlPanelState))),
    BinarySensorInfo: _classed(PointKind.BINARY_SENSOR),
    ButtonInfo: _classed(PointKind.BUTTON),
    ClimateInfo: _describe_climate,
    CoverInfo: _describe_opening,
    DateInfo: _always(
        kind=PointKind.TEXT, min_length=10, max_length=10, pattern=DATE_PATTERN
    ),
    DateTimeInfo: _always(
        kind=PointKind.TEXT, min_length=19, max_length=32, pattern=DATETIME_PATTERN
    ),
    EventInfo: _describe_event,
    FanInfo: _describe_fan,
    LightInfo: _describe_light,
    LockInfo: _describe_lock,
    MediaPlayerInfo: _always(**_enum(words(MediaPlayerState))),
    NumberInfo: _describe_number,
    SelectInfo: _describe_select,
    SensorInfo: _describe_sensor,
    SirenInfo: _always(kind=PointKind.SWITCH),
    SwitchInfo: _classed(PointKind.SWITCH),
    TextInfo: _describe_text,
    TextSensorInfo: _classed(PointKind.SENSOR),
    TimeInfo: _always(kind=PointKind.TIME),
    UpdateInfo: _always(kind=PointKind.BINARY_SENSOR, device_class="update"),
    ValveInfo: _describe_opening,
    WaterHeaterInfo: _describe_water_heater,
}
