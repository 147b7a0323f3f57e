"""A device that keeps a WebSocket open to a hub that is a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from hearthward.config import Settings

from .home import PATIENCE
from .shed import HELLO, Shed, state

START = 1_790_000_000.0


@asynccontextmanager
async def connected(
    shed: Shed, **query: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Connect the device."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{shed.hub.url}/api/v1/edge",
            headers={"Authorization": f"Bearer {shed.token}"},
            params=query,
        ) as socket,
    ):
        yield socket


async def receive(socket: aiohttp.ClientWebSocketResponse) -> Any:
    """Return the hub's next message."""
    async with asyncio.timeout(PATIENCE):
        return await socket.receive_json()


async def device(shed: Shed) -> Any:
    """Return what the hub knows of the device."""
    return await shed.hub.get("devices/shed", shed.admin)


async def await_online(shed: Shed, *, online: bool) -> None:
    """Wait until the hub says that the device is online, or offline."""
    async with asyncio.timeout(PATIENCE):
        while (await device(shed)).get("online", False) is not online:
            await asyncio.sleep(0.02)


@pytest.fixture
async def socket(shed: Shed) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Return the connection of a device that has introduced itself."""
    async with connected(shed) as opened:
        assert (await receive(opened))["type"] == "welcome"
        await opened.send_json(HELLO)
        assert (await receive(opened))["type"] == "stored"
        yield opened


async def test_messages_are_answered_when_they_are_stored(
    shed: Shed, socket: aiohttp.ClientWebSocketResponse
) -> None:
    """Each answer names its message; what is rejected says why."""
    await socket.send_json(state(20.0, START, id="a", seq=1))
    await socket.send_json([state(21.0, START + 60, seq=2), {"type": "nonsense"}])
    await socket.send_str("{torn")
    answers = [await receive(socket) for _ in range(4)]
    found = [
        (answer["type"], answer["number"], answer.get("id"), answer.get("seq"))
        for answer in answers
    ]
    assert found == [
        ("stored", 2, "a", 1),
        ("stored", 3, None, 2),
        ("rejected", 4, None, None),
        ("rejected", 5, None, None),
    ]
    assert [answer.get("reason") for answer in answers[2:]] == [
        "invalid_message",
        "invalid_json",
    ]
    assert [value for _, value in await shed.states()] == [20.0, 21.0]


async def test_a_device_resumes_where_it_was(shed: Shed) -> None:
    """The welcome says how far the device had counted, also after the hub was restarted."""
    async with connected(shed) as socket:
        assert "seq" not in await receive(socket)
        for message in (HELLO, state(20.0, START, seq=41), state(21.0, START, seq=42)):
            await socket.send_json(message)
            assert (await receive(socket))["type"] == "stored"
    async with connected(shed) as socket:
        welcome = await receive(socket)
        assert (welcome["device"], welcome["seq"]) == ("shed", 42)
    await await_online(shed, online=False)
    await shed.hub.stop()
    await shed.hub.start()
    async with connected(shed) as socket:
        assert (await receive(socket))["seq"] == 42
        # What it sends again all the same is a duplicate, and answered like the first.
        await socket.send_json(state(21.0, START, seq=42))
        assert (await receive(socket))["type"] == "stored"
    assert [value for _, value in await shed.states()] == [20.0, 21.0]


async def test_a_device_whose_socket_goes_is_offline(
    shed: Shed, socket: aiohttp.ClientWebSocketResponse
) -> None:
    """Silence is a signal: as with MQTT's last will, the hub says it for the device."""
    await await_online(shed, online=True)
    transport = socket._response.connection
    assert transport is not None
    assert transport.transport is not None
    transport.transport.abort()
    await await_online(shed, online=False)


async def test_the_newest_connection_counts(
    shed: Shed, socket: aiohttp.ClientWebSocketResponse
) -> None:
    """A device that comes back before its old connection is found dead stays online."""
    async with connected(shed) as newer:
        await receive(newer)
        await newer.send_json(HELLO)
        await receive(newer)
        await socket.close()
        await newer.send_json(state(20.0, START))
        await receive(newer)
        assert (await device(shed))["online"]


async def test_a_command_goes_down_and_its_answer_up(
    shed: Shed, socket: aiohttp.ClientWebSocketResponse
) -> None:
    """The hub answers who commanded when the device has answered the hub."""

    async def obey() -> Any:
        command = await receive(socket)
        body = {"command": command["id"], "status": "acknowledged"}
        await socket.send_json(
            {"type": "ack", "device": "shed", "ts": START, "body": body}
        )
        return command

    obeying = asyncio.create_task(obey())
    answer = await shed._replace(token=shed.admin).curl(
        data=b'{"value": true}', path="devices/shed/points/lamp/commands"
    )
    assert (answer.status, answer.body["status"]) == (200, "acknowledged")
    command = await obeying
    assert (command["type"], command["device"]) == ("command", "shed")
    assert command["body"] == {"point": "lamp", "body": {"value": True}}


