"""Every entity of the heater is there, under the name and with the metadata that its clients know."""

from aioesphomeapi import (
    BinarySensorInfo,
    ButtonInfo,
    ClimateInfo,
    ClimateMode,
    ClimatePreset,
    EntityCategory,
    EventInfo,
    NumberInfo,
    SensorInfo,
    SwitchInfo,
    TextInfo,
    TextSensorInfo,
)
import pytest

from .bench import Bench

NODE = {
    SensorInfo: "burner_power coolant_temperature flow_rate fan_speed uptime",
    BinarySensorInfo: "burner pump heat_dump tripped sensor_problem clock_valid",
    TextSensorInfo: "burner_state trip_reason flow_sensor",
    NumberInfo: "coolant_limit",
    SwitchInfo: "heating",
    ButtonInfo: "reset_trip calibrate_flow",
    EventInfo: "heater",
}
ZONE = {
    ClimateInfo: "zone",
    SensorInfo: "heating_demand valve_position",
    BinarySensorInfo: "sensor_problem valve_problem frost_protection",
    TextSensorInfo: "next_event next_preset sensor_state",
    NumberInfo: (
        "eco_temperature normal_temperature boost_temperature boost_duration "
        "preheat_lead temperature_limit"
    ),
    SwitchInfo: "schedule",
    ButtonInfo: "autotune",
    EventInfo: "activity",
    TextInfo: (
        "schedule_monday schedule_tuesday schedule_wednesday schedule_thursday "
        "schedule_friday schedule_saturday schedule_sunday"
    ),
}
SENSORS = {"living_room": "air floor", "bathroom": "air floor", "hot_water": "water"}


async def test_the_node_says_what_it_is(heater: Bench) -> None:
    """The project is how the hub knows one of its own; each zone is a sub-device."""
    assert heater.info.project_name == "hearthward.heater"
    assert heater.info.project_version.count(".") == 2
    assert [device.name for device in heater.info.devices] == [
        "Living room",
        "Bathroom",
        "Hot water",
    ]


async def test_every_entity_is_there_and_no_other(heater: Bench) -> None:
    """Object ids are translation keys elsewhere: none may be renamed by accident."""
    expected = {name: kind for kind, names in NODE.items() for name in names.split()}
    for zone, sensors in SENSORS.items():
        expected |= {
            f"{zone}.{name}": kind
            for kind, names in ZONE.items()
            for name in names.split()
        }
        expected |= {
            f"{zone}.{kind}_temperature": SensorInfo for kind in sensors.split()
        }
    assert {point: type(info) for point, info in heater.entities.items()} == expected


@pytest.mark.parametrize(
    ("point", "unit", "device_class", "category"),
    [
        ("burner_power", "%", "", EntityCategory.NONE),
        ("coolant_temperature", "°C", "temperature", EntityCategory.NONE),
        ("flow_rate", "L/min", "volume_flow_rate", EntityCategory.NONE),
        ("living_room.air_temperature", "°C", "temperature", EntityCategory.NONE),
        ("living_room.heating_demand", "%", "", EntityCategory.DIAGNOSTIC),
        ("living_room.valve_position", "%", "", EntityCategory.DIAGNOSTIC),
        ("bathroom.boost_duration", "min", "duration", EntityCategory.CONFIG),
        ("bathroom.temperature_limit", "°C", "temperature", EntityCategory.CONFIG),
        ("coolant_limit", "°C", "temperature", EntityCategory.CONFIG),
    ],
)
async def test_figures_have_units(
    heater: Bench, point: str, unit: str, device_class: str, category: EntityCategory
) -> None:
    """Units, device classes and categories are what clients show."""
    info = heater.entities[point]
    assert isinstance(info, SensorInfo | NumberInfo)
    assert info.unit_of_measurement == unit
    assert info.device_class == device_class
    assert info.entity_category is category


@pytest.mark.parametrize(
    ("point", "device_class"),
    [
        ("tripped", "problem"),
        ("sensor_problem", "problem"),
        ("hot_water.sensor_problem", "problem"),
        ("hot_water.next_event", "timestamp"),
    ],
)
async def test_problems_are_problems(
    heater: Bench, point: str, device_class: str
) -> None:
    """A client shows a problem as one."""
    info = heater.entities[point]
    assert isinstance(info, BinarySensorInfo | TextSensorInfo)
    assert info.device_class == device_class


@pytest.mark.parametrize(
    ("zone", "highest"), [("living_room", 30), ("bathroom", 35), ("hot_water", 75)]
)
async def test_a_zone_is_a_thermostat(heater: Bench, zone: str, highest: float) -> None:
    """Modes, presets and the range end where the zone's limit does."""
    info = heater.entities[f"{zone}.zone"]
    assert isinstance(info, ClimateInfo)
    assert set(info.supported_modes) == {ClimateMode.OFF, ClimateMode.HEAT}
    assert set(info.supported_presets) == {ClimatePreset.ECO, ClimatePreset.BOOST}
    assert info.supported_custom_presets == ["normal"]
    assert info.visual_min_temperature == 5
    assert info.visual_max_temperature == highest
    normal = heater.entities[f"{zone}.normal_temperature"]
    assert isinstance(normal, NumberInfo)
    assert normal.max_value == highest


async def test_every_state_is_known_soon(heater: Bench) -> None:
    """Nothing stays unknown when every sensor works, but what waits for a schedule."""
    await heater.run(60)
    stateless = (ButtonInfo, EventInfo)
    unknown = [
        point
        for point, info in heater.entities.items()
        if not isinstance(info, stateless)
        and (
            point not in heater.states
            or getattr(heater.states[point], "missing_state", False)
        )
    ]
    assert unknown == []
