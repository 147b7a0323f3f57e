"""Setting up, losing and getting back a hub."""

import asyncio
import logging
import time
from typing import Any

from homeassistant.components.homeassistant import (
    DOMAIN as HOMEASSISTANT_DOMAIN,
    SERVICE_UPDATE_ENTITY,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hearthward.home import Change, Home
from custom_components.hearthward.models import Entry, Heartbeat, HubInfo
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.erasure import ForgetRequest

from . import devices
from .conftest import Settle, set_up, wait_for
from .hub import RunningHub

ZONE = "climate.heater_living_room"
BURNER = "binary_sensor.heater_burner"
ALARM = "binary_sensor.care_button_alarm"
EVENT = "event.heater_activity"
NEXT_EVENT = "sensor.heater_living_room_next_event"


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


async def test_push(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What a device says is seen at once, and by whom it concerns only."""
    written: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        written.append(event.data["entity_id"])

    async_track_state_change_event(hass, hass.states.async_entity_ids(), note)
    await settle()
    await hub.say(devices.HEATER, burner=False)
    await settle()
    assert state(hass, BURNER) == STATE_OFF
    assert [found for found in written if "test_hub" not in found] == [BURNER]
    await hub.say(devices.HEATER, burner=None)
    await settle()
    assert state(hass, BURNER) == STATE_UNKNOWN


async def test_update_on_request(
    hass: HomeAssistant, home: MockConfigEntry, settle: Settle
) -> None:
    """Asking for an update changes nothing, as everything is known at once."""
    await settle()
    before = hass.states.get(BURNER)
    await hass.services.async_call(
        HOMEASSISTANT_DOMAIN,
        SERVICE_UPDATE_ENTITY,
        {ATTR_ENTITY_ID: BURNER},
        blocking=True,
    )
    assert hass.states.get(BURNER) == before


async def test_hub_restart(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """When the hub restarts, all is unavailable, then back; both are logged once."""
    await settle()
    await hub.stop()
    await wait_for(hass, lambda: state(hass, ZONE) == STATE_UNAVAILABLE)
    assert state(hass, ALARM) == STATE_UNAVAILABLE
    # Several attempts fail; only the first loss is told.
    await asyncio.sleep(0.3)

    await hub.start()
    await hub.set_online(devices.HEATER, True)
    await settle()
    assert state(hass, ZONE) == "heat"
    # It has not come back yet.
    assert state(hass, ALARM) == STATE_UNAVAILABLE
    await hub.set_online(devices.CARE_BUTTON, True)
    await settle()
    assert state(hass, ALARM) == STATE_UNKNOWN

    told = [
        record.getMessage().split(":")[0]
        for record in caplog.records
        if record.name.startswith("custom_components.hearthward")
        and record.levelno >= logging.INFO
    ]
    assert [line for line in told if "Test hub" in line] == [
        "Lost the connection to Test hub",
        "Connected to Test hub again",
    ]
    assert told.count("Heater is online") == 1


async def test_resume(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What happened while the hub was out of reach is told afterwards, each event once."""
    seen: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        if (new := event.data["new_state"]) is not None and "event_type" in (
            new.attributes
        ):
            seen.append(new.attributes["event_type"])

    await settle()
    await hub.happen(devices.HEATER, "heater", "tripped")
    await settle()
    async_track_state_change_event(hass, [EVENT], note)
    await hub.stop()
    await wait_for(hass, lambda: state(hass, EVENT) == STATE_UNAVAILABLE)
    await hub.start(network=False)
    await hub.happen(devices.HEATER, "heater", "trip_reset")
    await hub.say(devices.HEATER, burner=False)
    await hub.happen(devices.HEATER, "heater", "sensor_lost", {"zone": "bathroom"})
    await hub.serve()
    await settle()
    assert state(hass, BURNER) == STATE_UNAVAILABLE
    await hub.set_online(devices.HEATER, True)
    await settle()

    # The first is the return of the one before the outage.
    assert seen == ["tripped", "trip_reset", "sensor_lost"]
    assert state(hass, BURNER) == STATE_OFF
    event = hass.states.get(EVENT)
    assert event is not None
    assert event.attributes["zone"] == "bathroom"
    assert "occurred_at" in event.attributes


async def test_a_restored_hub(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What a restored hub has never heard of is gone, though it has counted on meanwhile."""
    await hub.say(devices.HEATER, burner=True)
    await settle()
    await hub.parts.backups.create()
    await hub.say(devices.HEATER, burner=False)
    await settle()
    assert state(hass, BURNER) == STATE_OFF
    known = home.runtime_data.coordinator.data.seq
    await hub.stop()
    await wait_for(hass, lambda: state(hass, BURNER) == STATE_UNAVAILABLE)
    await hub.restore()
    await hub.start(network=False)
    await hub.set_online(devices.HEATER, True)
    while hub.parts.lifelog.last <= known:
        await hub.say(devices.CARE_BUTTON, battery=hub.parts.lifelog.last % 100)
    await hub.serve()
    await settle()
    await wait_for(hass, lambda: state(hass, BURNER) == STATE_ON)


async def test_unknown_event_type(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """An event of a type that was not announced is not lost."""
    await settle()
    await hub.happen(devices.HEATER, "heater", "exploded")
    await settle()
    event = hass.states.get(EVENT)
    assert event is not None
    assert event.attributes["event_type"] == "exploded"
    assert "exploded" in event.attributes["event_types"]


async def test_event_of_nobody(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """An event of a point that nobody listens to does no harm."""
    await settle()
    await hub.happen(devices.HEATER, "burner", "odd")
    await settle()
    assert state(hass, BURNER) == STATE_ON


async def test_device_offline(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A device that is away takes its entities along, and no others; it is logged once."""
    await settle()
    await hub.set_online(devices.HEATER, False)
    await hub.set_online(devices.HEATER, False)
    await settle()
    assert caplog.text.count("Heater is offline") == 1
    assert state(hass, ZONE) == STATE_UNAVAILABLE
    assert state(hass, ALARM) == STATE_UNKNOWN
    await hub.set_online(devices.HEATER, True)
    await settle()
    assert state(hass, ZONE) == "heat"
    assert caplog.text.count("Heater is online") == 1


async def test_gap(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
) -> None:
    """When entries are missing, all is fetched anew."""
    await settle()
    coordinator = home.runtime_data.coordinator
    before = coordinator.data
    coordinator.data.seq -= 2
    await hub.say(devices.HEATER, burner=False)
    await wait_for(hass, lambda: coordinator.data is not before)
    await settle()
    assert state(hass, BURNER) == STATE_OFF


async def test_key_revoked(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """When the hub no longer accepts the key, Home Assistant asks to pair again."""
    await settle()
    keys = hub.parts.keys
    for key in keys.keys():  # noqa: SIM118 - a method of its own, not a mapping's
        await hub.parts.keys.revoke(key.id, "test")
    await wait_for(hass, lambda: bool(hass.config_entries.flow.async_progress()))
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert state(hass, ZONE) == STATE_UNAVAILABLE


async def test_another_hub_takes_its_place(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """Another hub at the same address is not taken for ours."""
    await settle()
    await hub.stop()
    hub.info["id"] = "somebody-else"
    await hub.start()
    await wait_for(hass, lambda: home.state is ConfigEntryState.SETUP_ERROR)
    assert home.error_reason_translation_key == "different_hub"


@pytest.mark.parametrize(
    ("info", "key"),
    [({"id": "somebody-else"}, "different_hub"), ({"api": "v2"}, "unsupported_api")],
)
async def test_wrong_hub(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    info: dict[str, str],
    key: str,
) -> None:
    """A hub that is not the right one is refused."""
    await hub.stop()
    hub.info |= info
    await hub.start()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == key


async def test_hub_away(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """A hub that is away is tried again later."""
    await hub.stop()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"
    await hub.start()


async def test_unload(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """Nothing stays behind."""
    await hass.config_entries.async_unload(home.entry_id)
    assert home.state is ConfigEntryState.NOT_LOADED
    assert state(hass, ZONE) == STATE_UNAVAILABLE


async def test_heartbeat(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hub that has nothing to tell says so, and that changes nothing."""
    monkeypatch.setattr("hearthward.api.fanout.HEARTBEAT", 0.01)
    await settle()
    coordinator = home.runtime_data.coordinator
    heard = asyncio.Event()
    handle = coordinator._handle_message

    def listen(message: object) -> None:
        handle(message)
        if isinstance(message, Heartbeat):
            heard.set()

    monkeypatch.setattr(coordinator, "_handle_message", listen)
    async with asyncio.timeout(60):
        await heard.wait()
    assert state(hass, ZONE) == "heat"


async def test_own_mistake(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake of the integration is logged, and the home does not stand still."""
    await settle()
    coordinator = home.runtime_data.coordinator
    with monkeypatch.context() as patch:
        patch.setattr(Home, "apply", lambda *_: 1 / 0)
        await hub.say(devices.HEATER, burner=False)
        await wait_for(hass, lambda: not coordinator.last_update_success)
    assert "ZeroDivisionError" in caplog.text
    await settle()
    assert state(hass, BURNER) == STATE_OFF


async def test_mistake_of_one_listener(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An entity that cannot take a state keeps no other from it, nor from events."""
    await settle()
    coordinator = home.runtime_data.coordinator
    told: list[str | None] = []

    @callback
    def stumble(*_: Entry) -> None:
        raise ZeroDivisionError

    coordinator.async_add_listener(stumble, (devices.HEATER, "burner"))
    coordinator.async_add_listener(
        lambda: told.append(state(hass, BURNER)), (devices.HEATER, "burner")
    )
    coordinator.async_add_event_listener((devices.HEATER, "heater"), stumble)
    await hub.say(devices.HEATER, burner=False)
    await hub.happen(devices.HEATER, "heater", "tripped")
    await settle()
    assert told == [STATE_OFF]
    assert caplog.text.count("Unexpected error in what follows") == 2
    assert "Lost the connection" not in caplog.text


async def test_no_such_time(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """A device that names a time that cannot be is not believed."""
    await settle()
    for nonsense in ("2026-13-45T25:00:00+01:00", 1e30):
        await hub.say(devices.HEATER, living_room__next_event=nonsense)
        await settle()
        assert state(hass, NEXT_EVENT) == STATE_UNKNOWN


async def test_late_and_imported(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What comes late, or was brought in from elsewhere, changes nothing that is now."""
    await settle()
    before = hass.states.get(EVENT)
    await hub.parts.lifelog.append(
        [
            Draft(
                ts=time.time() - 3600,
                kind=EntryKind.STATE,
                device=devices.HEATER,
                point="burner",
                value=0,
            ),
            Draft(
                ts=time.time() - 3600,
                kind=EntryKind.EVENT,
                device=devices.HEATER,
                point="heater",
                text="tripped",
                body={"imported": "jsonl"},
            ),
        ]
    )
    await settle()
    assert state(hass, BURNER) == STATE_ON
    assert hass.states.get(EVENT) == before


async def test_forgotten_during_an_outage(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What was forgotten before it could be told leaves a gap, which loses nothing else."""
    await settle()
    coordinator = home.runtime_data.coordinator
    before = coordinator.data
    await hub.stop()
    await wait_for(hass, lambda: not coordinator.last_update_success)
    await hub.start(network=False)
    await hub.say(devices.CARE_BUTTON, battery=7)
    await hub.parts.forgetting.forget(ForgetRequest(device=devices.CARE_BUTTON), "test")
    await hub.happen(devices.HEATER, "heater", "tripped")
    await hub.serve()
    await settle()
    assert coordinator.data is before
    event = hass.states.get(EVENT)
    assert event is not None
    assert event.attributes["event_type"] == "tripped"


def test_apply() -> None:
    """Entries that are known, or of nobody that is known, change nothing."""
    home = Home(
        hub=HubInfo(id="hub", name="Hub", version="1", home="home"),
        seq=10,
        devices={},
        states={},
    )
    change = Change()
    for entry in (
        Entry(
            seq=10,
            ts=0,
            received=0,
            kind="state",
            device="heater",
            point="burner",
            value=1,
        ),
        Entry(seq=11, ts=0, received=0, kind="audit", text="Somebody did something"),
        Entry(seq=12, ts=0, received=0, kind="status", device="stranger", value=1),
    ):
        home.apply(entry, change)
    assert home.seq == 12
    assert not home.states
    # That somebody did something is for a person to read.
    assert change == Change(readable=True)
