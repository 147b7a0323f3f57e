"""A plant channel as a binary sensor: on from 0.5 upward."""

import esphome.codegen as cg
from esphome.components import binary_sensor
import esphome.config_validation as cv

from . import CHANNEL_SCHEMA, bind_channel, sim_hardware_ns

SimBinarySensor = sim_hardware_ns.class_(
    "SimBinarySensor", binary_sensor.BinarySensor, cg.Component
)

CONFIG_SCHEMA = (
    binary_sensor.binary_sensor_schema(SimBinarySensor)
    .extend(CHANNEL_SCHEMA)
    .extend(cv.COMPONENT_SCHEMA)
)


async def to_code(config):
    var = await binary_sensor.new_binary_sensor(config)
    await cg.register_component(var, config)
    await bind_channel(var, config)
