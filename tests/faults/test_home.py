"""Parts of a whole home are killed, restarted and cut off; it mends itself."""

import asyncio
from datetime import UTC, datetime
import random

import pytest

from demo.entities import Entities
from demo.home_assistant_client import Arrival, HomeAssistantClient
from hearthward.model.command import CommandBody
from tests.node import DirectNode, shows

from .conftest import Frail

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOST = "Lost the connection to"
BACK = "Connected to"
# Silence is noticed after three missed heartbeats, 45 s.
SILENCE = 120
KILLS = 12


async def test_home_assistant_restarts(frail: Frail, entities: Entities) -> None:
    """A restarted Home Assistant shows what the firmware says, without anyone's help."""
    zone = entities("heater", "living_room.zone")
    await frail.client.call_action(
        "climate.set_temperature", {"temperature": 19.5}, entity=zone
    )
    await shows(frail.client, zone, temperature=19.5)
    await frail.stack.home_assistant.stop()
    await frail.stack.home_assistant.start()
    await shows(frail.client, zone, "heat", temperature=19.5)


async def test_hub_is_killed(frail: Frail, entities: Entities) -> None:
    """While the hub is dead nothing is shown as if it were known; then all is back."""
    zone = entities("heater", "living_room.zone")
    before = len(frail.stack.home_assistant.log_lines())
    await frail.stack.hub.kill()
    await shows(frail.client, zone, "unavailable")
    await asyncio.sleep(5)  # several tries to reconnect
    await frail.stack.hub.start()
    await shows(frail.client, zone, "heat")
    assert _said(frail, before) == [LOST, BACK]


async def test_firmware_restarts(frail: Frail, entities: Entities) -> None:
    """A node without power is unavailable, the others are not; it comes back by itself."""
    zone = entities("heater", "living_room.zone")
    battery = entities("care-button", "battery")
    await frail.stack.home.control({"do": "power", "node": "heater", "on": False})
    await shows(frail.client, zone, "unavailable")
    assert frail.client.states[battery]["state"] != "unavailable"
    await frail.stack.home.control({"do": "power", "node": "heater", "on": True})
    await shows(frail.client, zone, "heat", temperature=19.5)


async def test_cables_are_pulled(frail: Frail, entities: Entities) -> None:
    """Cut cables are noticed by the silence on them, and once each is plugged in again."""
    zone = entities("heater", "living_room.zone")
    battery = entities("care-button", "battery")
    before = len(frail.stack.home_assistant.log_lines())
    frail.hub_cable.pull()
    frail.node_cables["heater"].pull()
    await shows(frail.client, battery, "unavailable", timeout=SILENCE)
    frail.hub_cable.plug()
    await frail.client.wait_for_state(
        battery, lambda state: state["state"] != "unavailable", SILENCE
    )
    await shows(frail.client, zone, "unavailable", timeout=SILENCE)
    frail.node_cables["heater"].plug()
    await shows(frail.client, zone, "heat", timeout=SILENCE)
    assert _said(frail, before) == [LOST, BACK]


@pytest.mark.timeout(600)
async def test_hub_is_killed_many_times(frail: Frail, entities: Entities) -> None:
    """Home Assistant sees exactly the events that the log has: no gap, no duplicate."""
    button = entities("care-button", "button")
    token = await frail.stack.hub.run("key", "create", "--name=test", "--role=viewer")
    await shows(frail.client, button)
    start = (await frail.stack.hub.get("snapshot", token))["seq"]
    async with frail.client.subscription(
        "subscribe_events", event_type="state_changed"
    ) as arrivals:
        pressing = asyncio.create_task(_press_for_ever(frail))
        for _ in range(KILLS):
            await _wait_for_an_event(frail.client, button)
            await asyncio.sleep(random.uniform(0, 1))
            await frail.stack.hub.kill()
            await frail.stack.hub.start()
        await _wait_for_an_event(frail.client, button)
        pressing.cancel()
        await asyncio.gather(pressing, return_exceptions=True)

        logged = await _logged(frail, token, start)
        await frail.client.wait_for_state(
            button, lambda state: state["attributes"].get("occurred_at") == logged[-1]
        )
        seen = _seen([arrivals.get_nowait() for _ in range(arrivals.qsize())], button)
    assert len(logged) > KILLS
    assert seen == logged


def _said(frail: Frail, since: int) -> list[str]:
    """Return what the integration logged about its connection, in short."""
    lines = frail.stack.home_assistant.log_lines()[since:]
    return [
        words
        for line in lines
        if "[custom_components.hearthward]" in line
        for words in (LOST, BACK)
        if words in line
    ]


async def _press_for_ever(frail: Frail) -> None:
    """Make one event after the other on the care button."""
    node = await DirectNode.connect(frail.stack.ports.nodes["care-button"])
    while True:
        node.command("test", CommandBody())
        await asyncio.sleep(random.uniform(0.01, 0.1))


async def _wait_for_an_event(client: HomeAssistantClient, entity: str) -> None:
    """Wait until an event newer than the last one arrives."""
    last = client.states[entity]["state"]
    await client.wait_for_state(
        entity, lambda state: state["state"] not in (last, "unavailable", "unknown")
    )


async def _logged(frail: Frail, token: str, start: int) -> list[str]:
    """Return when the care button's events happened, as the log has them."""
    times: list[str] = []
    query: dict[str, str | int] = {"kind": "event", "device": "care-button"}
    cursor: dict[str, str] = {}
    while True:
        page = await frail.stack.hub.get(
            "entries", token, after_seq=start, limit=1000, **query, **cursor
        )
        times += [
            datetime.fromtimestamp(entry["ts"], UTC).isoformat()
            for entry in page["entries"]
        ]
        if "next" not in page:
            return times
        cursor = {"cursor": page["next"]}


def _seen(arrivals: list[Arrival], entity: str) -> list[str]:
    """Return when the events happened that Home Assistant's entity reported.

    An entity that comes back shows its last event again, under the time at which it was
    reported the first time; that is no event.
    """
    reports: list[tuple[str, str]] = []
    for arrival in arrivals:
        state = arrival.event["data"]["new_state"]
        if state is None or state["entity_id"] != entity:
            continue
        occurred_at = state["attributes"].get("occurred_at")
        report = (state["state"], occurred_at)
        if (
            occurred_at
            and state["state"] != "unavailable"
            and report not in reports[-1:]
        ):
            reports.append(report)
    return [occurred_at for _, occurred_at in reports]
