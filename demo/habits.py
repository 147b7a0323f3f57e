"""When the people of the demo want it warm: whenever it is looked at."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from .entities import Entities
from .home_assistant_client import HomeAssistantClient

type Presets = Mapping[int, str]

# The preset by hours from now. The heater needs no hub and no Home Assistant to keep it.
HABITS: Mapping[str, Presets] = {
    "living_room": {-1: "normal", 7: "eco"},
    "bathroom": {-1: "normal", 2: "eco", 9: "normal", 11: "eco"},
    "hot_water": {-1: "normal", 4: "eco", 8: "normal", 12: "eco"},
}


async def follow(client: HomeAssistantClient, entities: Entities) -> None:
    """Give every zone its schedule, the same each day, with the integration's action."""
    time_zone = (await client.get("/api/config"))["time_zone"]
    now = datetime.now(ZoneInfo(time_zone))
    for zone, presets in HABITS.items():
        await client.call_action(
            "hearthward.set_schedule",
            {"slots": _slots(presets, now.hour)},
            entity=entities("heater", f"{zone}.zone"),
        )


def _slots(presets: Presets, now: int) -> list[dict[str, str]]:
    """Return the slots of a day by the clock; `now` is the hour."""
    by_hour = {(now + hours) % 24: preset for hours, preset in presets.items()}
    return [
        {"time": f"{hour:02}:30", "preset": by_hour[hour]} for hour in sorted(by_hour)
    ]
