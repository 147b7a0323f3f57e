"""The week schedule of a zone: one text a day."""

import esphome.codegen as cg
from esphome.components import text
from esphome.const import CONF_ID, ENTITY_CATEGORY_CONFIG
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema, hydronic_ns

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["text"]

ScheduleText = hydronic_ns.class_("ScheduleText", text.Text)

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
# Eight slots like "06:30 normal", with ", " between them.
LONGEST_DAY = 8 * len("06:30 normal") + 7 * len(", ")

CONFIG_SCHEMA = entities_schema(
    node={},
    zone={
        f"schedule_{day}": text.text_schema(
            ScheduleText, entity_category=ENTITY_CATEGORY_CONFIG, mode="TEXT"
        )
        for day in WEEKDAYS
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    day = WEEKDAYS.index(key.removeprefix("schedule_"))
    var = cg.new_Pvariable(entity[CONF_ID], owner, day)
    await text.register_text(var, entity, min_length=0, max_length=LONGEST_DAY)
    return var


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create)
