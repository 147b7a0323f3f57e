"""The actions on the lifelog."""

from collections.abc import Mapping
from dataclasses import replace
import io
from pathlib import Path
from typing import Any
import zipfile

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hearthward.const import CONF_EXPOSED, DOMAIN
from hearthward.model.entry import EntryKind, EntryQuery

from . import devices
from .conftest import set_up, wait_for
from .hub import HUB_ID, RunningHub

DOOR = "binary_sensor.door"
BURNER = "binary_sensor.heater_burner"


async def act(hass: HomeAssistant, action: str, **data: object) -> dict[str, Any]:
    """Call an action and return its response."""
    response = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert response is not None
    return dict(response)


@pytest.fixture
def heater(home: MockConfigEntry, device_registry: dr.DeviceRegistry) -> str:
    """Return the id by which Home Assistant knows the heater."""
    found = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{HUB_ID}/{devices.HEATER}"), home.entry_id
    )
    assert found is not None
    return found.id


async def test_search(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    heater: str,
    area_registry: ar.AreaRegistry,
) -> None:
    """What was noted is found, by its words, its person, its room and its time."""
    kitchen = area_registry.async_create("Kitchen")
    noted = await act(
        hass,
        "add_note",
        text="Anna took the blue pills",
        time="2026-11-20 08:15:00",
        person="Anna",
        room=kitchen.id,
    )
    assert noted["kind"] == "note"
    assert noted["time"].startswith("2026-11-20T08:15:00")
    await act(hass, "add_note", text="The chimney was swept")
    await hub.happen(devices.HEATER, "heater", "tripped")
    await hub.indexed()

    found = await act(hass, "search_lifelog", query="pills")
    assert [hit["text"] for hit in found["hits"]][0].startswith("Anna took")
    [hit] = [hit for hit in found["hits"] if hit["seq"] == noted["seq"]]
    assert (hit["person"], hit["room"]) == ("Anna", "Kitchen")
    assert isinstance(found["complete"], bool)

    for narrowed in (
        {"person": "Anna"},
        {"room": kitchen.id},
        {"room": "Kitchen"},
        {"since": "2026-11-20 00:00:00", "until": "2026-11-21 00:00:00"},
    ):
        found = await act(hass, "search_lifelog", kind="note", **narrowed)
        assert [hit["seq"] for hit in found["hits"]] == [noted["seq"]], narrowed

    found = await act(hass, "search_lifelog", device_id=heater, kind="event")
    assert {hit["device"] for hit in found["hits"]} == {"Heater"}

    first = await act(hass, "search_lifelog", kind="note", limit=1)
    second = await act(
        hass, "search_lifelog", kind="note", limit=1, cursor=first["next"]
    )
    assert first["hits"] != second["hits"]
    assert len(second["hits"]) == 1


