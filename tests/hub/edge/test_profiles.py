"""Profiles: what files may say, how mistakes are told, and payloads from the field."""

from pathlib import Path
import time
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from hearthward import cli
from hearthward.edge import profiles
from hearthward.edge.parcel import DecodeError, Parcel
from hearthward.edge.profiles import moko
from hearthward.model.command import CommandBody
from hearthward.model.device import Device, DeviceStatus, PointKind
from hearthward.model.message import (
    CommandMessage,
    CommandRequest,
    Event,
    Hello,
    State,
    UpMessage,
)

OURS = Path(profiles.__file__).parent

SMALL = """\
profile: small
description: A test
device: "{device}"
topics:
  - topic: small/{device}
    carries: state
"""


class Bench:
    """Profiles and the registry that they look into."""

    def __init__(self, folder: Path) -> None:
        """Load the profiles."""
        self.devices: dict[str, Device] = {}
        self.profiles = profiles.load(folder, self.devices.get)

    def say(self, profile: str, topic: str, payload: object) -> list[UpMessage]:
        """Decode a payload; the registry hears of the devices in it."""
        raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        messages = self.profiles[profile].decode(
            Parcel(
                adapter="mqtt",
                address=topic,
                payload=raw,
                received=time.time(),
                profile=profile,
            )
        )
        for message in messages:
            if isinstance(message, Hello):
                body = message.body
                self.devices[message.device] = Device(
                    id=message.device,
                    name=body.name,
                    status=DeviceStatus.ACTIVE,
                    adapter=body.adapter,
                    address=body.address,
                    points=body.points,
                )
        return messages

    def tell(self, profile: str, device: str, point: str, value: Any) -> Any:
        """Encode a command."""
        return self.profiles[profile].encode(
            CommandMessage(
                device=device,
                ts=1_790_000_000.0,
                id="c1",
                body=CommandRequest(point=point, body=CommandBody(value=value)),
            )
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return the profiles that come with the hub."""
    return Bench(tmp_path)


def values(messages: list[UpMessage]) -> dict[str, float | str | None]:
    """Return what the observations in messages say."""
    return {
        seen.point: seen.text if seen.value is None else seen.value
        for message in messages
        if isinstance(message, State)
        for seen in message.body.observations
    }


@pytest.mark.parametrize(
    "file", sorted(OURS.glob("*.yaml")), ids=lambda file: file.stem
)
def test_a_profile_is_what_the_schema_says(file: Path) -> None:
    """Ours are valid, by the schema that others check theirs with, and named as their file."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.validate(content, profiles.schema())
    assert content["profile"] == file.stem


def test_a_new_stack_is_a_new_file(tmp_path: Path) -> None:
    """A file in the data folder is enough, and replaces one of the same name."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "paku.yaml").write_text(SMALL.replace("small", "paku"))
    bench = Bench(tmp_path)
    assert values(bench.say("small", "small/shed", {"heat": 21.5})) == {"heat": 21.5}
    assert values(bench.say("paku", "paku/shed", {"heat": 21.5})) == {"heat": 21.5}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("carries: state", "carries: stat"),
            "line 6, topics[0].carries: invalid enum",
        ),
        (
            ("carries: state", "carries: state\n    qos: 1"),
            "line 7, topics[0].qos: there",
        ),
        (("description: A test\n", ""), "line 1: object missing required field"),
        (("small/{device}\n", "small/{device\n"), "must be {name} alone"),
        (("small/{device}\n", "'{base}/{device}'\n"), "the profile has no `base`"),
        (("carries: state", "carries: [state"), "correct the YAML"),
        (("profile: small", "profile: Small!"), "line 1, profile: expected"),
    ],
)
def test_a_mistake_is_named(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: tuple[str, str],
    told: str,
) -> None:
    """File, line and field; and the hub goes on with the others."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.replace(*change))
    found = profiles.load(tmp_path)
    assert "small" not in found
    assert "paku" in found
    assert str(file) in caplog.text
    assert told in caplog.text


def test_a_device_introduces_itself_by_what_it_says(bench: Bench) -> None:
    """The first message makes the hello; a new reading extends it; nothing else repeats it."""
    topic = "paku/sensors/ruuvi_cabin/data"
    first = {
        "timestamp": "2026-01-01T00:00:00Z",
        "location": "cabin",
        "metrics": {"temperature_c": 20},
    }
    [hello, _] = bench.say("paku", topic, first)
    assert isinstance(hello, Hello)
    assert (hello.body.area, [point.id for point in hello.body.points]) == (
        "cabin",
        ["temperature"],
    )
    assert not any(isinstance(each, Hello) for each in bench.say("paku", topic, first))
    more = first | {"metrics": {"temperature_c": 20, "battery_mv": 2870}}
    [hello, _] = bench.say("paku", topic, more)
    assert isinstance(hello, Hello)
    assert {point.id for point in hello.body.points} == {
        "temperature",
        "battery_voltage",
    }


def test_a_restart_forgets_no_point(bench: Bench, tmp_path: Path) -> None:
    """What the registry knows of a device stays, though only some of it is told again."""
    topic = "paku/sensors/ruuvi_cabin/data"
    full = {"metrics": {"temperature_c": 20, "humidity_percent": 40}}
    bench.say("paku", topic, full)
    again = Bench(tmp_path)
    again.devices.update(bench.devices)
    messages = again.say("paku", topic, {"metrics": {"pressure_hpa": 1000}})
    assert isinstance(messages[0], Hello)
    assert {point.id for point in messages[0].body.points} == {
        "temperature",
        "humidity",
        "pressure",
    }


def test_an_ecoflow_power_station(bench: Bench) -> None:
    """EcoFlow's own names, and the flat summary for displays."""
    quota = {
        "bmsMaster.soc": 81,
        "pd.wattsInSum": 120,
        "inv.outTemp": 31,
        "bmsMaster.vol": 53200,
    }
    seen = values(bench.say("paku", "paku/power/ecoflow/data", {"metrics": quota}))
    assert seen["battery"] == 81
    assert seen["power_in"] == 120
    summary = {"soc": 80, "solar_w": 210, "watts_out": 35}
    messages = bench.say("paku", "paku/ecoflow/R351/power", summary)
    assert values(messages) == {"battery": 80, "solar_power": 210, "power_out": 35}
    assert messages[0].device == "ecoflow_r351"


DEVICES = [
    {
        "friendly_name": "Küche/Lampe",
        "ieee_address": "0x00158d0001",
        "definition": {
            "vendor": "IKEA",
            "model": "LED1624G9",
            "exposes": [
                {
                    "type": "light",
                    "features": [
                        {
                            "type": "binary",
                            "name": "state",
                            "property": "state",
                            "value_on": "ON",
                            "value_off": "OFF",
                            "access": 7,
                        },
                        {
                            "type": "numeric",
                            "name": "brightness",
                            "property": "brightness",
                            "value_min": 0,
                            "value_max": 254,
                            "access": 7,
                        },
                        {
                            "type": "composite",
                            "name": "color_xy",
                            "property": "color",
                            "features": [
                                {
                                    "type": "numeric",
                                    "name": "x",
                                    "property": "x",
                                    "access": 7,
                                }
                            ],
                        },
                    ],
                },
                {
                    "type": "enum",
                    "name": "effect",
                    "property": "effect",
                    "values": ["blink", "okay"],
                    "access": 2,
                },
                {
                    "type": "numeric",
                    "name": "linkquality",
                    "property": "linkquality",
                    "unit": "lqi",
                    "access": 1,
                },
            ],
        },
    },
    {
        "friendly_name": "lock",
        "definition": {
            "exposes": [
                {
                    "type": "lock",
                    "features": [
                        {
                            "type": "binary",
                            "name": "state",
                            "property": "state",
                            "value_on": "LOCK",
                            "value_off": "UNLOCK",
                            "access": 7,
                        }
                    ],
                },
                {
                    "type": "binary",
                    "name": "contact",
                    "property": "contact",
                    "value_on": False,
                    "value_off": True,
                    "access": 1,
                },
            ]
        },
    },
]


def test_zigbee2mqtt_describes_its_devices(bench: Bench) -> None:
    """What a device exposes are its points, with their limits and words."""
    hellos = bench.say("zigbee2mqtt", "zigbee2mqtt/bridge/devices", DEVICES)
    lamp = hellos[0]
    assert isinstance(lamp, Hello)
    points = {point.id: point for point in lamp.body.points}
    assert {name: point.kind for name, point in points.items()} == {
        "state": PointKind.SWITCH,
        "brightness": PointKind.NUMBER,
        "effect": PointKind.SELECT,
        "linkquality": PointKind.SENSOR,
    }
    assert (points["brightness"].min, points["brightness"].max) == (0, 254)
    assert points["effect"].options == ("blink", "okay")
    assert (lamp.body.manufacturer, lamp.body.name) == ("IKEA", "Küche/Lampe")


def test_zigbee2mqtt_says_on_in_many_words(bench: Bench) -> None:
    """A lock is on when it is locked, a contact when it is open."""
    bench.say("zigbee2mqtt", "zigbee2mqtt/bridge/devices", DEVICES)
    seen = bench.say(
        "zigbee2mqtt", "zigbee2mqtt/lock", {"state": "LOCK", "contact": True}
    )
    assert values(seen) == {"state": 1.0, "contact": 0.0}


def test_zigbee2mqtt_takes_commands(bench: Bench) -> None:
    """In the device's own words, on its own topic."""
    bench.say("zigbee2mqtt", "zigbee2mqtt/bridge/devices", DEVICES)
    sent = bench.tell("zigbee2mqtt", "küche_lampe", "state", True)
    assert (sent.topic, msgspec.json.decode(sent.payload), sent.confirm) == (
        "zigbee2mqtt/Küche/Lampe/set",
        {"state": "ON"},
        "state",
    )
    sent = bench.tell("zigbee2mqtt", "küche_lampe", "brightness", 100.0)
    assert msgspec.json.decode(sent.payload) == {"brightness": 100.0}
    sent = bench.tell("zigbee2mqtt", "lock", "state", True)
    assert msgspec.json.decode(sent.payload) == {"state": "LOCK"}


def test_a_cane_wraps_commands_in_its_envelope(bench: Bench) -> None:
    """The session of the device comes back to it."""
    bench.say(
        "cane",
        "device/c1/up/control",
        {
            "type": "state",
            "session_id": "s9",
            "msg_id": "1",
            "ts": 1_790_000_000_000,
            "payload": {"light": False},
        },
    )
    sent = bench.tell("cane", "c1", "light", True)
    assert sent.topic == "device/c1/down/control"
    assert msgspec.json.decode(sent.payload) == {
        "version": 1,
        "msg_id": "c1",
        "device_id": "c1",
        "session_id": "s9",
        "seq": 0,
        "ts": 1_790_000_000_000,
        "type": "control",
        "payload": {"name": "light", "value": True},
    }


def test_an_action_is_an_event(bench: Bench) -> None:
    """A button of Zigbee2MQTT tells an action, and then nothing, which is none."""
    messages = bench.say("zigbee2mqtt", "zigbee2mqtt/button", {"action": "single"})
    events = [message for message in messages if isinstance(message, Event)]
    assert [event.body.event for event in events] == ["single"]
    nothing = bench.say("zigbee2mqtt", "zigbee2mqtt/button", {"action": ""})
    assert not any(isinstance(message, Event) for message in nothing)


@pytest.mark.parametrize(
    ("service", "data", "readings"),
    [
        # Advertisements from the tests of theengs/decoder.
        (
            0xFEAB,
            "70000a011201ee0caf03def14635998a",
            {
                "temperature": 27.4,
                "humidity": 49.4,
                "battery": 100,
                "battery_voltage": 3.247,
            },
        ),
        (
            0xFEAB,
            "60000a0100070100ff403ec00bf901f40c93fe3487",
            {"battery": 100, "battery_voltage": 3.065, "acceleration_z": 15.753},
        ),
        (0xFF01, "64000000005085a000f0ffe003", {"battery": 100}),
        (0xFEAA, "00", {}),
    ],
)
def test_moko_frames(service: int, data: str, readings: dict[str, float]) -> None:
    """Frames of real beacons give what their makers say."""
    found = moko.decode_service(service, bytes.fromhex(data))
    assert readings.items() <= found.items()
    assert bool(found) == bool(readings)


def test_a_moko_gateway_forwards_beacons(bench: Bench) -> None:
    """One payload has several beacons; each is a device of its own."""
    frame = bytes.fromhex("70000a011201ee0caf03def14635998a")
    service = b"\x16" + (0xFEAB).to_bytes(2, "little") + frame
    raw = b"\x02\x01\x06" + bytes([len(service)]) + service
    payload = {
        "msg_id": 3070,
        "data": [
            {
                "mac": "c0ffee000001",
                "timestamp": 1_790_000_000_000,
                "adv_data": raw.hex(),
            },
            {
                "mac": "c0ffee000002",
                "timestamp": 1_790_000_000_000,
                "adv_data": "020106",
            },
        ],
    }
    messages = bench.say("moko-gateway", "moko/hall", payload)
    assert values(messages)["temperature"] == 27.4
    assert messages[0].device == "moko_c0ffee000001"


def test_a_cut_off_advertisement_is_told(bench: Bench) -> None:
    """It becomes a dead letter, not a wrong reading."""
    payload = {"msg_id": 3070, "data": [{"mac": "c0ffee000001", "adv_data": "0a16ab"}]}
    with pytest.raises(DecodeError, match="cut off"):
        bench.say("moko-gateway", "moko/hall", payload)


def test_the_published_schema_is_of_today() -> None:
    """docs/api has what `hearthward schema profile` prints."""
    published = Path(__file__).parents[3] / "docs" / "api" / "profile.schema.json"
    printed = msgspec.json.encode(profiles.schema())
    assert msgspec.json.decode(published.read_bytes()) == msgspec.json.decode(printed)


def test_a_file_is_checked_before_the_hub_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hearthward profile` says where it listens, or what is wrong."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    monkeypatch.setattr("sys.argv", ["hearthward", "profile", str(file)])
    cli.main()
    assert "small/+" in capsys.readouterr().out
    file.write_text(SMALL.replace("state", "stat"))
    with pytest.raises(SystemExit):
        cli.main()
    assert "line 6" in capsys.readouterr().err


def test_a_layout_speaks_for_its_own_devices_only(bench: Bench) -> None:
    """Who may write to a topic of sensors is not thereby the heater."""
    bench.devices["heater"] = Device(
        id="heater", name="Heater", status=DeviceStatus.ACTIVE, adapter="mqtt"
    )
    with pytest.raises(DecodeError, match="heater") as caught:
        bench.say("paku", "paku/van/heater/data", {"metrics": {"temperature": 20.5}})
    assert caught.value.reason == "not_permitted"
    for value in (20.5, 21.5):
        said = bench.say(
            "paku", "paku/van/stove/data", {"metrics": {"temperature": value}}
        )
        assert isinstance(said[-1], State)


def test_names_without_an_end_fill_no_memory(bench: Bench) -> None:
    """A device offers as many points as any other may, however many names it makes up."""
    found: list[UpMessage] = []
    for part in range(4):
        metrics = {f"made_up_{part}_{number}": 1.0 for number in range(600)}
        found += bench.say("paku", "paku/van/liar/data", {"metrics": metrics})
    hellos = [message for message in found if isinstance(message, Hello)]
    assert max(len(each.body.points) for each in hellos) <= 1_000


def test_a_payload_nested_without_an_end_is_told_so(bench: Bench) -> None:
    """It is bad JSON, not a failure of the profile."""
    with pytest.raises(DecodeError) as caught:
        bench.say("paku", "paku/van/liar/data", b"[" * 100_000)
    assert caught.value.reason == "invalid_json"
