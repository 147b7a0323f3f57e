"""Things a person asks for once."""

from esphome.components import button
from esphome.const import ENTITY_CATEGORY_CONFIG, ENTITY_CATEGORY_DIAGNOSTIC
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema, hydronic_ns

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["button"]

ResetTripButton = hydronic_ns.class_("ResetTripButton", button.Button)
CalibrateFlowButton = hydronic_ns.class_("CalibrateFlowButton", button.Button)
AutotuneButton = hydronic_ns.class_("AutotuneButton", button.Button)

CONFIG_SCHEMA = entities_schema(
    node={
        "reset_trip": button.button_schema(ResetTripButton),
        "calibrate_flow": button.button_schema(
            CalibrateFlowButton, entity_category=ENTITY_CATEGORY_DIAGNOSTIC
        ),
    },
    zone={
        "autotune": button.button_schema(
            AutotuneButton, entity_category=ENTITY_CATEGORY_CONFIG
        )
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    return await button.new_button(entity, owner)


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create)
