"""Triggers and the condition, as automations use them."""

from typing import Any

from homeassistant.components import automation
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import (
    condition as condition_helper,
    device_registry as dr,
    entity_registry as er,
    trigger as trigger_helper,
)
from homeassistant.setup import async_setup_component
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from . import devices
from .conftest import Settle, wait_for
from .hub import RunningHub

ZONE = "climate.heater_living_room"


async def automate(hass: HomeAssistant, trigger: dict[str, Any], **config: Any) -> None:
    """Set up an automation that calls `test.automation`."""
    assert await async_setup_component(
        hass,
        automation.DOMAIN,
        {
            automation.DOMAIN: {
                "triggers": trigger,
                "actions": {
                    "action": "test.automation",
                    "data": {"event": "{{ trigger.to_state.attributes.event_type }}"},
                },
                **config,
            }
        },
    )
    await hass.async_block_till_done()


def target_of(hass: HomeAssistant, kind: str) -> dict[str, str]:
    """Return a target that means the heater in one of several ways."""
    entity = er.async_get(hass).async_get(ZONE)
    assert entity is not None
    assert entity.device_id is not None
    zone = dr.async_get(hass).async_get(entity.device_id)
    assert isinstance(zone, dr.ChildDeviceEntry)
    return {
        "event": {"entity_id": "event.heater_activity"},
        "zone entity": {"entity_id": ZONE},
        "zone": {"device_id": zone.id},
        "heater": {"device_id": zone.parent_device_id},
    }[kind]


@pytest.mark.parametrize("kind", ["event", "zone entity", "zone", "heater"])
async def test_zone_tripped(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
    kind: str,
) -> None:
    """Whatever part of a heater is meant, a trip of it triggers once, and nothing else does."""
    await automate(
        hass,
        {"trigger": "hearthward.zone_tripped", "target": target_of(hass, kind)},
    )
    await hub.happen(devices.HEATER, "heater", "valve_exercise")
    await settle()
    assert not service_calls
    await hub.happen(devices.HEATER, "heater", "tripped")
    await hub.happen(devices.HEATER, "hot_water.activity", "tripped")
    await settle()
    assert [call.data["event"] for call in service_calls] == ["tripped"]


@pytest.mark.parametrize(
    ("kind", "lost_in", "calls"),
    [
        ("event", "living_room", 1),
        ("event", None, 1),
        ("zone entity", "living_room", 1),
        ("zone entity", "hot_water", 0),
        ("zone", "living_room", 1),
        ("zone", "hot_water", 0),
        ("zone", None, 0),
        ("heater", "living_room", 1),
        ("heater", "hot_water", 1),
        ("heater", None, 1),
    ],
)
async def test_sensor_lost(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
    kind: str,
    lost_in: str | None,
    calls: int,
) -> None:
    """A lost sensor triggers for its zone and for the heater, once each."""
    await automate(
        hass, {"trigger": "hearthward.sensor_lost", "target": target_of(hass, kind)}
    )
    # As the firmware does it: the heater tells of its zones, too.
    await hub.happen(devices.HEATER, "heater", "sensor_lost")
    if lost_in is not None:
        await hub.happen(devices.HEATER, f"{lost_in}.activity", "sensor_lost")
    await settle()
    assert len(service_calls) == calls


async def test_trigger_after_outage(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
) -> None:
    """A trip during an outage triggers after it, though the heater has not come back."""
    await settle()
    await automate(
        hass, {"trigger": "hearthward.zone_tripped", "target": {"entity_id": ZONE}}
    )
    await hub.stop()
    coordinator = home.runtime_data.coordinator
    await wait_for(hass, lambda: not coordinator.last_update_success)
    await hub.start(network=False)
    await hub.happen(devices.HEATER, "heater", "tripped")
    await hub.serve()
    await settle()
    assert [call.data["event"] for call in service_calls] == ["tripped"]


async def test_zone_without_events(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
) -> None:
    """For a zone that reports no events of its own, its heater speaks."""
    body = devices.heater()
    points = tuple(p for p in body.points if p.object_id != "activity")
    await hub.introduce(devices.HEATER, replace(body, points=points))
    await settle()
    await automate(
        hass, {"trigger": "hearthward.sensor_lost", "target": {"entity_id": ZONE}}
    )
    await hub.happen(devices.HEATER, "heater", "sensor_lost")
    await settle()
    assert len(service_calls) == 1


@pytest.mark.parametrize(
    "entity_id", ["switch.lamp_outlet", "sun.sun", "input_boolean.orphan"]
)
async def test_trigger_of_something_else(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
    entity_registry: er.EntityRegistry,
    entity_id: str,
) -> None:
    """What is not a part of a heater never triggers."""
    entity_registry.async_get_or_create(
        "switch", "hearthward", "orphan", config_entry=None
    )
    await automate(
        hass,
        {
            "trigger": "hearthward.zone_tripped",
            "target": {"entity_id": [entity_id, "switch.hearthward_orphan"]},
        },
    )
    await hub.happen(devices.HEATER, "heater", "tripped")
    await settle()
    assert not service_calls


async def test_condition(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    settle: Settle,
    service_calls: list[ServiceCall],
) -> None:
    """A zone heats or does not."""
    assert await async_setup_component(
        hass,
        automation.DOMAIN,
        {
            automation.DOMAIN: {
                "triggers": {"trigger": "event", "event_type": "ask"},
                "conditions": {
                    "condition": "hearthward.zone_is_heating",
                    "target": {"entity_id": [ZONE, "sun.sun"]},
                    "options": {"behavior": "any"},
                },
                "actions": {"action": "test.automation"},
            }
        },
    )
    hass.bus.async_fire("ask")
    await hass.async_block_till_done()
    assert len(service_calls) == 1
    idle = {**devices.HEATER_STATES["living_room.zone"], "action": "idle"}
    await hub.say_points(devices.HEATER, {"living_room.zone": idle})
    await settle()
    hass.bus.async_fire("ask")
    await hass.async_block_till_done()
    assert len(service_calls) == 1


async def test_descriptions(
    hass: HomeAssistant, home: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """The editor of automations knows the triggers and the condition."""
    triggers = await trigger_helper.async_get_all_descriptions(hass)
    assert {key for key in triggers if key.startswith("hearthward.")} == {
        "hearthward.sensor_lost",
        "hearthward.zone_tripped",
    }
    conditions = await condition_helper.async_get_all_descriptions(hass)
    condition = conditions["hearthward.zone_is_heating"]
    assert condition is not None
    assert set(condition["fields"]) == {"behavior", "for"}
