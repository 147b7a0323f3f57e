"""Nothing is lost while the lifelog cannot be written."""

import asyncio
import sqlite3
import time

import pytest

from hearthward.edge.outbox import Outbox
from hearthward.model.entry import EntryKind
from hearthward.model.message import Event, EventBody, Observation, State, StateBody

from .full import full
from .home import PATIENCE, Home, NodeProcess


async def test_lifelog_away(
    home: Home, node: NodeProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """Events and the newest states wait until the database is free again."""
    await home.add(node.port)
    lifelog = home.parts.lifelog
    outbox = Outbox(home.parts.gateway, retry=0.05)
    running = asyncio.create_task(outbox.run())
    file = home.parts.settings.data_dir / "lifelog.db"
    now = time.time()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for number in range(1_500):
        seen = Observation(point="hot_water.setpoint", value=float(number))
        outbox.put(
            State(
                device="all-kinds",
                ts=now + number / 1000,
                body=StateBody(observations=(seen,)),
            )
        )
        if number % 500 == 0:
            event = EventBody(point="bell", event="pressed")
            outbox.put(Event(device="all-kinds", ts=1.0, id=f"e{number}", body=event))
        await asyncio.sleep(0)
    # SQLite gives up after its busy timeout; then the outbox keeps what it has.
    while caplog.text.count("States and events wait") < 2:
        await asyncio.sleep(0.05)
    assert "locked" in (lifelog.failure or "")
    holder.execute("ROLLBACK")
    holder.close()
    await outbox.flush()
    assert lifelog.failure is None
    events = await home.entries(EntryKind.EVENT, "all-kinds", "bell")
    assert len(events) == 3
    states = await home.entries(EntryKind.STATE, "all-kinds", "hot_water.setpoint")
    # The node said 55 after its start; then the newest of ours, however many were kept.
    assert [states[0].value, states[-1].value] == [55.0, 1499.0]
    assert len(states) < 1_500
    # What was stored together keeps the time at which each was heard.
    assert states[-1].ts == now + 1_499 / 1000
    running.cancel()


async def test_an_alarm_passes_what_waits(
    home: Home, node: NodeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk, which has room for alarms alone, readings wait and a call does not."""
    await home.add(node.port)
    lifelog = home.parts.lifelog
    outbox = Outbox(home.parts.gateway, retry=0.05)
    running = asyncio.create_task(outbox.run())
    async with full(lifelog, monkeypatch):
        seen = Observation(point="hot_water.setpoint", value=41.0)
        body = StateBody(observations=(seen,))
        outbox.put(State(device="all-kinds", ts=time.time(), body=body))
        await asyncio.sleep(0.1)
        event = EventBody(point="bell", event="pressed")
        outbox.put(Event(device="all-kinds", ts=time.time(), id="e1", body=event))
        async with asyncio.timeout(PATIENCE):
            while not await home.entries(EntryKind.EVENT, "all-kinds", "bell"):
                await asyncio.sleep(0.05)
        states = await home.entries(EntryKind.STATE, "all-kinds", "hot_water.setpoint")
        assert [state.value for state in states] == [55.0]
    await outbox.flush()
    states = await home.entries(EntryKind.STATE, "all-kinds", "hot_water.setpoint")
    assert [state.value for state in states] == [55.0, 41.0]
    running.cancel()


async def test_duplicates(home: Home, node: NodeProcess) -> None:
    """A message that comes again with its id is taken once."""
    await home.add(node.port)
    gateway = home.parts.gateway
    event = Event(
        device="all-kinds",
        ts=time.time(),
        id="message-1",
        body=EventBody(point="bell", event="pressed", data={"by": "cord"}),
    )
    await gateway.receive([event, event])
    await gateway.receive([event])
    [entry] = await home.entries(EntryKind.EVENT, "all-kinds", "bell")
    assert (entry.text, entry.body) == ("pressed", {"by": "cord"})


async def test_not_let_in(home: Home, node: NodeProcess) -> None:
    """What strangers say, or say of points they do not have, is not kept."""
    await home.add(node.port)
    gateway = home.parts.gateway
    last = home.parts.lifelog.last
    seen = StateBody(observations=(Observation(point="nothing", value=1.0),))
    await gateway.receive(
        [
            State(device="all-kinds", ts=1.0, body=seen),
            State(device="stranger", ts=1.0, body=seen),
            Event(
                device="all-kinds", ts=1.0, body=EventBody(point="level", event="odd")
            ),
            Event(device="stranger", ts=1.0, body=EventBody(point="a", event="b")),
        ]
    )
    assert home.parts.lifelog.last == last