async def test_a_device_that_is_not_there_is_offline(shed: Shed) -> None:
    """A command to it fails at once."""
    async with connected(shed) as socket:
        await receive(socket)
        await socket.send_json(HELLO)
        await receive(socket)
    await await_online(shed, online=False)
    answer = await shed._replace(token=shed.admin).curl(
        data=b'{"value": true}', path="devices/shed/points/lamp/commands"
    )
    assert (answer.status, answer.body["code"]) == (503, "offline")


async def test_a_key_speaks_for_its_device_only(shed: Shed) -> None:
    """Neither the address nor a message changes for whom a bound key speaks."""
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with connected(shed, device="heater"):
            pass
    async with connected(shed) as socket:
        await receive(socket)
        await socket.send_json(state(20.0, START, device="heater"))
        assert (await receive(socket))["reason"] == "not_permitted"


async def test_a_payload_takes_nobody_elses_commands(shed: Shed) -> None:
    """What another layout calls `device` is not whom the connection speaks for."""
    token = await shed.hub.run("key", "create", "--name", "gw", "--role", "device")
    envelope = {
        "type": "telemetry",
        "device": "heater",
        "session_id": "s",
        "msg_id": 1,
        "payload": {"temperature": 20.5},
    }
    async with connected(shed._replace(token=token)) as heater:
        await receive(heater)
        await heater.send_json(HELLO | {"device": "heater"})
        await receive(heater)
        async with connected(shed, profile="cane", address="device/shed/up/1") as thief:
            await receive(thief)
            await thief.send_json(envelope)
            assert (await receive(thief))["type"] == "stored"
        found = await shed.hub.get("devices/heater", shed.admin)
        assert found["online"]


async def test_a_device_need_not_say_who_it_is(shed: Shed) -> None:
    """Its key says so: it is online, and is told how far it had counted."""
    silent = {name: each for name, each in HELLO.items() if name != "device"}
    async with connected(shed) as socket:
        await receive(socket)
        await socket.send_json(silent | {"seq": 7})
        assert (await receive(socket))["type"] == "stored"
        await await_online(shed, online=True)
    async with connected(shed) as socket:
        assert (await receive(socket))["seq"] == 7


async def test_a_gateway_speaks_for_many(shed: Shed) -> None:
    """One connection of an unbound key carries several devices, which go with it."""
    token = await shed.hub.run("key", "create", "--name", "gw", "--role", "device")
    async with connected(shed._replace(token=token)) as socket:
        assert "device" not in await receive(socket)
        for name in ("shed", "barn"):
            await socket.send_json(HELLO | {"device": name})
            assert (await receive(socket))["type"] == "stored"
        await await_online(shed, online=True)
        known = await shed.hub.get("devices", shed.admin)
        found = {(each["id"], each["adapter"], each["online"]) for each in known}
        assert found == {("shed", "websocket", True), ("barn", "websocket", True)}
    await await_online(shed, online=False)


async def test_a_crowd_of_messages_loses_none(
    shed: Shed, socket: aiohttp.ClientWebSocketResponse
) -> None:
    """More than fits at once is not read until there is room, and all is answered."""

    async def send() -> None:
        for number in range(5_000):
            await socket.send_json(
                state(20.0 + number % 7, START + number, id=f"m{number}")
            )

    sending = asyncio.create_task(send())
    answers = [await receive(socket) for _ in range(5_000)]
    await sending
    assert {answer["type"] for answer in answers} == {"stored"}
    assert [answer["id"] for answer in answers] == [f"m{n}" for n in range(5_000)]


async def test_a_stopping_hub_says_so(shed: Shed, settings: Settings) -> None:
    """The device learns that the hub goes away, and is offline until it is back."""
    async with connected(shed) as socket:
        await receive(socket)
        await socket.send_json(HELLO)
        await receive(socket)
        await shed.hub.stop()
        async with asyncio.timeout(PATIENCE):
            message = await socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    await shed.hub.start()
    assert not (await device(shed)).get("online", False)


async def test_a_plain_request_is_told_to_upgrade(shed: Shed) -> None:
    """The path is a WebSocket."""
    with pytest.raises(aiohttp.ClientResponseError, match="426"):
        await shed.hub.get("edge", shed.token)
