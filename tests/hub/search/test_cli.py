"""`hearthward note` and `search`, beside a running hub."""

import asyncio
from collections.abc import AsyncIterator
import json
import re
from typing import Any

import pytest

from demo.hub import Hub
from hearthward.config import Settings

from .conftest import PATIENCE


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """Run a hub as a program of its own."""
    process = Hub(settings.data_dir, settings.port)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def test_a_note_is_found(hub: Hub) -> None:
    """What was noted is found by a word, by what it means and by when it was."""
    noted = await hub.run(
        "note", "She stumbled over the carpet", "--person", "Erika", "--room", "Hall"
    )
    assert re.fullmatch(r"Noted as entry \d+", noted)
    found = await _complete(hub, "did she have a fall today", "--kind", "note")
    assert found["time"]["phrase"] == "today"
    (hit,) = found["hits"]
    assert (hit["summary"], hit["person"], hit["room"]) == (
        "She stumbled over the carpet",
        "Erika",
        "Hall",
    )
    shown = await hub.run("search", "carpet", "--kind", "note", "--language", "en")
    assert re.search(r"She stumbled over the carpet {2}\(Hall · Erika\)", shown)
    assert "Nothing was found" in await hub.run("search", "--room", "Attic")
    assert "built anew" in await hub.run("search", "--rebuild")
    again = await _complete(hub, "carpet", "--kind", "note")
    assert [each["summary"] for each in again["hits"]] == [hit["summary"]]


async def _complete(hub: Hub, *asked: str) -> dict[str, Any]:
    """Return an answer as soon as the index has caught up."""
    async with asyncio.timeout(PATIENCE):
        while True:
            told = await hub.run("search", *asked, "--language", "en", "--json")
            page: dict[str, Any] = json.loads(told)
            if page.get("complete", True) and page.get("semantic"):
                return page
            await asyncio.sleep(0.2)
