"""The edge through the hub's API, as clients see it."""

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest

from hearthward.hub import reachable, serve

from .home import Home, NodeProcess


class Api:
    """The hub's API over its local socket, as an administrator."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Ask over `session`."""
        self._session = session

    async def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Return the status and the decoded body."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        async with self._session.request(
            method,
            f"http://hub/api/v1{path}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            **options,
        ) as response:
            return response.status, await response.json()


@pytest.fixture
async def api(home: Home) -> AsyncGenerator[Api]:
    """Return the API of the home's hub."""
    with reachable(home.parts.settings.data_dir) as near:
        async with (
            serve(home.parts, network=False),
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(near)) as session,
        ):
            yield Api(session)


PRESS = "/devices/all-kinds/points/press/commands"
LEVEL = "/devices/all-kinds/points/level/commands"


async def test_add_and_approve(home: Home, api: Api, node: NodeProcess) -> None:
    """A node is added by its address, is pending, is let in and says what it knows."""
    body = {"address": "127.0.0.1", "port": node.port, "name": "Workshop node"}
    status, device = await api.ask("POST", "/devices", body)
    assert status == 201
    assert (device["name"], device["status"]) == ("Workshop node", "pending")
    status, device = await api.ask("POST", "/devices/all-kinds/approve", {})
    assert (status, device["status"]) == (200, "approved")
    await home.says("all-kinds", "level", value=20.0)
    status, result = await api.ask("POST", LEVEL, {"value": 21})
    assert (status, result["status"]) == (200, "acknowledged")


async def test_add_nobody(api: Api, unused_tcp_port: int) -> None:
    """A node that is not there, or an address that is none, is an error."""
    body: dict[str, Any] = {"address": "127.0.0.1", "port": unused_tcp_port}
    status, error = await api.ask("POST", "/devices", body)
    assert (status, error["code"]) == (502, "unreachable")
    assert "check the port" in error["error"]
    status, error = await api.ask("POST", "/devices", {"address": "a b"})
    assert (status, error["code"]) == (422, "invalid_node")
    body = {"address": "127.0.0.1", "noise_psk": "short"}
    status, error = await api.ask("POST", "/devices", body)
    assert (status, error["code"]) == (422, "invalid_node")
    assert "short" not in error["error"]


async def test_command_errors(home: Home, api: Api, node: NodeProcess) -> None:
    """Each way in which a command fails has its status and its result."""
    await home.add(node.port)
    status, error = await api.ask("POST", LEVEL, {"value": 99})
    assert (status, error["code"]) == (422, "rejected")
    assert error["error"] == "Level takes 0 to 30 °C, not 99"
    assert error["details"]["result"]["status"] == "rejected"
    status, error = await api.ask(
        "POST", "/devices/all-kinds/points/nothing/commands", {}
    )
    assert (status, error["code"]) == (404, "unknown_point")
    status, error = await api.ask("POST", "/devices/nobody/points/a/commands", {})
    assert (status, error["code"]) == (404, "unknown_device")
    node.kill()
    await home.online("all-kinds", False)
    status, error = await api.ask("POST", LEVEL, {"value": 20})
    assert (status, error["code"]) == (503, "offline")


async def test_idempotency_key(home: Home, api: Api, node: NodeProcess) -> None:
    """The header makes a repeated request one command."""
    await home.add(node.port)
    first = await api.ask("POST", PRESS, {}, Idempotency_Key="abc")
    assert first[0] == 200
    assert await api.ask("POST", PRESS, {}, Idempotency_Key="abc") == first
    status, error = await api.ask("POST", LEVEL, {"value": 1}, Idempotency_Key="abc")
    assert (status, error["code"]) == (409, "key_reused")
    status, error = await api.ask("POST", PRESS, {}, Idempotency_Key="two words")
    assert (status, error["code"]) == (400, "invalid_request")
    await api.ask("POST", PRESS, {}, Idempotency_Key="def")
    await home.says("all-kinds", "presses", value=2.0)


async def test_no_heating(home: Home, api: Api, node: NodeProcess) -> None:
    """A zone without a schedule says so."""
    await home.add(node.port)
    path = "/devices/all-kinds/zones/hot_water"
    status, error = await api.ask("GET", f"{path}/schedule")
    assert (status, error["code"]) == (404, "unknown_zone")
    status, error = await api.ask("POST", f"{path}/boost", {"minutes": 30})
    assert (status, error["code"]) == (404, "unknown_zone")
    status, error = await api.ask("POST", f"{path}/boost", {"minutes": -1})
    assert (status, error["code"]) == (400, "invalid_request")
