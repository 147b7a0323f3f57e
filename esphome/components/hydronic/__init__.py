"""Regulate a hydronic heater: any number of zones, one burner, safe without a network."""

from collections.abc import Awaitable, Callable
import logging
from pathlib import Path

import esphome.codegen as cg
from esphome.components import binary_sensor, climate, ota, output, sensor, time, uart
import esphome.config_validation as cv
from esphome.const import (
    CONF_DEVICE_ID,
    CONF_ID,
    CONF_OTA,
    CONF_PLATFORM,
    CONF_TIME_ID,
    CONF_TYPE,
)
from esphome.core import CORE
from esphome.cpp_generator import MockObj
import esphome.final_validate as fv
from esphome.types import ConfigType

from .limits import COOLANT_LIMIT_CEILING, below_ceiling

_LOGGER = logging.getLogger(__name__)

DEPENDENCIES = ["time"]
AUTO_LOAD = ["binary_sensor", "climate", "output", "sensor"]

CONF_HYDRONIC_ID = "hydronic_id"
CONF_ZONE_ID = "zone_id"

CONF_BURNER = "burner"
CONF_COOLANT_LIMIT = "coolant_limit"
CONF_COOLANT_SENSOR = "coolant_sensor"
CONF_DUMP_OFF = "dump_off"
CONF_DUMP_ON = "dump_on"
CONF_DUMP_OUTPUT = "dump_output"
CONF_FAN_OUTPUT = "fan_output"
CONF_FEEDBACK_SENSOR = "feedback_sensor"
CONF_FLOW_SENSOR = "flow_sensor"
CONF_LOWEST_POWER = "lowest_power"
CONF_MINIMUM_OFF = "minimum_off"
CONF_MINIMUM_ON = "minimum_on"
CONF_POWER_LEVELS = "power_levels"
CONF_POWER_OUTPUT = "power_output"
CONF_PUMP_LEAD = "pump_lead"
CONF_PUMP_OUTPUT = "pump_output"
CONF_PUMP_OVERRUN = "pump_overrun"
CONF_RELAY_OUTPUT = "relay_output"
CONF_VALVE_STROKE = "valve_stroke"

TYPE_AUTOTERM = "autoterm"
TYPE_DRY_CONTACT = "dry_contact"

# A bit each: control/types.h.
MOST_ZONES = 32

# The ten steps of the protocol, from its lowest upward.
_AUTOTERM_POWER = {CONF_POWER_LEVELS: 10, CONF_LOWEST_POWER: 0.05}

hydronic_ns = cg.esphome_ns.namespace("hydronic")
Hydronic = hydronic_ns.class_("Hydronic", cg.Component)
HydronicZone = hydronic_ns.class_("HydronicZone", climate.Climate)
DryContactBurner = hydronic_ns.class_("DryContactBurner")
AutotermBurner = hydronic_ns.class_("AutotermBurner", cg.Component, uart.UARTDevice)

control_ns = cg.global_ns.namespace("hearthward")
ControllerConfig = control_ns.struct("ControllerConfig")

EntityFactory = Callable[..., Awaitable[MockObj]]

_TIMING_SCHEMA = cv.Schema(
    {
        cv.Optional(CONF_MINIMUM_ON): cv.positive_time_period_milliseconds,
        cv.Optional(CONF_MINIMUM_OFF): cv.positive_time_period_milliseconds,
    }
)

_DRY_CONTACT_SCHEMA = _TIMING_SCHEMA.extend(
    {
        cv.GenerateID(): cv.declare_id(DryContactBurner),
        cv.Optional(CONF_RELAY_OUTPUT): cv.use_id(output.BinaryOutput),
        cv.Optional(CONF_FEEDBACK_SENSOR): cv.use_id(binary_sensor.BinarySensor),
        cv.Inclusive(CONF_POWER_OUTPUT, "power"): cv.use_id(output.FloatOutput),
        cv.Inclusive(CONF_POWER_LEVELS, "power"): cv.int_range(min=2, max=100),
        cv.Optional(CONF_LOWEST_POWER): cv.percentage,
    }
).add_extra(cv.has_at_least_one_key(CONF_RELAY_OUTPUT, CONF_POWER_OUTPUT))

