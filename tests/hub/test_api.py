"""What every request can rely on, and the routes of devices, history and Home Assistant."""

from pathlib import Path
import sqlite3
import time
from typing import Any

import msgspec
import pytest

from hearthward.lifelog import LifelogUnavailableError
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.security import Role

from .conftest import Hub

DOCUMENT = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"


@pytest.fixture
async def heater(hub: Hub) -> Device:
    """Return a device that waits for approval."""
    return await hub.parts.registry.hello(
        Device(
            id="heater", name="Heater", status=DeviceStatus.PENDING, adapter="esphome"
        )
    )


async def test_the_request_id_is_echoed_or_made(hub: Hub) -> None:
    """A client's own id comes back, in the error body too; a strange one does not."""
    url = f"{hub.url}/api/v1/hub"
    for given, accepted in (("abc-1.2:3", True), ("no good!", False), ("", False)):
        async with hub.session.get(url, headers={"X-Request-ID": given}) as response:
            echoed = response.headers["X-Request-ID"]
            assert (echoed == given) == accepted
            assert echoed
            assert (await response.json())["request_id"] == echoed


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("GET", "/", None, 404, "not_found"),
        ("DELETE", "/api/v1/hub", None, 405, "method_not_allowed"),
        ("GET", "/api/v1/devices/none", None, 404, "unknown_device"),
        ("POST", "/api/v1/keys", {"name": "x"}, 400, "invalid_request"),
        ("POST", "/api/v1/keys", {"name": "", "role": "admin"}, 400, "invalid_request"),
        ("POST", "/api/v1/keys", None, 400, "invalid_request"),
        ("GET", "/api/v1/entries?limit=0", None, 400, "invalid_request"),
        ("GET", "/api/v1/entries?limits=1", None, 400, "invalid_request"),
        ("GET", "/api/v1/entries?limit=1&limit=2", None, 400, "invalid_request"),
        ("GET", "/api/v1/entries?cursor=x", None, 400, "invalid_request"),
        ("GET", "/api/v1/devices?status=lost", None, 400, "invalid_request"),
    ],
)
async def test_every_error_has_the_one_body(
    hub: Hub, method: str, path: str, body: object, status: int, code: str
) -> None:
    """Status, code, a sentence, details and the request's id."""
    answered, error = await hub.ask(method, path, body=body)
    assert (answered, error["code"]) == (status, code)
    assert set(error) == {"error", "code", "details", "request_id"}
    assert error["error"]


async def test_a_body_too_large_is_refused(hub: Hub) -> None:
    """A megabyte is enough, announced or not."""
    headers = await hub.headers(Role.SERVICE)

    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    for data in (b" " * 2_000_000, chunks()):
        async with hub.session.put(
            f"{hub.url}/api/v1/exposed", data=data, headers=headers
        ) as response:
            assert response.status == 413
            assert (await response.json())["code"] == "content_too_large"


