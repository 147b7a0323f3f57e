"""The master switch of the heater, and the schedule of a zone."""

from esphome.components import switch
from esphome.const import ENTITY_CATEGORY_CONFIG
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema, hydronic_ns

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["switch"]

HeatingSwitch = hydronic_ns.class_("HeatingSwitch", switch.Switch)
ScheduleSwitch = hydronic_ns.class_("ScheduleSwitch", switch.Switch)

# The controller restores both itself, with everything else that it remembers.
CONFIG_SCHEMA = entities_schema(
    node={
        "heating": switch.switch_schema(
            HeatingSwitch, block_inverted=True, default_restore_mode="DISABLED"
        )
    },
    zone={
        "schedule": switch.switch_schema(
            ScheduleSwitch,
            block_inverted=True,
            default_restore_mode="DISABLED",
            entity_category=ENTITY_CATEGORY_CONFIG,
        )
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    return await switch.new_switch(entity, owner)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create)
