"""A hub within the test's own process: real sockets, real files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import socket
from typing import Any

import aiohttp
import msgspec
import pytest

from hearthward.api.parts import Parts
from hearthward.config import Settings
from hearthward.hub import open_parts, serve
from hearthward.lifelog import Lifelog
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.security import Role


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub and a client of it."""

    parts: Parts
    session: aiohttp.ClientSession
    url: str

    async def token(self, role: Role) -> str:
        """Make a key and return its token."""
        return (await self.parts.keys.create(f"a {role}", role, "test")).token

    async def headers(self, role: Role = Role.ADMIN) -> dict[str, str]:
        """Return the headers of a request with a new key."""
        return {"Authorization": f"Bearer {await self.token(role)}"}

    async def ask(
        self, method: str, path: str, role: Role = Role.ADMIN, body: object = None
    ) -> tuple[int, Any]:
        """Make a request; return the status and the decoded body."""
        data = None if body is None else msgspec.json.encode(body)
        async with self.session.request(
            method, self.url + path, data=data, headers=await self.headers(role)
        ) as response:
            answer = await response.read()
            return response.status, msgspec.json.decode(answer) if answer else None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a hub that keeps to itself, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(
        data_dir=tmp_path / "data",
        host="127.0.0.1",
        port=port,
        discovery=False,
        announce=False,
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Hub]:
    """Run a hub."""
    url = f"http://{settings.host}:{settings.port}"
    async with (
        aiohttp.ClientSession() as session,
        open_parts(settings) as parts,
        serve(parts, network=True),
    ):
        yield Hub(parts, session, url)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """Run a hub for a test."""
    async with running(settings) as started:
        yield started


@pytest.fixture
async def lifelog(tmp_path: Path) -> AsyncIterator[Lifelog]:
    """Open a lifelog for a test."""
    async with Lifelog(SqliteStore(tmp_path / "lifelog.db"), "home") as opened:
        yield opened
