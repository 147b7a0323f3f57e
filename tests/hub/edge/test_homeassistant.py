"""Home Assistant's entities as points: what becomes of what it says."""

import time
from typing import Any

import pytest

from hearthward.model.deadletter import DeadLetterQuery, Reason
from hearthward.model.device import Point, PointKind
from hearthward.model.entry import EntryKind, EntryQuery
from hearthward.model.homeassistant import EntityState
from hearthward.model.message import Observation
from tests.hub.conftest import Hub

from .full import full


async def choose(hub: Hub, *entities: str) -> None:
    """Let the hub see entities."""
    await hub.parts.exposed.choose(entities, "test")


def told(
    entity: str,
    state: str,
    ts: float = 1_790_000_000.0,
    area: str | None = None,
    **attributes: object,
) -> EntityState:
    """Return what Home Assistant says."""
    return EntityState(
        entity_id=entity, state=state, ts=ts, area=area, attributes=attributes
    )


def point(hub: Hub, entity: str) -> Point:
    """Return the point that an entity is."""
    device = hub.parts.registry.require("homeassistant")
    return next(each for each in device.points if each.id == entity)


def seen(hub: Hub, entity: str) -> Observation | None:
    """Return what the hub believes of an entity."""
    state = hub.parts.lifelog.state("homeassistant", entity)
    if state is None:
        return None
    return Observation(
        point=entity, value=state.value, text=state.text, body=state.body
    )


async def test_an_entity_describes_its_point(hub: Hub) -> None:
    """Name, class and unit are the point's; its area is its room."""
    await choose(hub, "sensor.bath")
    await hub.parts.homeassistant.post(
        [
            told(
                "sensor.bath",
                "21.5",
                area="Bathroom",
                friendly_name="Bath temperature",
                device_class="temperature",
                state_class="measurement",
                unit_of_measurement="°C",
                linkquality=80,
            )
        ]
    )
    found = point(hub, "sensor.bath")
    assert (found.name, found.device_class, found.unit, found.zone) == (
        "Bath temperature",
        "temperature",
        "°C",
        "Bathroom",
    )
    device = hub.parts.registry.require("homeassistant")
    assert [zone.area for zone in device.zones] == ["Bathroom"]
    assert (device.adapter, device.status.value) == ("homeassistant", "active")
    expected = Observation(
        point="sensor.bath", value=21.5, body={"attributes": {"linkquality": 80}}
    )
    assert seen(hub, "sensor.bath") == expected


@pytest.mark.parametrize(
    ("entity", "state", "kind", "value", "text"),
    [
        ("binary_sensor.door", "on", PointKind.BINARY_SENSOR, 1.0, None),
        ("light.hall", "off", PointKind.BINARY_SENSOR, 0.0, None),
        ("switch.plug", "unavailable", PointKind.BINARY_SENSOR, None, None),
        ("sensor.count", "12", PointKind.SENSOR, 12.0, None),
        ("sensor.word", "charging", PointKind.SENSOR, None, "charging"),
        ("sensor.none", "unknown", PointKind.SENSOR, None, None),
        ("sensor.strange", "nan", PointKind.SENSOR, None, "nan"),
        ("person.ada", "home", PointKind.SENSOR, None, "home"),
        ("weather.home", "snowy", PointKind.SENSOR, None, "snowy"),
    ],
)
async def test_states_become_values_words_or_unknown(
    hub: Hub,
    entity: str,
    state: str,
    kind: PointKind,
    value: float | None,
    text: str | None,
) -> None:
    """On and off are numbers, numbers are numbers, the rest is words."""
    await choose(hub, entity)
    await hub.parts.homeassistant.post([told(entity, state)])
    assert point(hub, entity).kind is kind
    assert seen(hub, entity) == Observation(point=entity, value=value, text=text)


