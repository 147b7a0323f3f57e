"""States in words, and what the schedule does next."""

from esphome.components import text_sensor
from esphome.const import DEVICE_CLASS_TIMESTAMP, ENTITY_CATEGORY_DIAGNOSTIC
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["text_sensor"]

_DIAGNOSTIC = text_sensor.text_sensor_schema(entity_category=ENTITY_CATEGORY_DIAGNOSTIC)

CONFIG_SCHEMA = entities_schema(
    node={
        "burner_state": text_sensor.text_sensor_schema(),
        "trip_reason": text_sensor.text_sensor_schema(),
        "flow_sensor": _DIAGNOSTIC,
    },
    zone={
        "next_event": text_sensor.text_sensor_schema(
            device_class=DEVICE_CLASS_TIMESTAMP
        ),
        "next_preset": text_sensor.text_sensor_schema(),
        "sensor_state": _DIAGNOSTIC,
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    return await text_sensor.new_text_sensor(entity)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create, "text_sensor")
