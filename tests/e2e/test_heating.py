"""What a person sets in Home Assistant reaches the firmware, and comes back."""

from datetime import datetime

import pytest

from demo.entities import Entities
from demo.home_assistant_client import HomeAssistantClient, HomeAssistantError
from tests.node import DirectNode, shows

pytestmark = pytest.mark.asyncio(loop_scope="session")

ZONE = "living_room.zone"


@pytest.mark.parametrize("wanted", [22.5, 18.0])
async def test_target_temperature(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode, wanted: float
) -> None:
    """A new set point is the firmware's, and Home Assistant shows the firmware's."""
    zone = entities("heater", ZONE)
    await client.call_action(
        "climate.set_temperature", {"temperature": wanted}, entity=zone
    )
    await heater.says(ZONE, target_temperature=wanted)
    await shows(client, zone, temperature=wanted)


@pytest.mark.parametrize("preset", ["eco", "boost", "normal"])
async def test_presets(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode, preset: str
) -> None:
    """Each preset brings its own temperature from the firmware."""
    zone = entities("heater", ZONE)
    await client.call_action(
        "climate.set_preset_mode", {"preset_mode": preset}, entity=zone
    )
    await heater.says(ZONE, preset=preset)
    number = entities("heater", f"living_room.{preset}_temperature")
    temperature = float(client.states[number]["state"])
    await shows(client, zone, preset_mode=preset, temperature=temperature)


@pytest.mark.parametrize("mode", ["off", "heat"])
async def test_mode(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode, mode: str
) -> None:
    """A zone can be turned off and on."""
    zone = entities("heater", "bathroom.zone")
    await client.call_action("climate.set_hvac_mode", {"hvac_mode": mode}, entity=zone)
    await heater.says("bathroom.zone", mode=mode)
    await shows(client, zone, mode)


async def test_schedule(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode
) -> None:
    """A schedule is kept by the node, whose next event Home Assistant shows."""
    zone = entities("heater", ZONE)
    slots = [
        {"time": "05:45", "preset": "normal"},
        {"time": "09:15", "preset": "eco"},
        {"time": "17:05", "preset": "normal"},
        {"time": "23:55", "preset": "eco"},
    ]
    text = "05:45 normal, 09:15 eco, 17:05 normal, 23:55 eco"
    answer = await client.call_action(
        "hearthward.set_schedule", {"slots": slots}, entity=zone, response=True
    )
    assert answer[zone]["days"]["sunday"][-1] == slots[-1]
    for day in ("monday", "sunday"):
        point = f"living_room.schedule_{day}"
        await heater.says(point, text=text)
        await shows(client, entities("heater", point), text)
    times = {slot["time"] for slot in slots}
    said = await heater.wait_for(
        "living_room.next_event", lambda seen: (seen.text or "")[11:16] in times
    )
    at = datetime.fromisoformat(said.text or "")
    await client.wait_for_state(
        entities("heater", "living_room.next_event"),
        lambda state: datetime.fromisoformat(state["state"]) == at,
    )


async def test_schedule_that_cannot_be(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode
) -> None:
    """A schedule that the node refuses leaves the old one and says why."""
    monday = "living_room.schedule_monday"
    before = (await heater.wait_for(monday, lambda seen: True)).text
    with pytest.raises(HomeAssistantError):
        await client.call_action(
            "text.set_value", {"value": "25:00 warm"}, entity=entities("heater", monday)
        )
    assert heater.observed[monday].text == before


async def test_boost(
    client: HomeAssistantClient, entities: Entities, heater: DirectNode
) -> None:
    """A boost says when it ends, and the node goes back by itself."""
    zone = entities("heater", ZONE)
    await client.call_action(
        "climate.set_preset_mode", {"preset_mode": "normal"}, entity=zone
    )
    answer = await client.call_action(
        "hearthward.boost", {"minutes": 5}, entity=zone, response=True
    )
    assert datetime.fromisoformat(answer[zone]["until"])
    await heater.says(ZONE, preset="boost")
    await shows(client, zone, preset_mode="boost")
    await client.wait_for_state(
        zone, lambda state: state["attributes"]["preset_mode"] != "boost", timeout=120
    )


async def test_limit_cannot_be_raised(
    client: HomeAssistantClient, entities: Entities
) -> None:
    """Nothing in Home Assistant raises a limit over the firmware's ceiling."""
    limit = entities("heater", "bathroom.temperature_limit")
    ceiling = client.states[limit]["attributes"]["max"]
    assert ceiling <= 50
    with pytest.raises(HomeAssistantError):
        await client.call_action(
            "number.set_value", {"value": ceiling + 1}, entity=limit
        )
