"""The demo's dashboard, made of Home Assistant's own cards and our timeline."""

from collections.abc import Iterable, Mapping
from typing import Any

from .entities import ZONES, Entities
from .home_assistant_client import HomeAssistantClient, Json

URL_PATH = "warm-home"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

type Card = Json


async def install(client: HomeAssistantClient) -> None:
    """Make the dashboard and let Home Assistant open with it."""
    entities = await Entities.read(client)
    dashboards = await client.command("lovelace/dashboards/list")
    if all(dashboard["url_path"] != URL_PATH for dashboard in dashboards):
        await client.command(
            "lovelace/dashboards/create",
            url_path=URL_PATH,
            title="Warm home",
            icon="mdi:home-thermometer",
            show_in_sidebar=True,
            require_admin=False,
        )
    await client.command(
        "lovelace/config/save", url_path=URL_PATH, config=dashboard(entities)
    )
    await client.command(
        "frontend/set_system_data", key="core", value={"default_panel": URL_PATH}
    )


def dashboard(entities: Entities) -> Json:
    """Return the configuration of the dashboard."""
    return {"views": [_home(entities), _schedules(entities), _timeline()]}


def _home(entities: Entities) -> Json:
    return {
        "type": "sections",
        "title": "Home",
        "path": "home",
        "icon": "mdi:home-thermometer",
        "max_columns": 3,
        "header": {
            "layout": "responsive",
            "badges_position": "bottom",
            "card": {
                "type": "markdown",
                "text_only": True,
                "content": _status(entities),
            },
        },
        "badges": [*_badges(entities), *_alarm_badges(entities)],
        "sections": [
            *(_zone(entities, zone) for zone in ZONES),
            _temperatures(entities),
            _heater(entities),
            _care(entities),
        ],
    }


def _timeline() -> Json:
    """Return the view of what happened, as wide as can be read well."""
    return {
        "type": "sections",
        "title": "Timeline",
        "path": "timeline",
        "icon": "mdi:timeline-text-outline",
        "max_columns": 2,
        "sections": [
            {
                "type": "grid",
                "column_span": 2,
                "cards": [
                    {
                        "type": "custom:hearthward-timeline-card",
                        "grid_options": {"columns": "full"},
                    }
                ],
            }
        ],
    }


def _status(entities: Entities) -> str:
    """Return the template of the sentence on top: what a visitor wants to know first."""
    living_room = entities("heater", "living_room.zone")
    tripped = entities("heater", "tripped")
    burner = entities("heater", "burner")
    alarm = entities("care-button", "alarm")
    return f"""
{{% set now_warm = state_attr('{living_room}', 'current_temperature') %}}
{{% set wanted = state_attr('{living_room}', 'temperature') %}}
{{% if is_state('{alarm}', 'on') %}}
# Help was called
Someone pressed the care button. Acknowledge it below once you take care of it.
{{% elif is_state('{tripped}', 'on') %}}
# The heater stopped itself
Look at the trip below; reset it when its cause is gone.
{{% elif now_warm is none %}}
# Waiting for the home
{{% else %}}
# {{{{ now_warm | round(1) }}}} °C in the living room
{{{{ 'The burner is on' if is_state('{burner}', 'on') else 'The burner rests' }}}}{{% if
wanted is not none %}}; {{{{ wanted | round(1) }}}} °C is wanted{{% endif %}}.
{{% endif %}}
"""


def _badges(entities: Entities) -> Iterable[Card]:
    points = {
        "burner_state": ("Burner", "mdi:fire"),
        "coolant_temperature": ("Coolant", "mdi:coolant-temperature"),
        "pump": ("Pump", "mdi:pump"),
    }
    for point, (name, icon) in points.items():
        if entity := entities.get("heater", point):
            yield {
                "type": "entity",
                "entity": entity,
                "name": name,
                "icon": icon,
                "show_name": True,
            }


def _alarm_badges(entities: Entities) -> Iterable[Card]:
    """Show what is wrong, and nothing when nothing is."""
    alarms = {
        ("heater", "tripped"): "Heater tripped",
        ("heater", "sensor_problem"): "Sensor",
        ("care-button", "alarm"): "Help was called",
        ("care-button", "battery_low"): "Care button battery",
    }
    for (device, point), name in alarms.items():
        if entity := entities.get(device, point):
            yield {
                "type": "entity",
                "entity": entity,
                "name": name,
                "color": "red",
                "show_name": True,
                "visibility": [{"condition": "state", "entity": entity, "state": "on"}],
            }


