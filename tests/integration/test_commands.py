"""What Home Assistant asks of devices, and what it says when that fails."""

from typing import Any

from homeassistant.components.button import SERVICE_PRESS
from homeassistant.components.climate import (
    ATTR_HVAC_MODE,
    ATTR_PRESET_MODE,
    SERVICE_SET_HVAC_MODE,
    SERVICE_SET_PRESET_MODE,
    SERVICE_SET_TEMPERATURE,
)
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_TEMPERATURE,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hearthward.const import DOMAIN
from hearthward.model.command import CommandStatus

from . import devices
from .conftest import wait_for
from .hub import RunningHub

ZONE = "climate.heater_living_room"


async def call(
    hass: HomeAssistant, domain: str, service: str, entity_id: str, **data: Any
) -> Any:
    """Call an action on an entity."""
    return await hass.services.async_call(
        domain, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
    )


@pytest.mark.parametrize(
    ("domain", "service", "entity_id", "data", "device", "point", "body"),
    [
        (
            "climate",
            SERVICE_SET_TEMPERATURE,
            ZONE,
            {ATTR_TEMPERATURE: 22.5},
            devices.HEATER,
            "living_room.zone",
            {"target_temperature": 22.5},
        ),
        (
            "climate",
            SERVICE_SET_TEMPERATURE,
            ZONE,
            {ATTR_TEMPERATURE: 20, ATTR_HVAC_MODE: "heat"},
            devices.HEATER,
            "living_room.zone",
            {"target_temperature": 20, "mode": "heat"},
        ),
        (
            "climate",
            SERVICE_SET_HVAC_MODE,
            ZONE,
            {ATTR_HVAC_MODE: "off"},
            devices.HEATER,
            "living_room.zone",
            {"mode": "off"},
        ),
        (
            "climate",
            SERVICE_TURN_ON,
            "climate.heater_hot_water",
            {},
            devices.HEATER,
            "hot_water.zone",
            {"mode": "heat"},
        ),
        (
            "climate",
            SERVICE_SET_PRESET_MODE,
            ZONE,
            {ATTR_PRESET_MODE: "eco"},
            devices.HEATER,
            "living_room.zone",
            {"preset": "eco"},
        ),
        (
            "switch",
            SERVICE_TURN_ON,
            "switch.heater_heating",
            {},
            devices.HEATER,
            "heating",
            {"value": True},
        ),
        (
            "switch",
            SERVICE_TURN_OFF,
            "switch.heater_heating",
            {},
            devices.HEATER,
            "heating",
            {"value": False},
        ),
        (
            "number",
            "set_value",
            "number.heater_coolant_limit",
            {"value": 80},
            devices.HEATER,
            "coolant_limit",
            {"value": 80},
        ),
        (
            "button",
            SERVICE_PRESS,
            "button.heater_reset_the_safety_trip",
            {},
            devices.HEATER,
            "reset_trip",
            {},
        ),
        (
            "text",
            "set_value",
            "text.heater_living_room_schedule_monday",
            {"value": "06:00 normal"},
            devices.HEATER,
            "living_room.schedule_monday",
            {"value": "06:00 normal"},
        ),
        (
            "select",
            "select_option",
            "select.lamp_effect",
            {"option": "lively"},
            devices.LAMP,
            "effect",
            {"value": "lively"},
        ),
        (
            "time",
            "set_value",
            "time.lamp_sunrise",
            {"time": "05:15:00"},
            devices.LAMP,
            "sunrise",
            {"value": "05:15:00"},
        ),
    ],
)
async def test_command(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    domain: str,
    service: str,
    entity_id: str,
    data: dict[str, Any],
    device: str,
    point: str,
    body: dict[str, Any],
) -> None:
    """Each action reaches its point."""
    await call(hass, domain, service, entity_id, **data)
    assert hub.adapter.last == (device, point, body)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (CommandStatus.REJECTED, "request_refused"),
        (CommandStatus.OFFLINE, "device_offline"),
        (CommandStatus.TIMEOUT, "device_timeout"),
    ],
)
async def test_refused(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    answer: CommandStatus,
    key: str,
) -> None:
    """A device that does not do what it should is named."""
    hub.adapter.answer = answer
    hub.adapter.detail = "too hot"
    with pytest.raises(HomeAssistantError) as error:
        await call(hass, "switch", SERVICE_TURN_ON, "switch.heater_heating")
    assert error.value.translation_key == key
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["name"] == "Heater"


