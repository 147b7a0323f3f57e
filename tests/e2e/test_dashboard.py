"""The dashboard in a real browser."""

from pathlib import Path

import pytest

from demo.browser import SCREENS, Screen, open_page, screenshot
from demo.dashboard import URL_PATH
from demo.entities import Entities
from demo.home_assistant_client import HomeAssistantClient
from tests.node import shows

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 60_000


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_dashboard_shows_a_heating_zone(
    client: HomeAssistantClient, entities: Entities, screen: Screen, artifacts: Path
) -> None:
    """While the firmware heats the living room, the dashboard says so."""
    zone = entities("heater", "living_room.zone")
    await client.call_action(
        "climate.set_temperature", {"temperature": 26}, entity=zone
    )
    await shows(client, zone, hvac_action="heating")
    async with open_page(client, screen) as page:
        await page.goto(client.url)
        await page.wait_for_url(f"**/{URL_PATH}/**", timeout=PATIENCE)
        await page.get_by_text("Heating").first.wait_for(timeout=PATIENCE)
        await page.get_by_text("Living room").first.wait_for(timeout=PATIENCE)
        await screenshot(page, artifacts / f"dashboard-{screen.name}.png")
        assert await page.get_by_text("Entity not found").count() == 0
