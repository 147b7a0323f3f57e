"""A plant channel as a sensor, read at the update interval."""

import esphome.codegen as cg
from esphome.components import sensor
import esphome.config_validation as cv

from . import CHANNEL_SCHEMA, bind_channel, sim_hardware_ns

SimSensor = sim_hardware_ns.class_("SimSensor", sensor.Sensor, cg.PollingComponent)

CONFIG_SCHEMA = (
    sensor.sensor_schema(SimSensor)
    .extend(CHANNEL_SCHEMA)
    .extend(cv.polling_component_schema("1s"))
)


async def to_code(config):
    var = await sensor.new_sensor(config)
    await cg.register_component(var, config)
    await bind_channel(var, config)
