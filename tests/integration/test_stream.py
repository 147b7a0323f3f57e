"""What goes up the stream, and what comes down it beside the entries."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
import sqlite3
import time
from typing import Any

from aiohttp import ClientSession
from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_OFF, STATE_ON
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hearthward.backlog import Backlog
from custom_components.hearthward.client import HearthwardClient
from custom_components.hearthward.const import CONF_EXPOSED
from custom_components.hearthward.models import Entry, Statistics, Unstored
from hearthward.lifelog import LifelogUnavailableError
from hearthward.model.command import CommandStatus
from hearthward.model.entry import EntryKind, EntryQuery
from hearthward.model.message import Event as EventMessage, EventBody

from . import devices
from .conftest import Settle, set_up, wait_for
from .hub import RunningHub

HEATING = "switch.heater_heating"
BUTTON = "event.care_button_press"
ALARM = "binary_sensor.care_button_alarm"
DOOR = "binary_sensor.door"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note what the client asks over HTTP."""
    asked: list[tuple[str, str]] = []
    request = HearthwardClient.request

    async def note(
        client: HearthwardClient, method: str, path: str, **arguments: Any
    ) -> object:
        asked.append((method, path))
        return await request(client, method, path, **arguments)

    monkeypatch.setattr(HearthwardClient, "request", note)
    return asked


