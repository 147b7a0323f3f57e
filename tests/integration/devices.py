"""The devices of the tests, as their firmware introduces them to the hub."""

from collections.abc import Iterator
from typing import Any

from hearthward.model.device import Point, PointCategory, PointKind, Zone
from hearthward.model.message import HelloBody

HEATER = "heater"
CARE_BUTTON = "care-button"
SENSOR_NODE = "sensor-node"
LAMP = "lamp"

MAC = "02:00:00:00:00:{:02x}"

CELSIUS = "°C"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DIAGNOSTIC = PointCategory.DIAGNOSTIC
CONFIG = PointCategory.CONFIG

HEATER_EVENTS = (
    "tripped",
    "trip_reset",
    "reset_refused",
    "sensor_lost",
    "sensor_restored",
    "frost_protection",
    "valve_exercise",
    "valve_stuck",
    "heat_dump",
    "clock_lost",
    "clock_restored",
    "schedule_rejected",
)


ZONE_EVENTS = (
    "tripped",
    "sensor_lost",
    "sensor_restored",
    "frost_protection",
    "valve_exercise",
    "valve_stuck",
    "schedule_rejected",
    "boost_ended",
    "autotune_done",
    "autotune_failed",
)


def point(
    kind: PointKind, object_id: str, zone: str | None = None, **fields: Any
) -> Point:
    """Return a point with the id and name that the hub gives it."""
    return Point(
        id=f"{zone}.{object_id}" if zone else object_id,
        kind=kind,
        name=object_id.replace("_", " ").capitalize(),
        object_id=object_id,
        zone=zone,
        **fields,
    )


def _temperature(object_id: str, zone: str | None = None) -> Point:
    return point(
        PointKind.SENSOR,
        object_id,
        zone,
        device_class="temperature",
        state_class="measurement",
        unit=CELSIUS,
        precision=1,
    )


def _number(object_id: str, zone: str | None, maximum: float, unit: str) -> Point:
    return point(
        PointKind.NUMBER,
        object_id,
        zone,
        category=CONFIG,
        unit=unit,
        device_class="temperature" if unit == CELSIUS else "duration",
        min=5,
        max=maximum,
        step=0.5 if unit == CELSIUS else 5,
        mode="box",
    )


def _percent(object_id: str, zone: str | None = None, **fields: Any) -> Point:
    return point(
        PointKind.SENSOR,
        object_id,
        zone,
        unit="%",
        state_class="measurement",
        precision=0,
        **fields,
    )


def _problem(object_id: str, zone: str | None = None) -> Point:
    return point(PointKind.BINARY_SENSOR, object_id, zone, device_class="problem")


def zone_points(zone: str, *sensors: str) -> Iterator[Point]:
    """Yield what a zone of the heater offers."""
    yield point(
        PointKind.CLIMATE,
        "zone",
        zone,
        min=5,
        max=85 if zone == "hot_water" else 35,
        step=0.5,
        modes=("off", "heat"),
        presets=("eco", "normal", "boost"),
    )
    for sensor in sensors:
        yield _temperature(f"{sensor}_temperature", zone)
    yield _percent("heating_demand", zone, category=DIAGNOSTIC)
    yield _percent("valve_position", zone, category=DIAGNOSTIC)
    yield point(PointKind.SENSOR, "next_event", zone, device_class="timestamp")
    yield point(PointKind.SENSOR, "next_preset", zone)
    yield point(PointKind.SENSOR, "sensor_state", zone, category=DIAGNOSTIC)
    yield _problem("sensor_problem", zone)
    yield _problem("valve_problem", zone)
    yield point(PointKind.BINARY_SENSOR, "frost_protection", zone)
    for preset in ("eco", "normal", "boost"):
        yield _number(f"{preset}_temperature", zone, 35, CELSIUS)
    yield _number("boost_duration", zone, 480, "min")
    yield _number("preheat_lead", zone, 240, "min")
    yield _number("temperature_limit", zone, 50, CELSIUS)
    yield point(PointKind.BUTTON, "autotune", zone, category=CONFIG)
    yield point(PointKind.EVENT, "activity", zone, options=ZONE_EVENTS)
    yield point(PointKind.SWITCH, "schedule", zone, category=CONFIG)
    for day in DAYS:
        yield point(
            PointKind.TEXT,
            f"schedule_{day}",
            zone,
            category=CONFIG,
            max_length=200,
            mode="text",
        )


