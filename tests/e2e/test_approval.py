"""A new device is let into the home in the repairs of Home Assistant, with a browser."""

import asyncio
from pathlib import Path

import pytest

from demo.browser import PHONE, open_page, screenshot
from demo.entities import Entities
from demo.home_assistant_client import HomeAssistantClient
from demo.integration import approvals

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 60_000


async def test_a_device_is_approved(
    client: HomeAssistantClient, artifacts: Path
) -> None:
    """Nothing of a device is shown before a person has let it in; everything after."""
    assert "sensor-node" in await approvals(client)
    before = await Entities.read(client)
    assert before.get("sensor-node", "temperature") is None

    async with open_page(client, PHONE) as page:
        await page.goto(f"{client.url}/config/repairs")
        await page.get_by_text("waits for approval").click(timeout=PATIENCE)
        await page.get_by_text("hearthward.sensor_node").wait_for(timeout=PATIENCE)
        await screenshot(page, artifacts / "approval-what.png")
        await page.get_by_text("Approve", exact=True).click(timeout=PATIENCE)
        await page.get_by_text("What people call").wait_for(timeout=PATIENCE)
        await screenshot(page, artifacts / "approval-name.png")
        await page.get_by_text("Submit", exact=True).click(timeout=PATIENCE)
        await page.get_by_text("repaired").wait_for(timeout=PATIENCE)
        await screenshot(page, artifacts / "approval-done.png")

    async with asyncio.timeout(60):
        while (await Entities.read(client)).get("sensor-node", "temperature") is None:
            await asyncio.sleep(0.1)
    assert "sensor-node" not in await approvals(client)