async def test_a_fault_tells_the_log_and_not_the_client(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error is a 500 without its details, which are in the log."""

    def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(hub.parts.lifelog, "states", fail)
    status, error = await hub.ask("GET", "/api/v1/states")
    assert (status, error["code"]) == (500, "internal")
    assert "secret detail" not in str(error)
    assert "secret detail" in caplog.text


async def test_a_device_is_approved_changed_revoked_and_deleted(
    hub: Hub, heater: Device
) -> None:
    """The way of a device through the API."""
    path = f"/api/v1/devices/{heater.id}"
    _, pending = await hub.ask("GET", "/api/v1/devices?status=pending")
    assert [device["id"] for device in pending] == ["heater"]

    status, device = await hub.ask(
        "POST", f"{path}/approve", Role.SERVICE, {"name": "Boiler", "area": "Cellar"}
    )
    assert (status, device["status"], device["name"]) == (200, "approved", "Boiler")
    status, error = await hub.ask("POST", f"{path}/approve", body={})
    assert (status, error["code"]) == (409, "illegal_transition")

    status, device = await hub.ask(
        "PATCH", path, Role.OPERATOR, {"area": None, "owner": "Ada"}
    )
    assert (device["name"], device["owner"]) == ("Boiler", "Ada")
    assert "area" not in device

    status, error = await hub.ask("DELETE", path)
    assert (status, error["code"]) == (409, "illegal_transition")
    status, device = await hub.ask("POST", f"{path}/revoke", Role.OPERATOR)
    assert (status, device["status"]) == (200, "revoked")
    assert await hub.ask("DELETE", path, Role.OPERATOR) == (204, None)
    assert await hub.ask("GET", "/api/v1/devices") == (200, [])


async def test_the_history_is_paged(hub: Hub) -> None:
    """A client walks through pages with the cursor that each gives."""
    await hub.parts.lifelog.append(
        [
            Draft(ts=float(number), kind=EntryKind.EVENT, text=str(number))
            for number in range(5)
        ]
    )
    path = "/api/v1/entries?kind=event&limit=2&order=desc"
    seen: list[str] = []
    cursor = ""
    for size in (2, 2, 1):
        status, page = await hub.ask("GET", path + cursor, Role.VIEWER)
        assert (status, len(page["entries"])) == (200, size)
        seen += [entry["text"] for entry in page["entries"]]
        cursor = f"&cursor={page.get('next')}"
    assert seen == ["4", "3", "2", "1", "0"]
    assert "next" not in page


async def test_home_assistant_shows_only_what_was_chosen(hub: Hub) -> None:
    """States of chosen entities become points; repeated and other ones do not."""
    now = time.time() - 60
    chosen = ["binary_sensor.door", "sensor.outside", "weather.home"]
    status, stored = await hub.ask(
        "PUT", "/api/v1/exposed", Role.SERVICE, {"entities": chosen}
    )
    assert (status, stored) == (200, {"entities": chosen})
    states = [
        {"entity_id": "binary_sensor.door", "state": "on", "ts": now + 1},
        {
            "entity_id": "sensor.outside",
            "state": "-3.5",
            "ts": now + 2,
            "attributes": {"unit_of_measurement": "°C"},
        },
        {"entity_id": "weather.home", "state": "snowy", "ts": now + 3},
        {"entity_id": "person.ada", "state": "home", "ts": now + 4},
    ]
    path = "/api/v1/homeassistant/states"
    assert await hub.ask("POST", path, Role.SERVICE, states) == (200, {"stored": 3})
    assert await hub.ask("POST", path, Role.SERVICE, states) == (200, {"stored": 0})

    def seen(point: str) -> tuple[object, object, object]:
        found = hub.parts.lifelog.state("homeassistant", point)
        assert found is not None
        return found.value, found.text, found.body

    assert seen("binary_sensor.door") == (1.0, None, None)
    assert seen("sensor.outside") == (-3.5, None, None)
    assert seen("weather.home") == (None, "snowy", None)
    assert hub.parts.lifelog.state("homeassistant", "person.ada") is None

    gone = {"entity_id": "sensor.outside", "state": "unavailable", "ts": now + 9}
    assert await hub.ask("POST", path, Role.SERVICE, [gone]) == (200, {"stored": 1})
    assert seen("sensor.outside") == (None, None, None)


async def read_health(hub: Hub, what: str) -> tuple[int, str]:
    """Ask how the hub does."""
    async with hub.session.get(f"{hub.url}/health/{what}") as response:
        return response.status, await response.text()


async def test_ready_means_that_entries_can_be_stored(hub: Hub) -> None:
    """A hub that lives but cannot store is not ready, until it can again."""
    assert await read_health(hub, "live") == (200, '{"status":"live"}')
    assert await read_health(hub, "ready") == (200, '{"status":"ready"}')
    file = hub.parts.settings.data_dir / "lifelog.db"
    thief = sqlite3.connect(file, isolation_level=None)
    thief.execute("BEGIN IMMEDIATE")
    with pytest.raises(LifelogUnavailableError):
        await hub.parts.lifelog.append([Draft(ts=1.0, kind=EntryKind.EVENT)])
    status, text = await read_health(hub, "ready")
    assert status == 503
    assert "lock" not in text
    assert (await read_health(hub, "live"))[0] == 200
    thief.execute("ROLLBACK")
    thief.close()
    assert (await read_health(hub, "ready"))[0] == 200


async def test_a_starting_hub_is_not_ready(hub: Hub) -> None:
    """Adapters must have started."""
    hub.parts.health.expect("adapter")
    assert (await read_health(hub, "ready"))[0] == 503
    hub.parts.health.started("adapter")
    assert (await read_health(hub, "ready"))[0] == 200


async def test_the_document_is_served_and_published(hub: Hub) -> None:
    """What the hub serves is what docs/api holds."""
    _, served = await hub.ask("GET", "/api/v1/openapi.json", Role.DEVICE)
    published = msgspec.json.decode(DOCUMENT.read_bytes())
    assert published == served, "Run: hearthward openapi > docs/api/openapi.json"


async def test_body_that_is_nested_too_deeply(hub: Hub) -> None:
    """It is the client's mistake, and costs the hub nothing."""
    deep = b"[" * 400_000 + b"]" * 400_000
    async with hub.session.post(
        f"{hub.url}/api/v1/homeassistant/states",
        data=b'[{"entity_id":"a.b","state":"1","ts":1,"attributes":{"a":%s}}]' % deep,
        headers=await hub.headers(),
    ) as response:
        assert response.status == 400
        assert "Nest" in (await response.json())["error"]