ZONES = (
    Zone(id="living_room", name="Living room"),
    Zone(id="hot_water", name="Hot water"),
)

NODE_POINTS = (
    point(PointKind.BINARY_SENSOR, "burner", device_class="running"),
    point(PointKind.BINARY_SENSOR, "pump", device_class="running"),
    point(PointKind.BINARY_SENSOR, "heat_dump", device_class="running"),
    _problem("tripped"),
    _problem("sensor_problem"),
    point(PointKind.BINARY_SENSOR, "clock_valid", category=DIAGNOSTIC),
    _percent("burner_power"),
    _temperature("coolant_temperature"),
    point(
        PointKind.SENSOR,
        "flow_rate",
        device_class="volume_flow_rate",
        state_class="measurement",
        unit="L/min",
        precision=1,
    ),
    _percent("fan_speed", category=DIAGNOSTIC),
    point(
        PointKind.SENSOR,
        "uptime",
        category=DIAGNOSTIC,
        device_class="duration",
        enabled_by_default=False,
        state_class="total_increasing",
        unit="s",
        precision=0,
    ),
    point(PointKind.SENSOR, "burner_state"),
    point(PointKind.SENSOR, "trip_reason"),
    point(PointKind.SENSOR, "flow_sensor", category=DIAGNOSTIC),
    point(PointKind.BUTTON, "reset_trip"),
    point(PointKind.BUTTON, "calibrate_flow", category=CONFIG),
    point(PointKind.SWITCH, "heating"),
    point(PointKind.EVENT, "heater", options=HEATER_EVENTS),
    _number("coolant_limit", None, 95, CELSIUS),
)
LIVING_ROOM_POINTS = tuple(zone_points("living_room", "air", "floor"))
HOT_WATER_POINTS = tuple(zone_points("hot_water", "water"))


def heater(**changes: Any) -> HelloBody:
    """Return a heater with two zones."""
    fields: dict[str, Any] = {
        "name": "Heater",
        "adapter": "test",
        "address": "192.0.2.10:6053",
        "mac": MAC.format(1),
        "manufacturer": "Hearthward",
        "model": "Hydronic heater",
        "project": "hearthward.heater",
        "version": "0.1.0",
        "zones": ZONES,
        "points": (*NODE_POINTS, *LIVING_ROOM_POINTS, *HOT_WATER_POINTS),
    }
    return HelloBody(**fields | changes)


def care_button() -> HelloBody:
    """Return the care button."""
    return HelloBody(
        name="Care button",
        adapter="test",
        mac=MAC.format(2),
        manufacturer="Hearthward",
        model="Care button",
        project="hearthward.care_button",
        version="0.1.0",
        points=(
            point(
                PointKind.EVENT,
                "button",
                options=("pressed", "cancelled", "cord_pulled", "long_press", "test"),
            ),
            _percent("battery", device_class="battery", category=DIAGNOSTIC),
            point(
                PointKind.BINARY_SENSOR,
                "battery_low",
                device_class="battery",
                category=DIAGNOSTIC,
            ),
            point(PointKind.BINARY_SENSOR, "alarm", device_class="safety"),
            point(PointKind.BUTTON, "acknowledge"),
            point(PointKind.BUTTON, "test", category=CONFIG),
        ),
    )


def sensor_node() -> HelloBody:
    """Return the sensor node."""
    return HelloBody(
        name="Sensor node",
        adapter="test",
        mac=MAC.format(3),
        manufacturer="Hearthward",
        model="Sensor node",
        project="hearthward.sensor_node",
        version="0.1.0",
        points=(
            _temperature("temperature"),
            _percent("humidity", device_class="humidity"),
            _percent("battery", device_class="battery", category=DIAGNOSTIC),
            point(PointKind.BINARY_SENSOR, "motion", device_class="motion"),
            point(PointKind.BINARY_SENSOR, "contact", device_class="door"),
            point(
                PointKind.BINARY_SENSOR,
                "battery_low",
                device_class="battery",
                category=DIAGNOSTIC,
            ),
            point(PointKind.SWITCH, "prevent_sleep", category=CONFIG),
            point(
                PointKind.BINARY_SENSOR,
                "firmware",
                category=DIAGNOSTIC,
                device_class="update",
            ),
            point(PointKind.BUTTON, "restart", category=CONFIG, device_class="restart"),
            point(
                PointKind.SENSOR,
                "wi-fi_signal",
                category=DIAGNOSTIC,
                device_class="signal_strength",
                state_class="measurement",
                unit="dBm",
            ),
        ),
    )


