"""A hub that indexes while a test runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from hearthward.config import EmbeddingSettings, Settings
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.search import SearchHit, SearchPage
from hearthward.model.security import Role
from tests.hub.conftest import Hub, running

PATIENCE = 120.0


class Searching:
    """A hub whose index follows the lifelog."""

    def __init__(self, hub: Hub) -> None:
        """Search in a hub."""
        self.hub = hub
        self.parts = hub.parts

    async def ask(self, q: str = "", **wanted: object) -> tuple[int, Any]:
        """Search once; return the status and the answer."""
        query = urlencode({"q": q} | wanted)
        return await self.hub.ask("GET", f"/api/v1/search?{query}", Role.VIEWER)

    async def page(self, q: str = "", **wanted: object) -> SearchPage:
        """Return a page as soon as the index has caught up."""
        async with asyncio.timeout(PATIENCE):
            while True:
                status, answer = await self.ask(q, **wanted)
                assert status == 200, answer
                page = msgspec.convert(answer, SearchPage)
                if page.complete:
                    return page
                await asyncio.sleep(0.05)

    async def hits(self, q: str = "", **wanted: object) -> tuple[SearchHit, ...]:
        """Return what is found as soon as the index has caught up."""
        return (await self.page(q, **wanted)).hits

    async def summaries(self, q: str = "", **wanted: object) -> list[str]:
        """Return what a person reads of what is found."""
        return [hit.summary for hit in await self.hits(q, **wanted)]

    async def note(self, *texts: str, ts: float = 1.79e9, **body: object) -> list[int]:
        """Append notes of a time, each a minute after the one before."""
        return await self.parts.lifelog.append(
            [
                Draft(
                    ts=ts + 60 * at,
                    kind=EntryKind.NOTE,
                    text=text,
                    body={"author": "test", **body},
                )
                for at, text in enumerate(texts)
            ]
        )


@asynccontextmanager
async def searching(settings: Settings) -> AsyncIterator[Searching]:
    """Run a hub that indexes."""
    async with running(settings) as hub:
        indexing = asyncio.create_task(hub.parts.search.run())
        try:
            yield Searching(hub)
        finally:
            indexing.cancel()
            with suppress(asyncio.CancelledError):
                await indexing


@pytest.fixture
def plain(settings: Settings) -> Settings:
    """Return settings of a hub that knows only words, which is quick to start."""
    return msgspec.structs.replace(
        settings, time_zone="Europe/Berlin", embedding=EmbeddingSettings(bundled=False)
    )


@pytest.fixture
async def search(plain: Settings) -> AsyncIterator[Searching]:
    """Run a hub that indexes words."""
    async with searching(plain) as started:
        yield started
