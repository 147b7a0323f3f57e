"""What is on, and what is wrong."""

from esphome.components import binary_sensor
from esphome.const import (
    DEVICE_CLASS_PROBLEM,
    DEVICE_CLASS_RUNNING,
    ENTITY_CATEGORY_DIAGNOSTIC,
)
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema

DEPENDENCIES = ["hydronic"]

_RUNNING = binary_sensor.binary_sensor_schema(device_class=DEVICE_CLASS_RUNNING)
_PROBLEM = binary_sensor.binary_sensor_schema(device_class=DEVICE_CLASS_PROBLEM)

CONFIG_SCHEMA = entities_schema(
    node={
        "burner": _RUNNING,
        "pump": _RUNNING,
        "heat_dump": _RUNNING,
        "tripped": _PROBLEM,
        "sensor_problem": _PROBLEM,
        "clock_valid": binary_sensor.binary_sensor_schema(
            entity_category=ENTITY_CATEGORY_DIAGNOSTIC
        ),
    },
    zone={
        "sensor_problem": _PROBLEM,
        "valve_problem": _PROBLEM,
        "frost_protection": binary_sensor.binary_sensor_schema(),
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    return await binary_sensor.new_binary_sensor(entity)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create, "binary_sensor")