_AUTOTERM_SCHEMA = (
    _TIMING_SCHEMA.extend({cv.GenerateID(): cv.declare_id(AutotermBurner)})
    .extend(uart.UART_DEVICE_SCHEMA)
    .extend(cv.COMPONENT_SCHEMA)
)


def _warn_unverified(config: ConfigType) -> ConfigType:
    if config[CONF_TYPE] == TYPE_AUTOTERM:
        _LOGGER.warning(
            "The autoterm burner driver was tried against an emulator only, never "
            "on a heater. Stay beside the heater while you try it"
        )
    return config


def _dump_has_hysteresis(config: ConfigType) -> ConfigType:
    on, off = config.get(CONF_DUMP_ON), config.get(CONF_DUMP_OFF)
    if on is not None and off is not None and off >= on:
        raise cv.Invalid(
            f"{CONF_DUMP_OFF} ({off:g} °C) has to be below {CONF_DUMP_ON} ({on:g} °C)",
            path=[CONF_DUMP_OFF],
        )
    return config


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(Hydronic),
            cv.GenerateID(CONF_TIME_ID): cv.use_id(time.RealTimeClock),
            cv.Required(CONF_BURNER): cv.All(
                cv.typed_schema(
                    {
                        TYPE_DRY_CONTACT: _DRY_CONTACT_SCHEMA,
                        TYPE_AUTOTERM: _AUTOTERM_SCHEMA,
                    }
                ),
                _warn_unverified,
            ),
            cv.Required(CONF_COOLANT_SENSOR): cv.use_id(sensor.Sensor),
            cv.Required(CONF_PUMP_OUTPUT): cv.use_id(output.BinaryOutput),
            cv.Optional(CONF_DUMP_OUTPUT): cv.use_id(output.BinaryOutput),
            cv.Optional(CONF_FAN_OUTPUT): cv.use_id(output.FloatOutput),
            cv.Optional(CONF_FLOW_SENSOR): cv.use_id(sensor.Sensor),
            cv.Optional(CONF_COOLANT_LIMIT): below_ceiling(
                "the coolant", COOLANT_LIMIT_CEILING
            ),
            cv.Optional(CONF_DUMP_ON): cv.temperature,
            cv.Optional(CONF_DUMP_OFF): cv.temperature,
            cv.Optional(CONF_PUMP_LEAD): cv.positive_time_period_milliseconds,
            cv.Optional(CONF_PUMP_OVERRUN): cv.positive_time_period_milliseconds,
            cv.Optional(CONF_VALVE_STROKE): cv.positive_time_period_milliseconds,
        }
    ).extend(cv.COMPONENT_SCHEMA),
    _dump_has_hysteresis,
)


def _zones(config: ConfigType) -> list[ConfigType]:
    return [
        conf for conf in config.get("climate", []) if conf[CONF_PLATFORM] == "hydronic"
    ]


def _final_validate(config: ConfigType) -> None:
    zones = len(_zones(fv.full_config.get()))
    if zones > MOST_ZONES:
        raise cv.Invalid(
            f"A heater has at most {MOST_ZONES} zones, and this one has {zones}: "
            "give some of them to a second node"
        )
    if not zones:
        raise cv.Invalid(
            "A heater without zones heats nothing: add a 'climate' of platform "
            "'hydronic', or include packages/zone.yaml"
        )
    if config[CONF_BURNER][CONF_TYPE] == TYPE_AUTOTERM:
        uart.final_validate_device_schema(
            "hydronic",
            baud_rate=2400,
            require_rx=True,
            require_tx=True,
            data_bits=8,
            parity="NONE",
            stop_bits=1,
        )(config[CONF_BURNER])


FINAL_VALIDATE_SCHEMA = _final_validate


def entities_schema(
    node: dict[str, cv.Schema], zone: dict[str, cv.Schema]
) -> Callable[[ConfigType], ConfigType]:
    """Return a schema of the entities of the node or, with `zone_id`, of a zone.

    A `device_id` beside `zone_id` holds for all entities below it.
    """
    node_schema = cv.Schema(
        {
            cv.GenerateID(CONF_HYDRONIC_ID): cv.use_id(Hydronic),
            **{cv.Optional(key): schema for key, schema in node.items()},
        }
    )
    zone_schema = cv.Schema(
        {
            cv.Required(CONF_ZONE_ID): cv.use_id(HydronicZone),
            cv.Optional(CONF_DEVICE_ID): cv.sub_device_id,
            **{cv.Optional(key): schema for key, schema in zone.items()},
        }
    )

    def validate(config: ConfigType) -> ConfigType:
        if CONF_ZONE_ID not in config:
            return node_schema(config)
        if (device := config.get(CONF_DEVICE_ID)) is not None:
            config = {
                key: {CONF_DEVICE_ID: device, **value} if key in zone else value
                for key, value in config.items()
            }
        return zone_schema(config)

    return validate