def lamp() -> HelloBody:
    """Return a node with somebody else's firmware, which has all that ours has not."""
    return HelloBody(
        name="Lamp",
        adapter="test",
        zones=(Zone(id="lounge", name="Lounge", area="Lounge"),),
        points=(
            point(
                PointKind.SELECT,
                "effect",
                icon="mdi:creation",
                options=("calm", "lively"),
            ),
            point(PointKind.TIME, "sunrise"),
            point(PointKind.TEXT, "message", max_length=1000, pattern="[a-z]*"),
            # An object id of our own firmware means nothing here.
            point(PointKind.SENSOR, "battery", device_class="voltage", unit="bananas"),
            point(
                PointKind.SENSOR,
                "mood",
                device_class="enum",
                options=("calm", "lively"),
            ),
            point(PointKind.SENSOR, "free_words", device_class="enum"),
            point(PointKind.SENSOR, "started", device_class="timestamp"),
            point(PointKind.SENSOR, "birthday", device_class="date"),
            point(PointKind.NUMBER, "level"),
            point(PointKind.SWITCH, "outlet", device_class="outlet"),
            point(PointKind.BUTTON, "restart", device_class="restart"),
            point(PointKind.EVENT, "knock", options=("once", "twice")),
            point(PointKind.CLIMATE, "fan_heater", modes=("heat", "hover")),
            point(PointKind.SWITCH, "schedule", "lounge"),
        ),
    )


HEATER_STATES: dict[str, object] = {
    "burner": True,
    "pump": True,
    "heat_dump": False,
    "tripped": False,
    "sensor_problem": False,
    "clock_valid": True,
    "burner_power": 80,
    "coolant_temperature": 61.25,
    "flow_rate": 7.5,
    "fan_speed": 40,
    "uptime": 86400,
    "burner_state": "burning",
    "trip_reason": "none",
    "flow_sensor": "armed",
    "heating": True,
    "coolant_limit": 90,
    "living_room.zone": {
        "mode": "heat",
        "action": "heating",
        "preset": "normal",
        "current_temperature": 18.5,
        "target_temperature": 21.0,
    },
    "living_room.air_temperature": 18.5,
    "living_room.floor_temperature": None,
    "living_room.heating_demand": 65,
    "living_room.valve_position": 100,
    "living_room.next_event": "2026-11-21T22:30:00+01:00",
    "living_room.next_preset": "eco",
    "living_room.sensor_state": "ok",
    "living_room.sensor_problem": False,
    "living_room.valve_problem": False,
    "living_room.frost_protection": False,
    "living_room.normal_temperature": 21,
    "living_room.boost_duration": 60,
    "living_room.schedule": True,
    "living_room.schedule_monday": "06:30 normal, 22:30 eco",
    "hot_water.zone": {
        "mode": "off",
        "action": "off",
        "preset": None,
        "current_temperature": 44.0,
        "target_temperature": 55.0,
    },
    "hot_water.next_event": "",
}

LAMP_STATES: dict[str, object] = {
    "effect": "calm",
    "sunrise": "06:30:00",
    "message": "hello",
    "battery": 3.3,
    "mood": "angry",
    "free_words": "anything",
    "started": 1795000000,
    "birthday": "1931-04-05",
    "level": 50,
    "outlet": False,
    "fan_heater": {
        "mode": "hover",
        "action": "levitating",
        "current_temperature": 20.0,
        "target_temperature": 22.0,
    },
}

ALL = {
    HEATER: heater(),
    CARE_BUTTON: care_button(),
    SENSOR_NODE: sensor_node(),
    LAMP: lamp(),
}
