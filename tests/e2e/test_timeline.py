"""The timeline card in a real browser: read, search, write."""

from pathlib import Path

from playwright.async_api import expect
import pytest

from demo.browser import SCREENS, Screen, open_page, screenshot
from demo.dashboard import URL_PATH
from demo.entities import Entities
from demo.home_assistant_client import HomeAssistantClient

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 60_000
NOTE = "Breakfast: porridge, and the blue pills"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_the_day_is_told(
    client: HomeAssistantClient, entities: Entities, screen: Screen, artifacts: Path
) -> None:
    """A note that is written on the card stands in the timeline, and is found by its words."""
    note = f"{NOTE} ({screen.name})"
    async with open_page(client, screen) as page:
        await page.goto(f"{client.url}/{URL_PATH}/timeline")
        card = page.locator("hearthward-timeline-card")
        await expect(card.get_by_role("listitem").first).to_be_visible(timeout=PATIENCE)
        await card.get_by_label("Write a note").fill(note)
        await card.get_by_label("Save the note").click()
        written = card.get_by_role("listitem").filter(has_text=screen.name)
        await expect(written.first).to_be_visible(timeout=PATIENCE)
        await screenshot(page, artifacts / f"timeline-{screen.name}.png")
        await card.get_by_role("searchbox").fill("porridge")
        await expect(card.locator("mark").first).to_have_text(
            "porridge", timeout=PATIENCE, ignore_case=True
        )
        await screenshot(page, artifacts / f"timeline-search-{screen.name}.png")


async def test_a_day_without_anything(
    client: HomeAssistantClient, entities: Entities, artifacts: Path
) -> None:
    """The day before the home was set up says so."""
    async with open_page(client) as page:
        await page.goto(f"{client.url}/{URL_PATH}/timeline")
        card = page.locator("hearthward-timeline-card")
        await expect(card.get_by_role("listitem").first).to_be_visible(timeout=PATIENCE)
        await card.get_by_label("Previous day").click()
        await expect(card).to_contain_text("Nothing was noted", timeout=PATIENCE)
        await card.get_by_label("Next day").click()
        await expect(card.get_by_role("listitem").first).to_be_visible(timeout=PATIENCE)