async def create_entities(
    config: ConfigType, create: EntityFactory, domain: str | None = None
) -> None:
    """Create each configured entity; with a domain, hand it to its node or zone.

    Entities that can be controlled know their owner and announce themselves.
    """
    owner = await cg.get_variable(
        config.get(CONF_ZONE_ID, config.get(CONF_HYDRONIC_ID))
    )
    for key, entity in config.items():
        if isinstance(entity, dict):
            var = await create(key, entity, owner)
            if domain is not None:
                cg.add(getattr(owner, f"set_{key}_{domain}")(var))


def struct(
    type_: MockObj, config: ConfigType, fields: dict[str, str]
) -> cg.StructInitializer:
    """Initialize the fields that are configured; the others keep their C++ default."""
    values = [
        (field, _plain(config[key])) for field, key in fields.items() if key in config
    ]
    return cg.StructInitializer(type_, *values)


def _plain(value: object) -> object:
    return getattr(value, "total_milliseconds", value)


async def _burner_to_code(config: ConfigType) -> MockObj:
    burner = cg.new_Pvariable(config[CONF_ID])
    if config[CONF_TYPE] == TYPE_AUTOTERM:
        cg.add_define("USE_HYDRONIC_AUTOTERM")
        await cg.register_component(burner, config)
        await uart.register_uart_device(burner, config)
        return burner
    for key, setter in (
        (CONF_RELAY_OUTPUT, burner.set_relay),
        (CONF_POWER_OUTPUT, burner.set_power),
        (CONF_FEEDBACK_SENSOR, burner.set_feedback),
    ):
        if (id_ := config.get(key)) is not None:
            cg.add(setter(await cg.get_variable(id_)))
    return burner


async def to_code(config: ConfigType) -> None:
    # ESPHome copies the sources beside this file only, and the control logic has a
    # folder. A C++ flag reaches the compiler of every framework, a plain one does not.
    cg.add_cxx_build_flag(f"-I{Path(__file__).parent}")
    cg.add_build_flag(f"-DHEARTHWARD_MAX_ZONES={len(_zones(CORE.config))}")
    var = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(var, config)

    burner = config[CONF_BURNER]
    if burner[CONF_TYPE] == TYPE_AUTOTERM:
        burner |= _AUTOTERM_POWER
    cg.add(
        var.set_config(
            struct(
                ControllerConfig,
                config | burner,
                {
                    "coolant_limit": CONF_COOLANT_LIMIT,
                    "dump_on": CONF_DUMP_ON,
                    "dump_off": CONF_DUMP_OFF,
                    "min_on": CONF_MINIMUM_ON,
                    "min_off": CONF_MINIMUM_OFF,
                    "power_levels": CONF_POWER_LEVELS,
                    "lowest_power": CONF_LOWEST_POWER,
                    "valve_stroke": CONF_VALVE_STROKE,
                    "pump_lead": CONF_PUMP_LEAD,
                    "pump_overrun": CONF_PUMP_OVERRUN,
                },
            )
        )
    )
    cg.add(var.set_burner(await _burner_to_code(burner)))
    for key, setter in (
        (CONF_TIME_ID, var.set_time),
        (CONF_COOLANT_SENSOR, var.set_coolant_sensor),
        (CONF_FLOW_SENSOR, var.set_flow_sensor),
        (CONF_PUMP_OUTPUT, var.set_pump_output),
        (CONF_DUMP_OUTPUT, var.set_dump_output),
        (CONF_FAN_OUTPUT, var.set_fan_output),
    ):
        if (id_ := config.get(key)) is not None:
            cg.add(setter(await cg.get_variable(id_)))
    if CONF_OTA in CORE.config:
        ota.request_ota_state_listeners()