async def test_hub_away(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A hub that went away a moment ago is said."""
    entity = hass.data["entity_components"]["switch"].get_entity(
        "switch.heater_heating"
    )
    await hub.stop()
    with pytest.raises(HomeAssistantError) as error:
        await entity.async_turn_on()
    assert error.value.translation_key == "cannot_connect"
    await hub.start()


async def test_key_revoked(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A key that was revoked a moment ago leads to pairing."""
    entity = hass.data["entity_components"]["switch"].get_entity(
        "switch.heater_heating"
    )
    [key] = hub.parts.keys.keys()
    await hub.parts.keys.revoke(key.id, "test")
    with pytest.raises(HomeAssistantError) as error:
        await entity.async_turn_on()
    assert error.value.translation_key == "invalid_auth"
    await wait_for(hass, lambda: bool(hass.config_entries.flow.async_progress()))


async def set_schedule(hass: HomeAssistant, **data: Any) -> Any:
    """Set the schedule of the living room and return the response."""
    return await hass.services.async_call(
        DOMAIN,
        "set_schedule",
        {ATTR_ENTITY_ID: ZONE, **data},
        blocking=True,
        return_response=True,
    )


async def test_set_schedule(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """Some days of the schedule are written, and the whole week comes back."""
    hub.adapter.echo = hub.say_points
    response = await set_schedule(
        hass,
        days=["tuesday", "sunday"],
        slots=[
            {"time": "21:00", "preset": "eco"},
            {"time": "07:30:00", "preset": "normal"},
        ],
    )
    slots = [
        {"time": "07:30", "preset": "normal"},
        {"time": "21:00", "preset": "eco"},
    ]
    assert response == {
        ZONE: {
            "days": {
                "monday": [
                    {"time": "06:30", "preset": "normal"},
                    {"time": "22:30", "preset": "eco"},
                ],
                "tuesday": slots,
                "sunday": slots,
            }
        }
    }


async def test_set_schedule_of_all_days(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """Without days, every day gets the slots; no slots is a day with nothing."""
    hub.adapter.echo = hub.say_points
    response = await set_schedule(hass, slots=[])
    assert response[ZONE]["days"] == {day: [] for day in devices.DAYS}


@pytest.mark.parametrize(
    ("slots", "key"),
    [
        (
            [{"time": f"{hour:02}:00", "preset": "eco"} for hour in range(9)],
            "too_many_slots",
        ),
        (
            [
                {"time": "06:00", "preset": "eco"},
                {"time": "06:00:30", "preset": "normal"},
            ],
            "time_used_twice",
        ),
        ([{"time": "06:00", "preset": "sauna"}], "unknown_preset"),
    ],
)
async def test_bad_schedule(
    hass: HomeAssistant,
    hub: RunningHub,
    home: MockConfigEntry,
    slots: list[dict[str, str]],
    key: str,
) -> None:
    """A schedule that a node could not keep is refused before it is sent."""
    with pytest.raises(ServiceValidationError) as error:
        await set_schedule(hass, slots=slots)
    assert error.value.translation_key == key
    assert hub.adapter.commands == []


async def test_schedule_refused(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A node that refuses a schedule is named."""
    hub.adapter.answer = CommandStatus.REJECTED
    with pytest.raises(HomeAssistantError) as error:
        await set_schedule(hass, slots=[{"time": "06:00", "preset": "eco"}])
    assert error.value.translation_key == "request_refused"


async def test_boost(
    hass: HomeAssistant, hub: RunningHub, home: MockConfigEntry
) -> None:
    """A zone is boosted, for as long as was asked."""
    response = await hass.services.async_call(
        DOMAIN,
        "boost",
        {ATTR_ENTITY_ID: ZONE, "minutes": 30},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    assert response[ZONE]["until"].endswith("+00:00")
    assert [(c.point, c.body.value or c.body.preset) for c in hub.adapter.commands] == [
        ("living_room.boost_duration", 30),
        ("living_room.zone", "boost"),
    ]
    await call(hass, DOMAIN, "boost", ZONE)
    assert hub.adapter.last == (devices.HEATER, "living_room.zone", {"preset": "boost"})


@pytest.mark.parametrize(
    ("service", "data"), [("boost", {}), ("set_schedule", {"slots": []})]
)
async def test_not_a_zone(
    hass: HomeAssistant, home: MockConfigEntry, service: str, data: dict[str, Any]
) -> None:
    """Only zones have a schedule and can be boosted."""
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, DOMAIN, service, "climate.lamp_fan_heater", **data)
    assert error.value.translation_key == "not_a_zone"


async def test_actions_without_hub(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The actions exist as soon as the integration does, so that automations can be checked."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)
    assert set(hass.services.async_services_for_domain(DOMAIN)) == {
        "add_note",
        "boost",
        "delete_dead_letter",
        "export",
        "forget",
        "list_dead_letters",
        "read_dead_letter",
        "replay_dead_letter",
        "replay_dead_letters",
        "search_lifelog",
        "set_schedule",
    }
