"""What the hub says of itself, and what a person can do about it."""

from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hearthward.const import DOMAIN
from custom_components.hearthward.lifelog import Lifelog
from hearthward.model.statistics import Statistics
from hearthward.ops.statistics import Monitor

from .conftest import Settle, set_up, wait_for
from .fix import Fix
from .hub import RunningHub

PRIVACY = "switch.test_hub_privacy_mode"
STORAGE = "binary_sensor.test_hub_storage"
REJECTED = "sensor.test_hub_rejected_messages"
MANY = 25


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


async def test_privacy_mode(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A person switches privacy mode, and sees what somebody else switched."""
    await wait_for(hass, lambda: state(hass, PRIVACY) == STATE_OFF)
    for service, on in ((SERVICE_TURN_ON, True), (SERVICE_TURN_OFF, False)):
        await hass.services.async_call(
            SWITCH_DOMAIN, service, {ATTR_ENTITY_ID: PRIVACY}, blocking=True
        )
        assert hub.parts.privacy.status.on is on
        await wait_for(
            hass, lambda on=on: state(hass, PRIVACY) == (STATE_ON if on else STATE_OFF)
        )


async def test_privacy_mode_while_away(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """What cannot be switched is told, and nothing is shown of a hub that is away."""
    await settle()
    switch = hass.data["entity_components"][SWITCH_DOMAIN].get_entity(PRIVACY)
    await hub.stop()
    await wait_for(hass, lambda: state(hass, PRIVACY) == STATE_UNAVAILABLE)
    with pytest.raises(HomeAssistantError) as error:
        await switch.async_turn_on()
    assert error.value.translation_key == "cannot_connect"
    await hub.start()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return what the hub is to say of itself instead of what is so."""
    changes: dict[str, object] = {}
    read = Monitor.read

    async def changed(monitor: Monitor) -> Statistics:
        return msgspec.structs.replace(await read(monitor), **changes)

    monkeypatch.setattr(Monitor, "read", changed)
    return changes


async def test_storage_problem(
    hass: HomeAssistant,
    hub: RunningHub,
    said: dict[str, object],
    home: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A hub that cannot store what happens is a problem that a person reads of."""
    issue = (DOMAIN, f"storage_problem/{home.entry_id}")
    assert state(hass, STORAGE) == STATE_OFF
    said["storage_problem"] = "The disk is full: free some space."
    hub.parts.statistics._tell()
    await wait_for(hass, lambda: state(hass, STORAGE) == STATE_ON)
    found = issue_registry.async_get_issue(*issue)
    assert found is not None
    assert found.severity is ir.IssueSeverity.ERROR
    assert found.translation_placeholders == {
        "hub": "Test hub",
        "problem": "The disk is full: free some space.",
    }
    said.clear()
    hub.parts.statistics._tell()
    await wait_for(hass, lambda: state(hass, STORAGE) == STATE_OFF)
    assert issue_registry.async_get_issue(*issue) is None


async def test_broker_dropped(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A broker that lost messages is told, until the hub is no longer there."""
    issue = (DOMAIN, f"broker_dropped/{home.entry_id}")
    hub.parts.statistics.broker_dropped = 7
    hub.parts.statistics._tell()
    await wait_for(hass, lambda: issue_registry.async_get_issue(*issue) is not None)
    found = issue_registry.async_get_issue(*issue)
    assert found is not None
    assert found.translation_placeholders == {"hub": "Test hub", "dropped": "7"}
    await hass.config_entries.async_unload(home.entry_id)
    assert issue_registry.async_get_issue(*issue) is None


@pytest.fixture
async def rejecting(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> str:
    """Return the id of the issue about messages that a hub rejected."""
    assert await async_setup_component(hass, REPAIRS_DOMAIN, {})
    await hub.reject(MANY)
    await set_up(hass, entry)
    issue_id = f"dead_letters/{entry.entry_id}"
    assert state(hass, REJECTED) == str(MANY)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    return issue_id


async def test_replay_all(
    hass: HomeAssistant,
    hub: RunningHub,
    rejecting: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """A person sees why messages were rejected, and what is rejected again stays."""
    fix = Fix(await hass_client(), rejecting)
    result = await fix.begin()
    assert result["type"] == FlowResultType.MENU
    assert result["description_placeholders"]["total"] == str(MANY)
    reasons = result["description_placeholders"]["reasons"]
    assert f"{MANY} × **Not valid JSON**" in reasons
    result = await fix.go_on(next_step_id="replay")
    assert result["step_id"] == "replay"
    result = await fix.go_on()
    assert result["errors"] == {"base": "rejected_again"}
    assert result["description_placeholders"]["left"] == str(MANY)
    assert await hub.parts.dead_letters.count() == MANY


async def test_replay_in_parts(
    hass: HomeAssistant,
    hub: RunningHub,
    rejecting: str,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More than the hub takes at once is tried again, or deleted, in parts."""
    monkeypatch.setattr("custom_components.hearthward.lifelog.LETTERS_AT_ONCE", 10)
    lifelog: Lifelog = entry.runtime_data.coordinator.lifelog
    assert (await lifelog.replay_all()).rejected == MANY
    await lifelog.delete_all()
    assert await hub.parts.dead_letters.count() == 0


async def test_delete_all(
    hass: HomeAssistant,
    hub: RunningHub,
    rejecting: str,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A person deletes what is of no use, and the issue is gone."""
    fix = Fix(await hass_client(), rejecting)
    await fix.begin()
    await fix.go_on(next_step_id="delete")
    result = await fix.go_on()
    assert result["type"] == FlowResultType.CREATE_ENTRY
    assert await hub.parts.dead_letters.count() == 0
    await wait_for(hass, lambda: state(hass, REJECTED) == "0")
    assert issue_registry.async_get_issue(DOMAIN, rejecting) is None


async def test_fix_while_away(
    hass: HomeAssistant,
    hub: RunningHub,
    rejecting: str,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """A hub that is away is told to be, at each step."""
    client = await hass_client()
    begun = Fix(client, rejecting)
    await begun.begin()
    await begun.go_on(next_step_id="delete")
    await hub.stop()
    assert (await Fix(client, rejecting).begin())["reason"] == "cannot_connect"
    assert (await begun.go_on())["errors"] == {"base": "cannot_connect"}
    entry.mock_state(hass, entry.state.SETUP_RETRY)
    assert (await begun.go_on())["reason"] == "hub_away"
    assert (await Fix(client, rejecting).begin())["reason"] == "hub_away"
    entry.mock_state(hass, entry.state.LOADED)
    await hub.start()


async def test_hub_device(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The hub is a device itself, which the others are reached through, and is kept up to date."""
    found = device_registry.async_get_device_by_identifier(
        (DOMAIN, "test-hub"), home.entry_id
    )
    assert found is not None
    assert (found.name, found.sw_version) == ("Test hub", "1.2.3")
    await hub.stop()
    coordinator = home.runtime_data.coordinator
    await wait_for(hass, lambda: not coordinator.last_update_success)
    hub.info["version"] = "2.0.0"
    await hub.start()
    await wait_for(hass, lambda: coordinator.last_update_success)
    found = device_registry.async_get(found.id)
    assert found is not None
    assert found.sw_version == "2.0.0"