async def answering(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until the hub has shown that it answers over the stream."""
    client = entry.runtime_data.coordinator.client
    await wait_for(hass, lambda: client._stream is not None and client._stream.answers)


async def turn_off(hass: HomeAssistant) -> None:
    """Switch the heating off."""
    await hass.services.async_call(
        SWITCH_DOMAIN, SERVICE_TURN_OFF, {ATTR_ENTITY_ID: HEATING}, blocking=True
    )


async def test_command_over_the_stream(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    requests: list[tuple[str, str]],
) -> None:
    """A command takes the stream, which is open anyway."""
    await answering(hass, home)
    await turn_off(hass)
    assert hub.adapter.last == (devices.HEATER, "heating", {"value": False})
    assert requests == []


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (CommandStatus.REJECTED, "request_refused"),
        (CommandStatus.OFFLINE, "device_offline"),
        (CommandStatus.TIMEOUT, "device_timeout"),
    ],
)
async def test_refused_over_the_stream(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    answer: CommandStatus,
    key: str,
) -> None:
    """What became of a command is told in the same words as ever."""
    await answering(hass, home)
    hub.adapter.answer = answer
    with pytest.raises(HomeAssistantError) as error:
        await turn_off(hass)
    assert error.value.translation_key == key


async def test_unknown_point_over_the_stream(
    hass: HomeAssistant, home: MockConfigEntry
) -> None:
    """A request that makes no sense to the hub is an error, and ends nothing."""
    await answering(hass, home)
    coordinator = home.runtime_data.coordinator
    with pytest.raises(Exception, match="has no point"):
        await coordinator.client.command(devices.HEATER, "nonsense", {"value": 1})
    assert coordinator.last_update_success


async def test_older_hub(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    requests: list[tuple[str, str]],
) -> None:
    """A hub that does not answer over the stream is asked over HTTP."""
    await answering(hass, home)
    home.runtime_data.coordinator.client._stream._answers = False
    await turn_off(hass)
    assert hub.adapter.last == (devices.HEATER, "heating", {"value": False})
    assert requests == [("POST", "devices/heater/points/heating/commands")]


async def test_stream_ends_before_the_answer(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    requests: list[tuple[str, str]],
) -> None:
    """A command whose answer is lost is asked for again, and reaches the device once."""
    await answering(hass, home)
    told, go_on = asyncio.Event(), asyncio.Event()

    async def wait(device: str, points: Mapping[str, object]) -> None:
        told.set()
        await go_on.wait()

    hub.adapter.echo = wait
    command = asyncio.create_task(turn_off(hass))
    async with asyncio.timeout(20):
        await told.wait()
    client = home.runtime_data.coordinator.client
    await client._stream._socket.close()
    async with asyncio.timeout(20):
        while not requests:
            await asyncio.sleep(0.01)
    go_on.set()
    await command
    assert len(hub.adapter.commands) == 1
    commands = await hub.parts.lifelog.history(EntryQuery(kind=EntryKind.COMMAND))
    assert len(commands.entries) == 1


async def test_no_answer(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer that does not come is not waited for forever."""
    await answering(hass, home)
    monkeypatch.setattr("custom_components.hearthward.stream.ANSWER_TIMEOUT", 0.1)
    go_on = asyncio.Event()

    async def wait(device: str, points: Mapping[str, object]) -> None:
        await go_on.wait()

    hub.adapter.echo = wait
    with pytest.raises(HomeAssistantError) as error:
        await turn_off(hass)
    assert error.value.translation_key == "cannot_connect"
    go_on.set()


async def test_states_over_the_stream(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    requests: list[tuple[str, str]],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """States take the stream too, and nothing of Home Assistant comes back to it."""
    hass.states.async_set(DOOR, "off")
    hass.config_entries.async_update_entry(entry, options={CONF_EXPOSED: [DOOR]})
    await set_up(hass, entry)
    await answering(hass, entry)

    def seen() -> float | None:
        return next(
            (s.value for s in hub.parts.lifelog.states() if s.point == DOOR), None
        )

    await wait_for(hass, lambda: seen() == 0)
    requests.clear()
    hass.states.async_set(DOOR, "on")
    await wait_for(hass, lambda: seen() == 1)
    assert requests == []
    coordinator = entry.runtime_data.coordinator
    await wait_for(hass, lambda: coordinator.data.seq == hub.parts.lifelog.last)
    assert coordinator.data.mirrored == {"homeassistant"}
    assert "homeassistant" not in coordinator.data.devices
    names = {
        device.name
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    }
    assert names == {"Test hub"}
    for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        assert DOOR not in found.unique_id
    # From the beginning as well.
    await hass.config_entries.async_reload(entry.entry_id)
    coordinator = entry.runtime_data.coordinator
    assert "homeassistant" not in coordinator.data.devices
    assert not coordinator.data.states


@pytest.fixture
def presses(hass: HomeAssistant) -> Iterator[list[str]]:
    """Note the presses of the care button."""
    seen: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        if (state := event.data["new_state"]) and "event_type" in state.attributes:
            seen.append(state.attributes["event_type"])

    remove = async_track_state_change_event(hass, [BUTTON], note)
    yield seen
    remove()


def unstored(kind: str, point: str, **fields: Any) -> Unstored:
    """Return an alarm that the hub could not store."""
    entry = Entry(
        seq=0,
        ts=1_795_000_000.5,
        received=1_795_000_001,
        kind=kind,
        device="care-button",
        point=point,
        **fields,
    )
    return Unstored(entries=(entry,))


async def test_unstored_alarm(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    presses: list[str],
    tmp_path: Path,
) -> None:
    """An alarm that the hub cannot store is told at once, and not again when it is stored."""
    await settle()
    alarm = EventMessage(
        device=devices.CARE_BUTTON,
        ts=time.time(),
        body=EventBody(point="button", event="cord_pulled"),
    )
    database = sqlite3.connect(tmp_path / "hub" / "lifelog.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    with pytest.raises(LifelogUnavailableError):
        await hub.parts.gateway.receive([alarm])
    await wait_for(hass, lambda: presses == ["cord_pulled"])
    database.execute("ROLLBACK")
    database.close()
    # The adapter keeps trying.
    await hub.parts.gateway.receive([alarm])
    await hub.happen(devices.CARE_BUTTON, "button", "pressed")
    await wait_for(hass, lambda: "pressed" in presses)
    assert presses == ["cord_pulled", "pressed"]


async def test_unstored_once(
    hass: HomeAssistant,
    home: MockConfigEntry,
    settle: Settle,
    presses: list[str],
) -> None:
    """However often an alarm is told before and when it is stored, it happens once."""
    await settle()
    coordinator = home.runtime_data.coordinator
    alarm = unstored("event", "button", text="cord_pulled")
    coordinator._handle_message(alarm)
    coordinator._handle_message(alarm)
    coordinator._handle_message(unstored("state", "alarm", value=1.0))
    assert presses == ["cord_pulled"]
    found = hass.states.get(ALARM)
    assert found is not None
    assert found.state == STATE_ON
    before = coordinator.data.seq
    coordinator._handle_entries(
        Unstored(
            entries=(
                Entry(
                    seq=before + 1,
                    ts=1_795_000_000.5,
                    received=1_795_000_100,
                    kind="event",
                    device="care-button",
                    point="button",
                    text="cord_pulled",
                ),
            )
        )
    )
    assert presses == ["cord_pulled"]
    # The same again, later, is another alarm.
    coordinator._handle_entries(
        Unstored(
            entries=(
                Entry(
                    seq=before + 2,
                    ts=1_795_000_009.0,
                    received=1_795_000_100,
                    kind="event",
                    device="care-button",
                    point="button",
                    text="cord_pulled",
                ),
            )
        )
    )
    assert presses == ["cord_pulled", "cord_pulled"]


async def test_unstored_while_catching_up(
    hass: HomeAssistant,
    home: MockConfigEntry,
    settle: Settle,
    presses: list[str],
) -> None:
    """An alarm does not wait until all that happened during an outage is known."""
    await settle()
    coordinator = home.runtime_data.coordinator
    coordinator._async_lost(Exception("gone"))
    assert presses == []
    coordinator._handle_message(unstored("event", "button", text="cord_pulled"))
    assert presses[-1] == "cord_pulled"


async def test_statistics_are_pushed(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """How the hub does is told over the stream."""
    await answering(hass, home)
    coordinator = home.runtime_data.coordinator
    assert isinstance(coordinator.statistics, Statistics)


async def test_hub_without_statistics(
    hass: HomeAssistant,
    inhabited: RunningHub,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An older hub has no entities of its own, and all else works."""
    request = HearthwardClient.request

    async def older(
        client: HearthwardClient, method: str, path: str, **arguments: Any
    ) -> object:
        return await request(
            client,
            method,
            "nonsense" if path == "statistics" else path,
            **arguments,
        )

    monkeypatch.setattr(HearthwardClient, "request", older)
    await set_up(hass, entry)
    assert hass.states.get("sensor.test_hub_lifelog_size") is None
    assert hass.states.get(HEATING) is not None


@pytest.fixture
def state() -> Callable[..., State]:
    """Return a function that makes states."""

    def make(entity_id: str, value: object, **attributes: object) -> State:
        return State(entity_id, str(value), attributes)

    return make


def test_backlog(state: Callable[..., State], caplog: pytest.LogCaptureFixture) -> None:
    """Alarms go first; when too many wait, the oldest others are given up, alarms last."""
    backlog = Backlog(limit=3)
    backlog.add(state("sensor.a", 1))
    backlog.add(state("binary_sensor.smoke", "on", device_class="smoke"))
    backlog.add(state("sensor.a", 2))
    backlog.add(state("sensor.a", 3))
    backlog.add(state("event.button", "now"))
    assert caplog.text.count("the oldest are given up") == 1
    taken = backlog.take()
    assert [found.state for found in taken] == ["on", "now", "3"]
    assert not backlog
    backlog.add(state("sensor.a", 4))
    backlog.put_back(taken[1:])
    assert [found.state for found in backlog.take()] == ["now", "3", "4"]
    for number in range(4):
        backlog.add(state("event.button", number))
    assert [found.state for found in backlog.take()] == ["1", "2", "3"]


async def test_client_without_stream(hub: RunningHub, token: str) -> None:
    """Who has no stream open asks over HTTP."""
    async with ClientSession() as session:
        client = HearthwardClient(hub.url, session, token)
        await client.send_states([])
        assert (await client.statistics()).storage_problem is None
