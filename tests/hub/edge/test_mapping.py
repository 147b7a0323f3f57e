"""What ESPHome's host platform does not offer maps to the vocabulary as well."""

import math
from typing import Any

from aioesphomeapi import (
    AlarmControlPanelInfo,
    BinarySensorInfo,
    ButtonInfo,
    CameraInfo,
    ClimateInfo,
    ClimateMode,
    ClimatePreset,
    ClimateState,
    ColorMode,
    CoverInfo,
    DeviceInfo,
    EntityCategory,
    EntityInfo,
    FanInfo,
    FanState,
    InfraredInfo,
    LightInfo,
    LightState,
    LockEntityState,
    LockInfo,
    LockState,
    MediaPlayerEntityState,
    MediaPlayerInfo,
    MediaPlayerState,
    RadioFrequencyInfo,
    SensorInfo,
    SensorState,
    SirenInfo,
    SirenState,
    SubDeviceInfo,
    SwitchInfo,
    TemperatureUnit,
    UpdateInfo,
    UpdateState,
    WaterHeaterInfo,
    WaterHeaterMode,
    WaterHeaterState,
)
from aioesphomeapi.model import COMPONENT_TYPE_TO_INFO, AreaInfo
from aioesphomeapi.model_conversions import LIST_ENTITIES_SERVICES_RESPONSE_TYPES
import pytest

from hearthward.edge.esphome.entities import Entity, map_entities, map_zones
from hearthward.edge.esphome.readings import observe
from hearthward.model.device import Point, PointCategory, PointKind


def point(info: EntityInfo) -> Point:
    """Map a lone entity."""
    [entity] = map_entities([info], {}).values()
    return entity.point


def read(info: EntityInfo, state: Any) -> tuple[object, object, object]:
    """Return what a state says of a lone entity."""
    seen = observe(Entity(point(info), info), state)
    assert seen is not None
    return seen.value, seen.text, seen.body


def test_every_kind_is_known() -> None:
    """No kind of entity that the API lists is forgotten."""
    stateless = {CameraInfo, InfraredInfo, RadioFrequencyInfo}
    kinds = {info for info in LIST_ENTITIES_SERVICES_RESPONSE_TYPES.values() if info}
    assert kinds >= set(COMPONENT_TYPE_TO_INFO.values()) - stateless
    for kind in kinds:
        mapped = map_entities([kind(object_id="thing", name="Thing")], {})
        assert bool(mapped) is (kind not in stateless), kind


def test_categories_and_flags() -> None:
    """Category, icon and default visibility are those of the entity."""
    mapped = point(
        ButtonInfo(
            object_id="reset",
            name="Reset",
            icon="mdi:restart",
            disabled_by_default=True,
            entity_category=EntityCategory.CONFIG,
        )
    )
    assert mapped == Point(
        id="reset",
        kind=PointKind.BUTTON,
        name="Reset",
        object_id="reset",
        icon="mdi:restart",
        enabled_by_default=False,
        category=PointCategory.CONFIG,
    )


def test_zones() -> None:
    """Sub-devices are zones, named by their names and told apart."""
    info = DeviceInfo(
        devices=[
            SubDeviceInfo(device_id=1, name="Living room", area_id=7),
            SubDeviceInfo(device_id=2, name="Living Room"),
            SubDeviceInfo(device_id=3, name="客厅"),
        ],
        areas=[AreaInfo(area_id=7, name="Downstairs")],
    )
    zones = map_zones(info)
    assert [zone.id for zone in zones.values()] == [
        "living_room",
        "living_room_00000002",
        "zone",
    ]
    assert zones[1].area == "Downstairs"
    assert zones[3].name == "客厅"


def test_same_object_id() -> None:
    """Entities that share an object id get points of their own."""
    zones = map_zones(DeviceInfo(devices=[SubDeviceInfo(device_id=1, name="Bath")]))
    entities = [
        SwitchInfo(object_id="pump", name="Pump", key=1),
        BinarySensorInfo(object_id="pump", name="Pump", key=1),
        SensorInfo(object_id="pump", name="Pump", key=1, device_id=1),
        SensorInfo(object_id="___", name="温度", key=0xAA),
        SensorInfo(object_id="___", name="湿度", key=0xBB),
        SensorInfo(object_id="___", name="光度", key=0xCC),
    ]
    points = [entity.point.id for entity in map_entities(entities, zones).values()]
    assert points == [
        "pump",
        "pump_binary_sensor",
        "bath.pump",
        "sensor",
        "sensor_sensor",
        "sensor_sensor_000000cc",
    ]


def test_entity_of_a_lost_sub_device() -> None:
    """An entity whose sub-device is not listed belongs to the node."""
    info = SensorInfo(object_id="air", name="Air", device_id=99)
    [entity] = map_entities([info], {}).values()
    assert (entity.point.id, entity.point.zone) == ("air", None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(21.299999237060547, 21.3), (math.nan, None), (math.inf, None), (0.0, 0.0)],
)
def test_sensor_values(value: float, expected: float | None) -> None:
    """Single precision reads as people write it, and what is no number is unknown."""
    assert read(SensorInfo(), SensorState(state=value)) == (expected, None, None)


def test_missing_state() -> None:
    """A sensor that has not measured yet is unknown."""
    assert read(SensorInfo(), SensorState(state=0.0, missing_state=True)) == (
        None,
        None,
        None,
    )


