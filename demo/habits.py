"""When the people of the demo want it warm."""

from collections.abc import Mapping

from .entities import Entities
from .home_assistant_client import HomeAssistantClient

type Slots = Mapping[str, str]

# A schedule needs no hub and no Home Assistant once the heater has it.
SCHEDULES: Mapping[str, Slots] = {
    "living_room": {
        "06:30": "normal",
        "08:30": "eco",
        "15:30": "normal",
        "22:30": "eco",
    },
    "bathroom": {"06:00": "normal", "08:00": "eco", "18:30": "normal", "22:00": "eco"},
    "hot_water": {"05:30": "normal", "09:00": "eco", "17:30": "normal", "21:30": "eco"},
}


async def follow(client: HomeAssistantClient, entities: Entities) -> None:
    """Give every zone its schedule, the same each day, with the integration's action.

    Until its next slot every zone is warm, at whatever hour the demo is looked at.
    """
    for zone, slots in SCHEDULES.items():
        entity = entities("heater", f"{zone}.zone")
        await client.call_action(
            "hearthward.set_schedule",
            {
                "slots": [
                    {"time": time, "preset": preset} for time, preset in slots.items()
                ]
            },
            entity=entity,
        )
        # The heater takes up a new schedule with its next step, and then says so.
        await client.wait_for_state(
            entities("heater", f"{zone}.next_event"),
            lambda state: state["state"] != "unknown",
        )
        await client.call_action(
            "climate.set_preset_mode", {"preset_mode": "normal"}, entity=entity
        )
