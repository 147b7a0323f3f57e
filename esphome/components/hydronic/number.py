"""What a user may set. The highest value of a limit is the configured one."""

from esphome.components import number
from esphome.const import (
    DEVICE_CLASS_DURATION,
    DEVICE_CLASS_TEMPERATURE,
    ENTITY_CATEGORY_CONFIG,
    UNIT_CELSIUS,
    UNIT_MINUTE,
)
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from . import create_entities, entities_schema, hydronic_ns
from .limits import COOLANT_LIMIT_CEILING, LOWEST_TARGET, WATER_CEILING

DEPENDENCIES = ["hydronic"]
AUTO_LOAD = ["number"]

CoolantLimitNumber = hydronic_ns.class_("CoolantLimitNumber", number.Number)
ZoneNumber = hydronic_ns.class_("ZoneNumber", number.Number)
ZoneSetting = hydronic_ns.enum("ZoneSetting", is_class=True)

# The bounds of control/program.h.
SHORTEST_BOOST, LONGEST_BOOST = 5, 360
LONGEST_PREHEAT = 240


def _temperature(class_: MockObj) -> number.cv.Schema:
    return number.number_schema(
        class_,
        unit_of_measurement=UNIT_CELSIUS,
        device_class=DEVICE_CLASS_TEMPERATURE,
        entity_category=ENTITY_CATEGORY_CONFIG,
    )


_DURATION = number.number_schema(
    ZoneNumber,
    unit_of_measurement=UNIT_MINUTE,
    device_class=DEVICE_CLASS_DURATION,
    entity_category=ENTITY_CATEGORY_CONFIG,
)

# The zone narrows the bounds of its temperatures at start to what its limit allows.
_BOUNDS = {
    "coolant_limit": (LOWEST_TARGET, COOLANT_LIMIT_CEILING, 1.0),
    "eco_temperature": (LOWEST_TARGET, WATER_CEILING, 0.5),
    "normal_temperature": (LOWEST_TARGET, WATER_CEILING, 0.5),
    "boost_temperature": (LOWEST_TARGET, WATER_CEILING, 0.5),
    "temperature_limit": (LOWEST_TARGET, WATER_CEILING, 0.5),
    "boost_duration": (SHORTEST_BOOST, LONGEST_BOOST, 1),
    "preheat_lead": (0, LONGEST_PREHEAT, 1),
}

CONFIG_SCHEMA = entities_schema(
    node={"coolant_limit": _temperature(CoolantLimitNumber)},
    zone={
        "eco_temperature": _temperature(ZoneNumber),
        "normal_temperature": _temperature(ZoneNumber),
        "boost_temperature": _temperature(ZoneNumber),
        "temperature_limit": _temperature(ZoneNumber),
        "boost_duration": _DURATION,
        "preheat_lead": _DURATION,
    },
)


async def _create(key: str, entity: ConfigType, owner: MockObj) -> MockObj:
    low, high, step = _BOUNDS[key]
    args = [] if key == "coolant_limit" else [getattr(ZoneSetting, key.upper())]
    return await number.new_number(
        entity, owner, *args, min_value=low, max_value=high, step=step
    )


async def to_code(config: ConfigType) -> None:
    await create_entities(config, _create)