def test_siren() -> None:
    """A siren is a switch."""
    assert point(SirenInfo()).kind is PointKind.SWITCH
    assert read(SirenInfo(), SirenState(state=True)) == (1.0, None, None)


@pytest.mark.parametrize(
    ("state", "value"),
    [
        (LockState.LOCKED, 1.0),
        (LockState.LOCKING, 1.0),
        (LockState.UNLOCKED, 0.0),
        (LockState.OPEN, 0.0),
        (LockState.JAMMED, None),
        (LockState.NONE, None),
    ],
)
def test_lock(state: LockState, value: float | None) -> None:
    """A lock is a switch that is on when locked; a jammed one is unknown."""
    assert read(LockInfo(), LockEntityState(state=state)) == (value, None, None)


def test_lock_with_code() -> None:
    """A lock that asks for a code is only read."""
    info = LockInfo(requires_code=True)
    assert point(info).kind is PointKind.SENSOR
    assert read(info, LockEntityState(state=LockState.JAMMED)) == (None, "jammed", None)


def test_media_player() -> None:
    """A media player is a sensor of what it does."""
    mapped = point(MediaPlayerInfo())
    assert (mapped.kind, mapped.device_class) == (PointKind.SENSOR, "enum")
    assert "playing" in mapped.options
    state = MediaPlayerEntityState(
        state=MediaPlayerState.PLAYING, volume=0.5, muted=True
    )
    assert read(MediaPlayerInfo(), state) == (
        None,
        "playing",
        {"volume": 0.5, "muted": True},
    )


def test_alarm_panel_is_read_only() -> None:
    """An alarm panel is a sensor: the hub does not disarm it."""
    mapped = point(AlarmControlPanelInfo())
    assert mapped.kind is PointKind.SENSOR
    assert "triggered" in mapped.options


def test_update() -> None:
    """An update is there or not."""
    assert point(UpdateInfo()).device_class == "update"
    old = UpdateState(current_version="1", latest_version="2", has_progress=True)
    value, _, body = read(UpdateInfo(), old)
    assert value == 1.0
    assert isinstance(body, dict)
    assert (body["latest_version"], body["progress"]) == ("2", 0.0)
    assert read(UpdateInfo(), UpdateState(current_version="2"))[0] == 0.0


def test_plain_light_fan_cover() -> None:
    """What has no degrees is a switch, or a number with two values."""
    light = LightInfo(supported_color_modes=[ColorMode.ON_OFF])
    assert point(light).kind is PointKind.SWITCH
    assert read(light, LightState(state=True)) == (1.0, None, None)
    assert point(FanInfo()).kind is PointKind.SWITCH
    assert read(FanInfo(), FanState(state=True)) == (1.0, None, None)
    assert point(CoverInfo()).step == 100.0


def test_fan_details() -> None:
    """What else a fan does is in the body."""
    info = FanInfo(
        supports_speed=True,
        supported_speed_count=3,
        supports_oscillation=True,
        supports_direction=True,
        supported_preset_modes=["sleep"],
    )
    state = FanState(state=True, speed_level=2, oscillating=True, preset_mode="sleep")
    assert read(info, state) == (
        66.7,
        None,
        {"oscillating": True, "direction": "forward", "preset": "sleep"},
    )


def test_fahrenheit() -> None:
    """A climate in °F is told in °C."""
    info = ClimateInfo(
        temperature_unit=TemperatureUnit.FAHRENHEIT,
        visual_min_temperature=50,
        visual_max_temperature=86,
        visual_target_temperature_step=1.8,
        supported_modes=[ClimateMode.OFF, ClimateMode.HEAT],
    )
    mapped = point(info)
    assert (mapped.min, mapped.max) == (10.0, 30.0)
    assert mapped.step == pytest.approx(1.0)
    value, _, body = read(
        info, ClimateState(current_temperature=68, target_temperature=77)
    )
    assert value == pytest.approx(20.0)
    assert isinstance(body, dict)
    assert body["target_temperature"] == pytest.approx(25.0)


def test_two_targets() -> None:
    """Of a climate with two targets, heating's is the lower one."""
    info = ClimateInfo(
        supports_two_point_target_temperature=True,
        supported_presets=[ClimatePreset.NONE, ClimatePreset.AWAY],
        supported_fan_modes=[1],
        supported_swing_modes=[1],
        supports_action=True,
    )
    state = ClimateState(
        mode=ClimateMode.HEAT,
        current_temperature=20,
        target_temperature_low=21,
        target_temperature_high=26,
    )
    assert read(info, state)[2] == {
        "mode": "heat",
        "action": "off",
        "preset": "none",
        "current_temperature": 20.0,
        "target_temperature": 21.0,
        "target_temperature_low": 21.0,
        "target_temperature_high": 26.0,
        "fan_mode": "on",
        "swing_mode": "off",
    }


def test_water_heater_that_cannot_be_switched() -> None:
    """A water heater without a switch is off in its mode off."""
    info = WaterHeaterInfo(supported_modes=[WaterHeaterMode.OFF, WaterHeaterMode.GAS])
    assert point(info).presets == ("gas",)
    _, _, body = read(info, WaterHeaterState(mode=WaterHeaterMode.OFF))
    assert isinstance(body, dict)
    assert (body["mode"], body["preset"]) == ("off", None)
    _, _, body = read(info, WaterHeaterState(mode=WaterHeaterMode.GAS))
    assert isinstance(body, dict)
    assert (body["mode"], body["preset"]) == ("heat", "gas")
