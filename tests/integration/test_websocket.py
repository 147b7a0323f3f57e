"""What the cards on a dashboard ask for, and the cards themselves."""

from collections.abc import Mapping
from http import HTTPStatus
import io
import time
from typing import Any

from aiohttp import ClientSession
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.hearthward.cards import BUNDLE
from custom_components.hearthward.home import Home
from custom_components.hearthward.importance import importance
from custom_components.hearthward.models import Entry

from . import devices
from .conftest import Settle
from .hub import RunningHub


@pytest.fixture
async def socket(
    hass: HomeAssistant, home: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """Return the connection of a dashboard."""
    return await hass_ws_client(hass)


async def ask(
    socket: MockHAClientWebSocket, command: str, **arguments: object
) -> dict[str, Any]:
    """Send a command and return its result."""
    await socket.send_json_auto_id({"type": f"hearthward/{command}", **arguments})
    answer: dict[str, Any] = await socket.receive_json()
    assert answer["success"], answer
    result: dict[str, Any] = answer["result"]
    return result


async def test_timeline(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    socket: MockHAClientWebSocket,
    settle: Settle,
    token: str,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """A card shows what happened, with what a person needs to understand it."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "JPEG")
    async with ClientSession() as session:
        response = await session.post(
            f"{hub.url}/api/v1/media",
            params={"device": devices.LAMP, "text": "Somebody at the door"},
            data=picture.getvalue(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"},
        )
        assert response.status == HTTPStatus.CREATED
    await hub.happen(devices.HEATER, "heater", "tripped")
    noted = await ask(
        socket, "note/add", text="Anna slept well", person="Anna", room="Bedroom"
    )
    assert noted["kind"] == "note"
    assert noted["text"] == "Anna slept well"
    assert (noted["person"], noted["room"]) == ("Anna", "Bedroom")
    await settle()
    await hub.indexed()

    start = time.time() - 3600
    found = await ask(socket, "timeline", start=start, end=time.time() + 60)
    assert found["time"] is None
    by_kind = {item["kind"]: item for item in reversed(found["items"])}
    assert by_kind["event"]["level"] == "alarm"
    assert by_kind["event"]["device_name"] == "Heater"
    assert by_kind["event"]["device_id"] is not None
    assert "Anna" in found["persons"]
    assert {"Bedroom", "Living room", "Lounge"} <= set(found["rooms"])
    [medium] = by_kind["media"]["media"]
    assert medium["content_type"] == "image/jpeg"
    # The links work without anything else, in a browser that has no other key.
    client = await hass_client_no_auth()
    for link in (medium["url"], medium["thumbnail"]):
        assert (await client.get(link)).status == HTTPStatus.OK

    found = await ask(socket, "timeline", query="slept", person="Anna", kind="note")
    assert [item["seq"] for item in found["items"]] == [noted["seq"]]
    [item] = found["items"]
    assert [item["text"][begin:end] for begin, end in item["highlights"]] == ["slept"]
    assert (await ask(socket, "timeline", query="x yesterday"))["time"] is not None


async def test_subscribe(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    socket: MockHAClientWebSocket,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A card hears that there is something new, and not of each measurement."""
    monkeypatch.setattr("custom_components.hearthward.websocket.DEBOUNCE", 0.05)
    await settle()
    await ask(socket, "timeline/subscribe")
    await hub.say(devices.HEATER, burner_power=70)
    await hub.say(devices.HEATER, burner_power=60)
    await settle()
    await hub.happen(devices.HEATER, "heater", "heat_dump")
    await hub.happen(devices.HEATER, "heater", "tripped")
    event = await socket.receive_json()
    assert event["event"] == {"changed": True}
    await hub.happen(devices.HEATER, "heater", "trip_reset")
    await settle()
    await socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    while (answer := await socket.receive_json())["type"] == "event":
        pass
    assert answer["success"]


async def test_errors(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    socket: MockHAClientWebSocket,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A card is told in words that it can translate, and the log does not fill."""
    await hub.stop()
    await socket.send_json_auto_id({"type": "hearthward/timeline"})
    answer = await socket.receive_json()
    assert answer["error"]["translation_key"] == "cannot_connect"
    assert "cannot be reached" in answer["error"]["message"]
    for kind in ("timeline", "timeline/subscribe"):
        await socket.send_json_auto_id(
            {"type": f"hearthward/{kind}", "entry_id": "nonsense"}
        )
        answer = await socket.receive_json()
        assert answer["error"]["translation_key"] == "service_config_entry_not_found"
    await hub.start()


async def test_bundle(
    hass: HomeAssistant,
    home: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The cards are loaded by every dashboard, from an address that changes with them."""
    [url] = [
        url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if "/hearthward/" in url
    ]
    client = await hass_client_no_auth()
    response = await client.get(url)
    assert response.status == HTTPStatus.OK
    assert await response.read() == BUNDLE.read_bytes()
    assert "?v=" in url


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"kind": "incident"}, "alarm"),
        ({"kind": "event", "text": "cord_pulled"}, "alarm"),
        ({"kind": "event", "text": "sensor_lost"}, "warning"),
        ({"kind": "event", "text": "knock"}, "info"),
        ({"kind": "status", "value": 0.0}, "warning"),
        ({"kind": "status", "value": 1.0}, "info"),
        ({"kind": "ack", "body": {"status": "rejected"}}, "warning"),
        ({"kind": "ack", "body": {"status": "acknowledged"}}, "info"),
        ({"kind": "note", "text": "tripped"}, "info"),
        ({"kind": "state", "device": "care-button", "point": "alarm"}, "info"),
        (
            {"kind": "state", "device": "care-button", "point": "alarm", "value": 1.0},
            "alarm",
        ),
        (
            {"kind": "state", "device": "heater", "point": "tripped", "value": 1.0},
            "warning",
        ),
        (
            {"kind": "state", "device": "sensor-node", "point": "motion", "value": 1.0},
            "info",
        ),
        (
            {"kind": "state", "device": "heater", "point": "fan_speed", "value": 40.0},
            "info",
        ),
    ],
)
async def test_importance(
    home: MockConfigEntry, fields: Mapping[str, Any], level: str
) -> None:
    """What is dangerous stands out."""
    known: Home = home.runtime_data.coordinator.data
    assert importance(known, Entry(seq=1, ts=0, received=0, **fields)) == level
