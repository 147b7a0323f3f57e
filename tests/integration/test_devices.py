"""Devices and points that come and go, and devices that a person has to look at."""

from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.hearthward.const import DOMAIN
from custom_components.hearthward.repairs import async_create_fix_flow

from . import devices
from .conftest import Settle, set_up, wait_for
from .fix import Fix
from .hub import RunningHub

ZONE = "climate.heater_living_room"
AIR = "sensor.heater_living_room_air_temperature"


async def test_device_appears(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry, settle: Settle
) -> None:
    """A device that is admitted later gets its entities without a reload."""
    await set_up(hass, entry)
    await hub.introduce(devices.HEATER, devices.heater())
    await settle()
    assert hass.states.get(ZONE) is None
    await hub.admit(devices.LAMP, devices.lamp())
    await hub.parts.registry.approve(devices.HEATER, "test")
    await settle()
    assert hass.states.get("switch.lamp_outlet") is not None
    heater = hass.states.get(ZONE)
    assert heater is not None
    assert heater.state == STATE_UNAVAILABLE


async def test_points_come_and_go(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    settle: Settle,
) -> None:
    """New firmware may offer other points."""
    body = devices.heater()
    fewer = tuple(p for p in body.points if p.id != "living_room.air_temperature")
    await hub.introduce(devices.HEATER, replace(body, points=fewer))
    await settle()
    assert hass.states.get(AIR) is None
    assert entity_registry.async_get(AIR) is None

    await hub.introduce(devices.HEATER, body)
    await settle()
    assert hass.states.get(AIR) is not None

    # A device that does not say what it offers keeps what it had.
    await hub.introduce(devices.HEATER, replace(body, points=()))
    await settle()
    assert entity_registry.async_get(AIR) is not None
    await hub.introduce(devices.HEATER, body)
    await settle()
    air = hass.states.get(AIR)
    assert air is not None
    assert air.state == "18.5"


async def test_point_changes(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry, settle: Settle
) -> None:
    """A point that says something else of itself is followed."""
    body = devices.heater()
    points = tuple(
        replace(p, max=70.0) if p.id == "coolant_limit" else p for p in body.points
    )
    await hub.introduce(devices.HEATER, replace(body, points=points))
    await settle()
    limit = hass.states.get("number.heater_coolant_limit")
    assert limit is not None
    assert limit.attributes["max"] == 70


async def test_zone_removed(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    settle: Settle,
) -> None:
    """A zone that is gone leaves nothing behind."""
    await hub.introduce(
        devices.HEATER,
        devices.heater(
            zones=devices.ZONES[:1],
            points=(*devices.NODE_POINTS, *devices.LIVING_ROOM_POINTS),
        ),
    )
    await settle()
    assert hass.states.get("climate.heater_hot_water") is None
    children = dr.async_child_entries_for_config_entry(device_registry, home.entry_id)
    assert {child.name for child in children} == {"Living room", "Lounge"}


async def test_device_revoked(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    settle: Settle,
) -> None:
    """A device that was turned away is removed, as is one that was deleted meanwhile."""
    await hub.parts.registry.revoke(devices.HEATER, "test")
    await settle()
    assert hass.states.get(ZONE) is None
    await hub.parts.registry.delete(devices.HEATER, "test")
    await settle()
    assert devices.HEATER not in home.runtime_data.coordinator.data.devices

    await hass.config_entries.async_unload(home.entry_id)
    await hub.parts.registry.revoke(devices.LAMP, "test")
    await set_up(hass, home)
    left = dr.async_entries_for_config_entry(device_registry, home.entry_id)
    assert {device.name for device in left} == {
        "Test hub",
        "Care button",
        "Sensor node",
    }


