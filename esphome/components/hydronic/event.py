"""What happened, by the word."""

from esphome.components import event
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["event"]

# The order and the words of hearthward::EventType.
NODE_EVENTS = [
    "tripped",
    "trip_reset",
    "reset_refused",
    "sensor_lost",
    "sensor_restored",
    "frost_protection",
    "valve_exercise",
    "heat_dump",
    "clock_lost",
    "clock_restored",
    "schedule_rejected",
    "valve_stuck",
]
ZONE_EVENTS = [
    "tripped",
    "sensor_lost",
    "sensor_restored",
    "frost_protection",
    "valve_exercise",
    "valve_stuck",
    "schedule_rejected",
    "boost_ended",
    "autotune_done",
    "autotune_failed",
]

CONFIG_SCHEMA = entities_schema(
    node={"heater": event.event_schema()}, zone={"activity": event.event_schema()}
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    types = NODE_EVENTS if key == "heater" else ZONE_EVENTS
    return await event.new_event(entity, event_types=types)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create, "event")
