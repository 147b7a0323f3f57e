"""A zone of the heater."""

import esphome.codegen as cg
from esphome.components import climate, output, sensor
import esphome.config_validation as cv
from esphome.const import CONF_TYPE
from esphome.types import ConfigType

from . import CONF_HYDRONIC_ID, Hydronic, HydronicZone, control_ns
from .limits import (
    AIR_CEILING,
    FLOOR_CEILING,
    HIGHEST_AIR_TARGET,
    LOWEST_TARGET,
    WATER_CEILING,
    below_ceiling,
)

DEPENDENCIES = ["hydronic"]

CONF_AIR_SENSOR = "air_sensor"
CONF_BOOST_DURATION = "boost_duration"
CONF_BOOST_TEMPERATURE = "boost_temperature"
CONF_ECO_TEMPERATURE = "eco_temperature"
CONF_FALLBACK_DUTY = "fallback_duty"
CONF_FAN = "fan"
CONF_FLOOR_SENSOR = "floor_sensor"
CONF_NORMAL_TEMPERATURE = "normal_temperature"
CONF_PREHEAT_LEAD = "preheat_lead"
CONF_TEMPERATURE_LIMIT = "temperature_limit"
CONF_VALVE_OUTPUT = "valve_output"
CONF_VALVE_RELAY = "valve_relay"
CONF_WATER_SENSOR = "water_sensor"

TYPE_AIR = "air"
TYPE_FLOOR = "floor"
TYPE_WATER = "water"

ZoneType = control_ns.enum("ZoneType", is_class=True)
ZONE_TYPES = {
    TYPE_AIR: ZoneType.AIR,
    TYPE_FLOOR: ZoneType.FLOOR,
    TYPE_WATER: ZoneType.WATER,
}
REGULATED_SENSOR = {
    TYPE_AIR: CONF_AIR_SENSOR,
    TYPE_FLOOR: CONF_FLOOR_SENSOR,
    TYPE_WATER: CONF_WATER_SENSOR,
}
# What the limit of a zone protects: the most delicate part that has a sensor.
CEILINGS = (
    (CONF_FLOOR_SENSOR, "a floor", FLOOR_CEILING),
    (CONF_WATER_SENSOR, "a water tank", WATER_CEILING),
    (CONF_AIR_SENSOR, "the air of a room", AIR_CEILING),
)

_OPTIONS = (
    CONF_ECO_TEMPERATURE,
    CONF_NORMAL_TEMPERATURE,
    CONF_BOOST_TEMPERATURE,
    CONF_BOOST_DURATION,
    CONF_PREHEAT_LEAD,
    CONF_TEMPERATURE_LIMIT,
    CONF_FALLBACK_DUTY,
    CONF_FAN,
)
_PARTS = (
    CONF_AIR_SENSOR,
    CONF_FLOOR_SENSOR,
    CONF_WATER_SENSOR,
    CONF_VALVE_OUTPUT,
    CONF_VALVE_RELAY,
)
_PRESET_TEMPERATURES = (
    CONF_ECO_TEMPERATURE,
    CONF_NORMAL_TEMPERATURE,
    CONF_BOOST_TEMPERATURE,
)
_minutes = cv.All(cv.positive_time_period_minutes, lambda period: period.total_minutes)


def _regulated_sensor_is_there(config: ConfigType) -> ConfigType:
    key = REGULATED_SENSOR[config[CONF_TYPE]]
    if key not in config:
        raise cv.Invalid(
            f"A zone of type '{config[CONF_TYPE]}' is regulated by its '{key}': add it",
            path=[CONF_TYPE],
        )
    return config


def _limits_hold(config: ConfigType) -> ConfigType:
    what, ceiling = next(
        (what, ceiling) for key, what, ceiling in CEILINGS if key in config
    )
    if (limit := config.get(CONF_TEMPERATURE_LIMIT)) is not None:
        with cv.prepend_path(CONF_TEMPERATURE_LIMIT):
            below_ceiling(what, ceiling)(limit)
    highest = HIGHEST_AIR_TARGET
    if config[CONF_TYPE] != TYPE_AIR:
        highest = limit if limit is not None else ceiling
    for key in _PRESET_TEMPERATURES:
        if (target := config.get(key)) is not None and not (
            LOWEST_TARGET <= target <= highest
        ):
            raise cv.Invalid(
                f"{target:g} °C is out of reach for this zone: choose between "
                f"{LOWEST_TARGET:g} °C and {highest:g} °C",
                path=[key],
            )
    return config


CONFIG_SCHEMA = cv.All(
    climate.climate_schema(HydronicZone).extend(
        {
            cv.GenerateID(CONF_HYDRONIC_ID): cv.use_id(Hydronic),
            cv.Required(CONF_TYPE): cv.enum(ZONE_TYPES, lower=True),
            cv.Optional(CONF_VALVE_OUTPUT): cv.use_id(output.FloatOutput),
            cv.Optional(CONF_VALVE_RELAY): cv.use_id(output.BinaryOutput),
            cv.Optional(CONF_AIR_SENSOR): cv.use_id(sensor.Sensor),
            cv.Optional(CONF_FLOOR_SENSOR): cv.use_id(sensor.Sensor),
            cv.Optional(CONF_WATER_SENSOR): cv.use_id(sensor.Sensor),
            cv.Optional(CONF_FAN, default=False): cv.boolean,
            cv.Optional(CONF_TEMPERATURE_LIMIT): cv.temperature,
            cv.Optional(CONF_ECO_TEMPERATURE): cv.temperature,
            cv.Optional(CONF_NORMAL_TEMPERATURE): cv.temperature,
            cv.Optional(CONF_BOOST_TEMPERATURE): cv.temperature,
            cv.Optional(CONF_BOOST_DURATION): _minutes,
            cv.Optional(CONF_PREHEAT_LEAD): _minutes,
            cv.Optional(CONF_FALLBACK_DUTY): cv.percentage,
        }
    ),
    cv.has_exactly_one_key(CONF_VALVE_OUTPUT, CONF_VALVE_RELAY),
    _regulated_sensor_is_there,
    _limits_hold,
)


async def to_code(config: ConfigType) -> None:
    parent = await cg.get_variable(config[CONF_HYDRONIC_ID])
    var = await climate.new_climate(config, parent, config[CONF_TYPE])
    for key in _PARTS:
        if (id_ := config.get(key)) is not None:
            cg.add(getattr(var, f"set_{key}")(await cg.get_variable(id_)))
    for key in _OPTIONS:
        if (value := config.get(key)) is not None:
            cg.add(getattr(var, f"set_{key}")(value))
    cg.add(parent.add_zone(var))