async def test_units_and_ranges_are_the_gateways(hub: Hub) -> None:
    """A unit that changes is converted to the one of the history; nonsense is not believed."""
    await choose(hub, "sensor.bath")
    fields: dict[str, Any] = {
        "device_class": "temperature",
        "unit_of_measurement": "°C",
    }
    post = hub.parts.homeassistant.post
    await post([told("sensor.bath", "20", **fields)])
    fields["unit_of_measurement"] = "°F"
    await post([told("sensor.bath", "69.8", ts=1_790_000_600.0, **fields)])
    found = seen(hub, "sensor.bath")
    assert found is not None
    assert found.value == pytest.approx(21.0)
    assert point(hub, "sensor.bath").unit == "°C"
    await post([told("sensor.bath", "99999", ts=1_790_001_200.0, **fields)])
    assert seen(hub, "sensor.bath") == Observation(point="sensor.bath")


async def history(hub: Hub) -> list[float | None]:
    """Return what the lifelog holds of Home Assistant, in its order."""
    query = EntryQuery(kind=EntryKind.STATE, device="homeassistant")
    entries = (await hub.parts.lifelog.history(query)).entries
    return [entry.value for entry in sorted(entries, key=lambda entry: entry.seq)]


async def reasons(hub: Hub) -> list[Reason]:
    """Return why something was set aside."""
    page = await hub.parts.dead_letters.page(DeadLetterQuery())
    return [letter.reason for letter in page.letters]


async def test_a_step_must_be_confirmed(hub: Hub) -> None:
    """A spike is set aside and leaves the point unknown; hours later nothing is a spike."""
    await choose(hub, "sensor.bath")
    now = time.time() - 86400
    for after, value in (
        (0, 20),
        (2, 85),
        (4, 20.5),
        (7204, 60),
        (7206, 20),
        (7207, 20.5),
    ):
        state = told(
            "sensor.bath",
            str(value),
            ts=now + after,
            device_class="temperature",
            unit_of_measurement="°C",
        )
        # Told twice, as after an answer that got lost: that confirms nothing.
        for _ in range(2):
            await hub.parts.homeassistant.post([state])
    assert await history(hub) == [20, None, 20.5, 60, None, 20.5]
    assert await reasons(hub) == [Reason.IMPLAUSIBLE_RATE] * 4


