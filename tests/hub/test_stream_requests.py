"""What clients of the stream ask for, and what they are answered."""

import asyncio
import time
from typing import Any

import aiohttp
import msgspec
import pytest

from hearthward.model.security import Role

from .conftest import Hub

PATIENCE = 60.0


async def connect(hub: Hub, role: Role) -> aiohttp.ClientWebSocketResponse:
    """Open the stream."""
    return await hub.session.ws_connect(
        f"{hub.url}/api/v1/stream", headers=await hub.headers(role)
    )


async def ask(client: aiohttp.ClientWebSocketResponse, request: object) -> Any:
    """Send a request and return its result."""
    await client.send_str(
        request if isinstance(request, str) else msgspec.json.encode(request).decode()
    )
    async with asyncio.timeout(PATIENCE):
        while (message := await client.receive_json())["type"] != "result":
            pass
    return message


def states(*entities: str) -> dict[str, object]:
    """Return a request that tells states of entities."""
    told = [
        {"entity_id": entity, "state": "21.5", "ts": time.time()} for entity in entities
    ]
    return {"type": "states", "id": "s1", "states": told}


async def test_home_assistant_tells_states(hub: Hub) -> None:
    """The result comes when they are stored; while it listens, Home Assistant is online."""
    await hub.ask("PUT", "/api/v1/exposed", body={"entities": ["sensor.outside"]})
    client = await connect(hub, Role.SERVICE)
    result = await ask(client, states("sensor.outside", "sensor.secret"))
    assert result == {"type": "result", "id": "s1"}
    seen = hub.parts.lifelog.state("homeassistant", "sensor.outside")
    assert seen is not None
    assert seen.value == 21.5
    assert hub.parts.lifelog.state("homeassistant", "sensor.secret") is None
    assert hub.parts.registry.require("homeassistant").online
    await client.close()
    async with asyncio.timeout(PATIENCE):
        while hub.parts.registry.require("homeassistant").online:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("role", "request_", "id_", "code"),
    [
        (Role.OPERATOR, states("sensor.outside"), "s1", "forbidden"),
        (
            Role.CAREGIVER,
            {"type": "command", "id": "c", "device": "x", "point": "y", "body": {}},
            "c",
            "forbidden",
        ),
        (
            Role.OPERATOR,
            {"type": "command", "id": "c", "device": "x", "point": "y", "body": {}},
            "c",
            "unknown_device",
        ),
        (Role.ADMIN, {"type": "command", "id": "c"}, "c", "invalid_request"),
        (Role.ADMIN, {"type": "dance", "id": "d"}, "d", "invalid_request"),
        (Role.ADMIN, "{torn", "", "invalid_request"),
    ],
)
async def test_what_cannot_be_done_is_said(
    hub: Hub, role: Role, request_: object, id_: str, code: str
) -> None:
    """A request that fails is answered, and the stream stays open for the next one."""
    client = await connect(hub, role)
    for _ in range(2):
        result = await ask(client, request_)
        assert (result["id"], result["code"]) == (id_, code)
        assert result["error"]
    await client.close()


async def test_requests_do_not_wait_for_each_other(hub: Hub) -> None:
    """More than are handled at once are answered all, each by its id."""
    await hub.ask("PUT", "/api/v1/exposed", body={"entities": ["sensor.a"]})
    client = await connect(hub, Role.SERVICE)
    for number in range(200):
        told = [{"entity_id": "sensor.a", "state": str(number), "ts": float(number)}]
        request = {"type": "states", "id": str(number), "states": told}
        await client.send_str(msgspec.json.encode(request).decode())
    answered: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while len(answered) < 200:
            message = await client.receive_json()
            if message["type"] == "result":
                assert "error" not in message
                answered.add(message["id"])
    seen = hub.parts.lifelog.state("homeassistant", "sensor.a")
    assert seen is not None
    assert seen.value == 199.0
    await client.close()