async def test_device_with_other_mac(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A device in the place of another waits for approval; its entities stay."""
    await hub.introduce(devices.HEATER, devices.heater(mac=devices.MAC.format(9)))
    await settle()
    zone = hass.states.get(ZONE)
    assert zone is not None
    assert zone.state == STATE_UNAVAILABLE
    assert len(issue_registry.issues) == 1

    await hub.parts.registry.approve(devices.HEATER, "test")
    await settle()
    zone = hass.states.get(ZONE)
    assert zone is not None
    assert zone.state == "heat"
    assert not issue_registry.issues


async def test_remove_device(
    hass: HomeAssistant,
    home: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A person may remove what is not part of the home, and nothing else."""
    assert await async_setup_component(hass, "config", {})
    old = device_registry.async_get_or_create(
        config_entry_id=home.entry_id, identifiers={(DOMAIN, "test-hub/old")}
    )
    [heater] = [
        device
        for device in dr.async_entries_for_config_entry(device_registry, home.entry_id)
        if device.name == "Heater"
    ]
    [zone, _] = dr.async_entries_for_parent_device(device_registry, heater.id)
    client = await hass_ws_client(hass)
    for device_id, allowed in ((old.id, True), (heater.id, False), (zone.id, False)):
        answer = await client.remove_device(device_id)
        assert answer["success"] is allowed


@pytest.fixture
async def pending(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry, settle: Settle
) -> str:
    """Return the id of the issue about a heater that waits for approval."""
    assert await async_setup_component(hass, REPAIRS_DOMAIN, {})
    await hub.introduce(devices.HEATER, devices.heater())
    await set_up(hass, entry)
    await settle()
    return f"pending_device/{entry.entry_id}/{devices.HEATER}"


async def test_approve(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    pending: str,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """A person sees what a device is, and lets it in with a name and an area."""
    issue = issue_registry.async_get_issue(DOMAIN, pending)
    assert issue is not None
    assert issue.translation_placeholders == {
        "hub": "Test hub",
        "name": "Heater",
        "manufacturer": "Hearthward",
        "model": "Hydronic heater",
        "project": "hearthward.heater",
        "version": "0.1.0",
        "address": "192.0.2.10:6053",
        "mac": "02:00:00:00:00:01",
    }
    area = area_registry.async_create("Boiler room")
    fix = Fix(await hass_client(), pending)
    result = await fix.begin()
    assert result["type"] == FlowResultType.MENU
    assert result["description_placeholders"] == issue.translation_placeholders
    result = await fix.go_on(next_step_id="approve")
    assert result["step_id"] == "approve"
    result = await fix.go_on(name="Boiler", area=area.id)
    assert result["type"] == FlowResultType.CREATE_ENTRY
    await settle()
    assert not issue_registry.issues
    [own, device] = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert device.name == "Boiler"
    assert device.via_device_id == own.id
    assert device.area_id == area.id
    assert hub.parts.registry.require(devices.HEATER).area == "Boiler room"


async def test_reject(
    hass: HomeAssistant,
    hub: RunningHub,
    pending: str,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """A person turns a device away, once the hub is there to hear it."""
    fix = Fix(await hass_client(), pending)
    await fix.begin()
    result = await fix.go_on(next_step_id="reject")
    assert result["step_id"] == "reject"
    await hub.stop()
    result = await fix.go_on()
    assert result["errors"] == {"base": "cannot_connect"}
    await hub.start()
    result = await fix.go_on()
    assert result["type"] == FlowResultType.CREATE_ENTRY
    await settle()
    assert not issue_registry.issues
    assert hub.parts.registry.require(devices.HEATER).status == "revoked"


async def test_decided_elsewhere(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    pending: str,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """An issue that was dealt with elsewhere goes away, also under an open dialog."""
    client = await hass_client()
    approving, rejecting, beginning = (Fix(client, pending) for _ in range(3))
    await approving.begin()
    await approving.go_on(next_step_id="approve")
    await rejecting.begin()
    await rejecting.go_on(next_step_id="reject")
    await beginning.begin()

    await hub.parts.registry.approve(devices.HEATER, "test")
    await settle()
    assert not issue_registry.issues
    for result in (
        await approving.go_on(name="Heater"),
        await rejecting.go_on(),
        await beginning.go_on(next_step_id="approve"),
    ):
        assert result["type"] == FlowResultType.ABORT
        assert result["reason"] == "not_pending"


async def test_hub_refuses(
    hass: HomeAssistant,
    hub: RunningHub,
    entry: MockConfigEntry,
    pending: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """What the hub refuses is said."""
    fix = Fix(await hass_client(), pending)
    await fix.begin()
    await fix.go_on(next_step_id="approve")
    result = await fix.go_on(name="x" * 200)
    assert result["errors"] == {"base": "refused"}
    [key] = hub.parts.keys.keys()
    await hub.parts.keys.revoke(key.id, "test")
    result = await fix.go_on(name="Heater")
    assert result["errors"] == {"base": "not_allowed"}
    await wait_for(hass, lambda: bool(hass.config_entries.flow.async_progress()))


async def test_issue_goes_with_its_hub(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    pending: str,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """Without its hub, nothing can be decided about a device."""
    fix = Fix(await hass_client(), pending)
    await fix.begin()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not issue_registry.issues
    result = await fix.go_on(next_step_id="approve")
    assert result["reason"] == "not_pending"


@pytest.mark.parametrize(
    ("problem", "key"),
    [
        ("encryption_key_missing", "encryption_key_missing"),
        ("on_fire", "device_problem"),
    ],
)
async def test_problem(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
    problem: str,
    key: str,
) -> None:
    """What keeps the hub from speaking to a device is shown until it is solved."""
    await hub.set_online(devices.HEATER, False, problem=problem)
    await settle()
    [issue] = issue_registry.issues.values()
    assert issue.translation_key == key
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["problem"] == problem
    await hub.set_online(devices.HEATER, True)
    await settle()
    assert not issue_registry.issues


async def test_unknown_issue(hass: HomeAssistant) -> None:
    """There is no flow for an issue that is not ours."""
    with pytest.raises(ValueError, match="Unknown issue"):
        await async_create_fix_flow(hass, "strange", None)
