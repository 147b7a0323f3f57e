"""What happens in the home arrives in Home Assistant and starts its automations."""

import asyncio
from typing import Any

import pytest

from demo.entities import Entities
from demo.home_assistant_client import HomeAssistantClient
from demo.stack import Stack
from tests.node import shows

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_care_button(
    stack: Stack, client: HomeAssistantClient, entities: Entities
) -> None:
    """A press raises the alarm and is an event; an acknowledgement ends the alarm."""
    alarm = entities("care-button", "alarm")
    await stack.home.control({"do": "press", "channel": "button"})
    await shows(client, entities("care-button", "button"), event_type="pressed")
    await shows(client, alarm, "on")
    await client.call_action(
        "button.press", entity=entities("care-button", "acknowledge")
    )
    await shows(client, alarm, "off")


async def test_condition_and_triggers(
    stack: Stack, client: HomeAssistantClient, entities: Entities
) -> None:
    """An automation made of our trigger and condition runs when a sensor is lost."""
    zone = entities("heater", "living_room.zone")
    await _automation(
        client,
        {
            "id": "lost_while_heating",
            "alias": "Lost while heating",
            "triggers": [
                {"trigger": "hearthward.sensor_lost", "target": {"entity_id": zone}}
            ],
            "conditions": [
                {
                    "condition": "hearthward.zone_is_heating",
                    "target": {"entity_id": zone},
                }
            ],
            "actions": [
                {
                    "action": "persistent_notification.create",
                    "data": {"message": "A sensor is lost", "notification_id": "lost"},
                }
            ],
        },
    )
    await client.call_action(
        "climate.set_temperature", {"temperature": 26}, entity=zone
    )
    await shows(client, zone, hvac_action="heating")
    async with client.subscription("persistent_notification/subscribe") as messages:
        await stack.home.control(
            {"do": "sensor", "channel": "living_room.air", "fault": "broken"}
        )
        problem = entities("heater", "living_room.sensor_problem")
        await shows(client, problem, "on")
        async with asyncio.timeout(60):
            while "lost" not in (await messages.get()).event["notifications"]:
                pass
        await stack.home.control(
            {"do": "sensor", "channel": "living_room.air", "fault": "none"}
        )
        await shows(client, problem, "off")


async def _automation(client: HomeAssistantClient, config: dict[str, Any]) -> None:
    """Save an automation as the editor does, and wait until it stands ready."""
    await client.post(f"/api/config/automation/config/{config['id']}", config)
    name = config["alias"].lower().replace(" ", "_")
    await shows(client, f"automation.{name}", "on")