async def test_time_phrase(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """How a time phrase was understood is told."""
    found = await act(hass, "search_lifelog", query="pills yesterday morning")
    assert found["time"]["phrase"] == "yesterday morning"
    assert found["time"]["since"] < found["time"]["until"]


async def test_author(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    hass_admin_user: MockUser,
) -> None:
    """A note says who wrote it."""
    await hass.services.async_call(
        DOMAIN,
        "add_note",
        {"text": "All is well"},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    [entry] = (await hub.parts.lifelog.history(EntryQuery(kind=EntryKind.NOTE))).entries
    assert entry.body is not None
    assert entry.body["author"] == hass_admin_user.name


async def test_forget(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, heater: str
) -> None:
    """Nothing is erased until that was confirmed."""
    await hub.happen(devices.HEATER, "heater", "tripped")
    counted = await act(hass, "forget", device_id=heater)
    assert counted["erased"] is False
    assert counted["entries"] > 0
    assert counted["seq"] is None
    query = EntryQuery(device=devices.HEATER, kind=EntryKind.EVENT)
    assert (await hub.parts.lifelog.history(query)).entries
    erased = await act(hass, "forget", device_id=heater, confirm=True, reason="A test")
    assert erased["erased"] is True
    assert erased["entries"] >= counted["entries"]
    assert erased["seq"] is not None
    assert not (await hub.parts.lifelog.history(query)).entries


async def test_forget_entity(
    hass: HomeAssistant, hub: RunningHub, inhabited: RunningHub, entry: MockConfigEntry
) -> None:
    """What one entity told is forgotten, be it of the hub or one that it was shown."""
    hass.states.async_set(DOOR, "on")
    hass.config_entries.async_update_entry(entry, options={CONF_EXPOSED: [DOOR]})
    await set_up(hass, entry)

    async def told(device: str, point: str) -> int:
        query = EntryQuery(device=device, point=point)
        return len((await hub.parts.lifelog.history(query)).entries)

    await wait_for(
        hass, lambda: any(s.point == DOOR for s in hub.parts.lifelog.states())
    )
    await act(hass, "forget", entity_id=DOOR, confirm=True)
    assert await told("homeassistant", DOOR) == 0
    assert await told(devices.HEATER, "burner") > 0
    await act(hass, "forget", entity_id=BURNER, confirm=True)
    assert await told(devices.HEATER, "burner") == 0


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("forget", {"confirm": True}, "nothing_to_forget"),
        ("forget", {"device_id": "nonsense"}, "device_not_found"),
        ("search_lifelog", {"device_id": "nonsense"}, "device_not_found"),
        ("export", {"path": "/etc/export.zip"}, "path_not_allowed"),
        ("search_lifelog", {"config_entry_id": "x"}, "service_config_entry_not_found"),
    ],
)
async def test_makes_no_sense(
    hass: HomeAssistant,
    home: MockConfigEntry,
    action: str,
    data: Mapping[str, object],
    key: str,
) -> None:
    """What makes no sense is told before anything happens."""
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, action, **data)
    assert error.value.translation_key == key


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("delete_dead_letter", {"id": 1}),
        ("export", {}),
        ("forget", {"person": "Anna"}),
        ("list_dead_letters", {}),
        ("read_dead_letter", {"id": 1}),
        ("replay_dead_letter", {"id": 1}),
        ("replay_dead_letters", {}),
    ],
)
async def test_for_administrators(
    hass: HomeAssistant,
    home: MockConfigEntry,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, object],
) -> None:
    """What takes everything, or erases it, is not for everybody."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
            return_response=action != "delete_dead_letter",
        )


async def test_hub_away(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A hub that is away is told to be."""
    await hub.stop()
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "search_lifelog", query="pills")
    assert error.value.translation_key == "cannot_connect"
    await hub.start()


async def test_export(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    heater: str,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """An export is packed, saved where that was asked for, and had by a link that is signed."""
    assert await async_setup_component(hass, "http", {})
    await hub.happen(devices.HEATER, "heater", "tripped")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    path = tmp_path / "heater.zip"
    packed = await act(hass, "export", device_id=heater, path=str(path))
    assert packed["entries"] > 0
    assert path.stat().st_size == packed["size"]
    with zipfile.ZipFile(path) as archive:
        assert any(
            "tripped" in archive.read(n).decode("utf-8", "replace")
            for n in archive.namelist()
        )

    client = await hass_client_no_auth()
    response = await client.get(packed["url"])
    assert response.status == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert zipfile.is_zipfile(io.BytesIO(await response.read()))
    response = await client.get(packed["url"].partition("?")[0])
    assert response.status == 401


async def test_export_fails(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An export that comes to nothing says why."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "export", path=str(tmp_path / "missing" / "all.zip"))
    assert error.value.translation_key == "cannot_write"

    lifelog = home.runtime_data.coordinator.lifelog
    export = type(lifelog).export

    async def failed(self: Any, name: str) -> Any:

        return replace(await export(self, name), status="failed", error="no space")

    monkeypatch.setattr(type(lifelog), "export", failed)
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "export")
    assert error.value.translation_key == "export_failed"
    assert error.value.translation_placeholders == {"error": "no space"}


async def test_dead_letters(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A rejected message is listed, read, tried again and deleted."""
    await hub.reject(2)
    listed = await act(hass, "list_dead_letters", reason="invalid_json")
    assert listed["total"] == 2
    letter = listed["letters"][0]
    assert letter["payload"] is None
    read = await act(hass, "read_dead_letter", id=letter["id"])
    assert read["payload"].startswith("not even JSON")
    assert read["detail"]
    again = await act(hass, "replay_dead_letter", id=letter["id"])
    assert again == {"accepted": 0, "rejected": 1}
    again = await act(hass, "replay_dead_letters", reason="invalid_json")
    assert again == {"accepted": 0, "rejected": 2}
    await hass.services.async_call(
        DOMAIN, "delete_dead_letter", {"id": letter["id"]}, blocking=True
    )
    assert (await act(hass, "list_dead_letters"))["total"] == 1
    assert home.runtime_data.coordinator.statistics.dead_letters == 1
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "read_dead_letter", id=letter["id"])
    assert error.value.translation_key == "request_refused"
