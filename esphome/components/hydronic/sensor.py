"""Measurements of the heater and of its zones."""

from esphome.components import sensor
from esphome.const import (
    DEVICE_CLASS_TEMPERATURE,
    DEVICE_CLASS_VOLUME_FLOW_RATE,
    ENTITY_CATEGORY_DIAGNOSTIC,
    STATE_CLASS_MEASUREMENT,
    UNIT_CELSIUS,
    UNIT_PERCENT,
)
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema

DEPENDENCIES = ["hydronic"]

UNIT_LITER_PER_MINUTE = "L/min"

_TEMPERATURE = sensor.sensor_schema(
    unit_of_measurement=UNIT_CELSIUS,
    accuracy_decimals=1,
    device_class=DEVICE_CLASS_TEMPERATURE,
    state_class=STATE_CLASS_MEASUREMENT,
)
_PERCENT = sensor.sensor_schema(
    unit_of_measurement=UNIT_PERCENT,
    accuracy_decimals=0,
    state_class=STATE_CLASS_MEASUREMENT,
)
_DIAGNOSTIC_PERCENT = sensor.sensor_schema(
    unit_of_measurement=UNIT_PERCENT,
    accuracy_decimals=0,
    state_class=STATE_CLASS_MEASUREMENT,
    entity_category=ENTITY_CATEGORY_DIAGNOSTIC,
)

CONFIG_SCHEMA = entities_schema(
    node={
        "burner_power": _PERCENT,
        "coolant_temperature": _TEMPERATURE,
        "flow_rate": sensor.sensor_schema(
            unit_of_measurement=UNIT_LITER_PER_MINUTE,
            accuracy_decimals=1,
            device_class=DEVICE_CLASS_VOLUME_FLOW_RATE,
            state_class=STATE_CLASS_MEASUREMENT,
        ),
        "fan_speed": _PERCENT,
    },
    zone={
        "air_temperature": _TEMPERATURE,
        "floor_temperature": _TEMPERATURE,
        "water_temperature": _TEMPERATURE,
        "heating_demand": _DIAGNOSTIC_PERCENT,
        "valve_position": _DIAGNOSTIC_PERCENT,
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    return await sensor.new_sensor(entity)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create, "sensor")
