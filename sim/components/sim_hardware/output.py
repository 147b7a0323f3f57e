"""An output that drives a plant channel: 0..1, or on and off."""

import esphome.codegen as cg
from esphome.components import output
import esphome.config_validation as cv
from esphome.const import CONF_BINARY, CONF_ID, CONF_TYPE

from . import CHANNEL_SCHEMA, bind_channel, sim_hardware_ns

CONF_FLOAT = "float"

SimFloatOutput = sim_hardware_ns.class_("SimFloatOutput", output.FloatOutput)
SimBinaryOutput = sim_hardware_ns.class_("SimBinaryOutput", output.BinaryOutput)

CONFIG_SCHEMA = cv.typed_schema(
    {
        CONF_FLOAT: output.FLOAT_OUTPUT_SCHEMA.extend(
            {cv.Required(CONF_ID): cv.declare_id(SimFloatOutput)}
        ).extend(CHANNEL_SCHEMA),
        CONF_BINARY: output.BINARY_OUTPUT_SCHEMA.extend(
            {cv.Required(CONF_ID): cv.declare_id(SimBinaryOutput)}
        ).extend(CHANNEL_SCHEMA),
    },
    key=CONF_TYPE,
    default_type=CONF_FLOAT,
    lower=True,
)


async def to_code(config):
    var = cg.new_Pvariable(config[CONF_ID])
    await output.register_output(var, config)
    await bind_channel(var, config)
