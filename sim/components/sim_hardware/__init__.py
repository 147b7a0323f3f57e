"""Connect a node on ESPHome's host platform to the simulated plant."""

import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.const import CONF_CHANNEL, CONF_ID, PLATFORM_HOST

MULTI_CONF = False

CONF_SIM_HARDWARE_ID = "sim_hardware_id"
CONF_SOCKET = "socket"

sim_hardware_ns = cg.esphome_ns.namespace("sim_hardware")
SimHardware = sim_hardware_ns.class_("SimHardware", cg.Component)


def channel_name(value):
    """Validate the name of a plant channel, e.g. `living_room.air`."""
    value = cv.string_strict(value)
    if not value or not all(c.islower() or c.isdigit() or c in "._" for c in value):
        raise cv.Invalid(
            "A channel is named in lower case letters, digits, '_' and '.', "
            f"like 'living_room.air'; got '{value}'"
        )
    return value


CHANNEL_SCHEMA = cv.Schema(
    {
        cv.GenerateID(CONF_SIM_HARDWARE_ID): cv.use_id(SimHardware),
        cv.Required(CONF_CHANNEL): channel_name,
    }
)

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(SimHardware),
            cv.Optional(CONF_SOCKET, default=""): cv.string,
        }
    ).extend(cv.COMPONENT_SCHEMA),
    cv.only_on([PLATFORM_HOST]),
)


async def bind_channel(var, config):
    """Tell a platform object its hub and its channel."""
    await cg.register_parented(var, config[CONF_SIM_HARDWARE_ID])
    cg.add(var.set_channel(config[CONF_CHANNEL]))


async def to_code(config):
    var = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(var, config)
    cg.add(var.set_socket_path(config[CONF_SOCKET]))