async def test_what_nothing_replaces_still_stands(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant tells changes alone: a step after which it is silent was true."""
    await choose(hub, "sensor.bath", "sensor.other")
    now = time.time() - 60
    fields = {"device_class": "temperature", "unit_of_measurement": "°C"}
    post = hub.parts.homeassistant.post
    await post([told("sensor.bath", "20", ts=now, **fields)])
    await post([told("sensor.bath", "85", ts=now + 1, **fields)])
    await post([told("sensor.other", "1", ts=now + 2)])
    assert await history(hub) == [20, None, 1]
    monkeypatch.setattr("hearthward.edge.doubts._STANDS", 0.0)
    assert await post([told("sensor.other", "2", ts=now + 3)]) == 1
    assert await history(hub) == [20, None, 1, 2, 85]
    # Once and for all.
    await post([told("sensor.other", "3", ts=now + 4)])
    assert await history(hub) == [20, None, 1, 2, 85, 3]
    # A spike that was replaced is none that stands.
    soon = time.time()
    await post([told("sensor.bath", "20", ts=soon + 1, **fields)])
    await post([told("sensor.bath", "85.5", ts=soon + 2, **fields)])
    await post([told("sensor.other", "4", ts=soon + 3)])
    assert (await history(hub))[6:] == [None, 85.5, 4]


async def test_an_alarm_does_not_wait_for_what_still_stands(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk, which has room for alarms alone."""
    await choose(hub, "sensor.bath", "binary_sensor.smoke")
    now = time.time() - 60
    fields = {"device_class": "temperature", "unit_of_measurement": "°C"}
    post, lifelog = hub.parts.homeassistant.post, hub.parts.lifelog
    await post([told("binary_sensor.smoke", "off", ts=now, device_class="smoke")])
    await post([told("sensor.bath", "20", ts=now, **fields)])
    await post([told("sensor.bath", "85", ts=now + 1, **fields)])
    async with full(lifelog, monkeypatch):
        monkeypatch.setattr("hearthward.edge.doubts._STANDS", 0.0)
        await post(
            [told("binary_sensor.smoke", "on", ts=now + 2, device_class="smoke")]
        )
        smoke = lifelog.state("homeassistant", "binary_sensor.smoke")
        assert smoke is not None
        assert smoke.value == 1
    # It is told when it can be.
    await post([told("binary_sensor.smoke", "off", ts=now + 3, device_class="smoke")])
    assert (await history(hub))[-3:] == [1, 0, 85]


async def test_a_clock_that_is_off(hub: Hub) -> None:
    """Home Assistant on another machine may be wrong about the time, and what is no time is kept."""
    await choose(hub, "sensor.a", "sensor.b")
    now = time.time()
    await hub.parts.homeassistant.post([told("sensor.a", "1", ts=now + 86400)])
    state = hub.parts.lifelog.state("homeassistant", "sensor.a")
    assert state is not None and state.body is not None
    assert state.ts == pytest.approx(now, abs=60)
    assert state.body["clock"]["said"] == pytest.approx(now + 86400, abs=0.01)
    await hub.parts.homeassistant.post([told("sensor.b", "1", ts=now * 1000)])
    assert hub.parts.lifelog.state("homeassistant", "sensor.b") is None
    assert await reasons(hub) == [Reason.INVALID_TIME]


async def test_an_event_is_told_once(hub: Hub) -> None:
    """Home Assistant tells the last event of an entity again after each start."""
    await choose(hub, "event.bell")
    bell = told(
        "event.bell",
        "2026-09-21T14:13:20+00:00",
        event_type="press",
        event_types=["press", "hold"],
        strength=3,
    )
    await hub.parts.homeassistant.post([bell])
    again = EntityState(
        entity_id=bell.entity_id,
        state=bell.state,
        ts=bell.ts + 3600,
        attributes=bell.attributes,
    )
    await hub.parts.homeassistant.post([again, told("event.bell", "unknown")])
    query = EntryQuery(kind=EntryKind.EVENT, device="homeassistant")
    [entry] = (await hub.parts.lifelog.history(query)).entries
    assert (entry.point, entry.text) == ("event.bell", "press")
    assert entry.ts == 1_790_000_000.0
    assert entry.body == {"attributes": {"strength": 3}}


async def test_a_state_posted_again_is_one_entry(hub: Hub) -> None:
    """What Home Assistant sends again after an answer got lost is there once."""
    await choose(hub, "sensor.a")
    states = [told("sensor.a", str(n), ts=1_790_000_000.0 + n) for n in range(3)]
    for stored in (3, 0):
        assert await hub.parts.homeassistant.post(states) == stored
    query = EntryQuery(kind=EntryKind.STATE, device="homeassistant")
    entries = (await hub.parts.lifelog.history(query)).entries
    assert [entry.value for entry in entries] == [0.0, 1.0, 2.0]


async def test_what_is_not_chosen_any_more_is_gone(hub: Hub) -> None:
    """Its point goes with the next state of another entity; its history stays."""
    await choose(hub, "sensor.a", "sensor.b")
    both = [told("sensor.a", "1"), told("sensor.b", "2")]
    await hub.parts.homeassistant.post(both)
    await choose(hub, "sensor.b")
    await hub.parts.homeassistant.post([told("sensor.b", "3")])
    device = hub.parts.registry.require("homeassistant")
    assert [each.id for each in device.points] == ["sensor.b"]
    assert seen(hub, "sensor.a") is not None


async def test_an_entity_is_not_commanded_here(hub: Hub) -> None:
    """The answer says where it is."""
    await choose(hub, "switch.plug")
    await hub.parts.homeassistant.post([told("switch.plug", "on")])
    status, error = await hub.ask(
        "POST",
        "/api/v1/devices/homeassistant/points/switch.plug/commands",
        body={"value": False},
    )
    assert status == 422
    assert error["error"]
