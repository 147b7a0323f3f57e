"""The Supervisor, which only Home Assistant OS has, as recorded at the level of HTTP.

Shapes: `GET /addons/self/info` and `POST /discovery` of its documented REST API.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web
import pytest

from hearthward.edge.supervisor import publish
from hearthward.model.security import Role

from .home import PATIENCE, Home


class Supervisor:
    """Answers like the Supervisor, after refusing as often as it is told."""

    def __init__(self) -> None:
        """Refuse nothing."""
        self.url = ""
        self.refusals: list[web.Response] = []
        self.published: list[dict[str, Any]] = []
        self.tokens: set[str] = set()

    async def info(self, request: web.Request) -> web.Response:
        """Tell an app about itself."""
        self.tokens.add(request.headers["Authorization"])
        if self.refusals:
            return self.refusals.pop(0)
        data = {"hostname": "local-hearthward", "ip_address": "172.30.32.1"}
        return web.json_response({"result": "ok", "data": data})

    async def discovery(self, request: web.Request) -> web.Response:
        """Take a discovery message."""
        self.published.append(await request.json())
        return web.json_response({"result": "ok", "data": {"uuid": "5f4dcc3b"}})


@pytest.fixture
async def supervisor() -> AsyncGenerator[Supervisor]:
    """Return a running Supervisor."""
    supervisor = Supervisor()
    app = web.Application()
    app.router.add_get("/addons/self/info", supervisor.info)
    app.router.add_post("/discovery", supervisor.discovery)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    supervisor.url = f"http://127.0.0.1:{port}"
    yield supervisor
    await runner.cleanup()


async def tell(home: Home, supervisor: Supervisor) -> dict[str, Any]:
    """Publish the hub and return what the Supervisor heard."""
    parts = home.parts
    async with asyncio.timeout(PATIENCE):
        await publish(
            "app-token", parts.info, 8737, parts.keys, parts.vault, supervisor.url
        )
    message = supervisor.published[-1]
    assert message["service"] == "hearthward"
    config: dict[str, Any] = message["config"]
    return config


async def test_published(home: Home, supervisor: Supervisor) -> None:
    """Home Assistant learns where the hub is, and a key that works."""
    config = await tell(home, supervisor)
    assert supervisor.tokens == {"Bearer app-token"}
    key = home.parts.keys.verify(config.pop("token"))
    assert key is not None
    assert key.role is Role.SERVICE
    assert config == {
        "host": "172.30.32.1",
        "port": 8737,
        "id": home.parts.info.id,
        "name": "Hearthward",
    }


async def test_same_key_after_a_restart(home: Home, supervisor: Supervisor) -> None:
    """Home Assistant's key stays valid over restarts; a revoked one is replaced."""
    first = await tell(home, supervisor)
    await home.restart()
    assert (await tell(home, supervisor))["token"] == first["token"]
    key = home.parts.keys.verify(first["token"])
    assert key is not None
    await home.parts.keys.revoke(key.id, "test")
    second = await tell(home, supervisor)
    assert second["token"] != first["token"]
    assert home.parts.keys.verify(second["token"]) is not None


async def test_tries_again(
    home: Home, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Supervisor that is not ready is asked until it is."""
    monkeypatch.setattr("hearthward.edge.supervisor._FIRST_WAIT", 0.01)
    supervisor.refusals = [
        web.Response(status=502, text="Bad gateway"),
        web.json_response({"result": "error", "message": "Starting"}, status=400),
    ]
    await tell(home, supervisor)
    assert supervisor.refusals == []