def _zone(entities: Entities, zone: str) -> Json:
    name, icon = ZONES[zone]
    climate = entities("heater", f"{zone}.zone")
    presets = {
        "type": "climate-preset-modes",
        "style": "icons",
        "preset_modes": ["eco", "normal", "boost"],
    }
    heading = {
        "type": "heading",
        "heading": name,
        "icon": icon,
        "badges": [
            {
                "type": "entity",
                "entity": entity,
                "show_icon": False,
                "state_content": "state",
                # Without a schedule there is nothing to come.
                "visibility": [
                    {
                        "condition": "state",
                        "entity": entity,
                        "state_not": ["unknown", "unavailable"],
                    }
                ],
            }
            for point in ("next_preset", "next_event")
            if (entity := entities.get("heater", f"{zone}.{point}"))
        ],
    }
    dial = {
        "type": "thermostat",
        "entity": climate,
        "name": name,
        "show_current_as_primary": True,
        "features": [presets],
        "visibility": [{"condition": "screen", "media_query": "(min-width: 768px)"}],
    }
    tile = {
        "type": "tile",
        "entity": climate,
        "name": name,
        "state_content": ["hvac_action", "current_temperature"],
        "features": [{"type": "target-temperature"}, presets],
        "grid_options": {"columns": "full"},
        "visibility": [{"condition": "screen", "media_query": "(max-width: 767px)"}],
    }
    return {"type": "grid", "cards": [heading, dial, tile]}


def _heater(entities: Entities) -> Json:
    return _section(
        "Heater",
        "mdi:heating-coil",
        [
            *_tiles(
                entities,
                "heater",
                {
                    "burner_state": "Burner",
                    "burner_power": "Power",
                    "coolant_temperature": "Coolant",
                    "pump": "Pump",
                    "trip_reason": "Trip",
                    "heating": "Heating",
                },
            ),
            *_last_events(entities, {"heater": "heater", "care-button": "button"}),
        ],
    )


def _last_events(entities: Entities, points: Mapping[str, str]) -> Iterable[Card]:
    """Show what happened last, once anything has."""
    for device, point in points.items():
        if entity := entities.get(device, point):
            yield {
                "type": "tile",
                "entity": entity,
                "state_content": ["event_type", "state"],
                "grid_options": {"columns": "full"},
                "visibility": [
                    {
                        "condition": "state",
                        "entity": entity,
                        "state_not": ["unknown", "unavailable"],
                    }
                ],
            }


def _care(entities: Entities) -> Json:
    return {
        **_section(
            "Care button and sensors",
            "mdi:alarm-light",
            [
                *_tiles(
                    entities,
                    "care-button",
                    {"alarm": "Alarm", "battery": "Care button"},
                ),
                *_acknowledge(entities),
                *_tiles(
                    entities,
                    "sensor-node",
                    {
                        "motion": "Motion",
                        "contact": "Door",
                        "temperature": "Hall",
                        "humidity": "Humidity",
                    },
                ),
            ],
        ),
        "column_span": 3,
    }


def _acknowledge(entities: Entities) -> Iterable[Card]:
    """Offer to acknowledge an alarm while there is one."""
    button = entities.get("care-button", "acknowledge")
    if button and (alarm := entities.get("care-button", "alarm")):
        yield {
            "type": "tile",
            "entity": button,
            "name": "Acknowledge",
            "color": "red",
            "hide_state": True,
            "tap_action": {
                "action": "perform-action",
                "perform_action": "button.press",
                "target": {"entity_id": button},
            },
            "visibility": [{"condition": "state", "entity": alarm, "state": "on"}],
        }


def _temperatures(entities: Entities) -> Json:
    points = {
        "living_room.air_temperature": "Living room",
        "bathroom.floor_temperature": "Bathroom floor",
        "hot_water.water_temperature": "Hot water",
        "coolant_temperature": "Coolant",
    }
    return {
        **_section(
            "Temperatures",
            "mdi:chart-line",
            [
                {
                    "type": "history-graph",
                    "hours_to_show": 1,
                    "entities": [
                        {"entity": entity, "name": name}
                        for point, name in points.items()
                        if (entity := entities.get("heater", point))
                    ],
                    "grid_options": {"columns": "full", "rows": 6},
                }
            ],
        ),
        "column_span": 2,
    }


def _schedules(entities: Entities) -> Json:
    return {
        "type": "sections",
        "title": "Schedules",
        "path": "schedules",
        "icon": "mdi:calendar-clock",
        "max_columns": 2,
        "sections": [
            _section(
                name,
                icon,
                [
                    *_tiles(
                        entities,
                        "heater",
                        {
                            f"{zone}.normal_temperature": "Normal",
                            f"{zone}.eco_temperature": "Eco",
                            f"{zone}.boost_temperature": "Boost",
                            f"{zone}.schedule": "Schedule",
                        },
                    ),
                    {
                        "type": "entities",
                        "entities": [
                            {"entity": entity, "name": day.capitalize()}
                            for day in DAYS
                            if (
                                entity := entities.get(
                                    "heater", f"{zone}.schedule_{day}"
                                )
                            )
                        ],
                    },
                ],
            )
            for zone, (name, icon) in ZONES.items()
        ],
    }


def _section(name: str, icon: str, cards: list[Card]) -> Json:
    heading = {"type": "heading", "heading": name, "icon": icon}
    return {"type": "grid", "cards": [heading, *cards]}


def _tiles(
    entities: Entities, device: str, names: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    for point, name in names.items():
        if entity := entities.get(device, point):
            yield {"type": "tile", "entity": entity, "name": name}
