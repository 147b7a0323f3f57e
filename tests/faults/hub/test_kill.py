"""A hub that is killed at any moment keeps every entry that it acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
import itertools
from pathlib import Path
import random
import time

import aiohttp
import msgspec
import pytest

from demo.hub import Hub
from demo.process import free_port
from hearthward.lifelog import Lifelog
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Entry, EntryKind
from hearthward.model.stream import Entries, Resumed, Snapshot, StreamMessage

CYCLES = 25
PRODUCERS = 4
ENTITIES = [f"sensor.load_{number}" for number in range(PRODUCERS)]

# Seconds of load before a kill: from none at all to several commits of a checkpoint.
LOAD = (0.0, 0.4)

PATIENCE = 60.0


@dataclass(slots=True)
class Witness:
    """What the hub said to its clients over all its lives."""

    hub: Hub
    token: str
    acknowledged: list[tuple[str, float]] = field(default_factory=list)
    open: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    received: list[Entry] = field(default_factory=list)
    snapshots: int = 0
    # A clock that can be right, one second for each state; all of them are past.
    clock: itertools.count[int] = field(
        default_factory=lambda: itertools.count(int(time.time()) - 10_000_000)
    )

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        return {"Authorization": f"Bearer {self.token}"}

    async def produce(self, entity: str) -> None:
        """Post states until the hub is gone; what it did not acknowledge is posted again."""
        async with aiohttp.ClientSession(headers=self.headers) as session:
            while True:
                states = self.open.setdefault(entity, self._states(entity))
                async with session.post(
                    f"{self.hub.url}/api/v1/homeassistant/states", json=states
                ) as response:
                    assert response.status == 200, await response.text()
                del self.open[entity]
                self.acknowledged.extend((entity, ts) for ts in _times(states))

    def _states(self, entity: str) -> list[dict[str, object]]:
        return [
            {"entity_id": entity, "state": str(ts), "ts": float(ts)}
            for ts in itertools.islice(self.clock, random.randint(1, 20))
        ]

    async def listen(self) -> None:
        """Follow the stream until the hub is gone; resume where the last one ended."""
        after = {"after": self.received[-1].seq} if self.received else {}
        async with (
            aiohttp.ClientSession(headers=self.headers) as session,
            session.ws_connect(f"{self.hub.url}/api/v1/stream", params=after) as stream,
        ):
            while True:
                self._take(await stream.receive_str())

    def _take(self, text: str) -> None:
        match msgspec.json.decode(text, type=StreamMessage):
            case Snapshot():
                self.snapshots += 1
            case Resumed(seq=seq):
                assert seq == self.received[-1].seq
            case Entries(entries=entries):
                self.received.extend(entries)

    async def load(self, seconds: float) -> None:
        """Produce and listen, and kill the hub in the middle of it."""
        tasks = [
            asyncio.create_task(work)
            for work in (self.listen(), *(self.produce(name) for name in ENTITIES))
        ]
        async with asyncio.timeout(PATIENCE):
            while not self.received:
                await asyncio.sleep(0.01)
        await asyncio.sleep(seconds)
        await self.hub.kill()
        async with asyncio.timeout(PATIENCE):
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            # Anything but a broken connection is a finding.
            assert isinstance(result, aiohttp.ClientError | aiohttp.WSMessageTypeError)


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[Witness]:
    """Run a hub that may see the entities of the load."""
    hub = Hub(tmp_path / "data", free_port())
    token = await hub.run("key", "create", "--name", "load", "--role", "service")
    await hub.start()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.put(
            f"{hub.url}/api/v1/exposed", json={"entities": ENTITIES}
        ) as response,
    ):
        assert response.status == 200
    try:
        yield Witness(hub, token)
    finally:
        with suppress(ProcessLookupError):
            await hub.kill()


async def test_nothing_acknowledged_is_lost_or_doubled(witness: Witness) -> None:
    """Kill the hub again and again under load, then compare what it said with what it has."""
    random.seed(2)
    for _ in range(CYCLES):
        await witness.load(random.uniform(*LOAD))
        await witness.hub.start()
    await catch_up(witness)
    await witness.hub.stop()

    store = SqliteStore(witness.hub.directory / "lifelog.db")
    async with Lifelog(store, "home") as lifelog:
        entries = await lifelog.read(0, lifelog.last + 1)
        assert (await lifelog.verify()).problem is None
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))

    stored = [
        (entry.point, entry.ts)
        for entry in entries
        if entry.kind is EntryKind.STATE and entry.device == "homeassistant"
    ]
    assert len(stored) == len(set(stored))
    unknown = {
        (entity, ts) for entity in witness.open for ts in _times(witness.open[entity])
    }
    assert set(witness.acknowledged) <= set(stored)
    assert set(stored) <= set(witness.acknowledged) | unknown

    first = witness.received[0].seq
    assert witness.snapshots == 1
    assert witness.received == entries[first - 1 :]


def _times(states: list[dict[str, object]]) -> list[float]:
    return [float(str(state["ts"])) for state in states]


async def catch_up(witness: Witness) -> None:
    """Listen until the stream has told of everything."""
    last = (await witness.hub.get("snapshot", witness.token))["seq"]
    listening = asyncio.create_task(witness.listen())
    async with asyncio.timeout(PATIENCE):
        while witness.received[-1].seq < last:
            await asyncio.sleep(0.05)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def test_a_first_start_can_be_killed(tmp_path: Path) -> None:
    """Wherever the making of the data folder was cut short, the next start completes it."""
    random.seed(3)
    for number in range(6):
        hub = Hub(tmp_path / str(number), free_port())
        hub.directory.mkdir()
        await hub.process.start()
        await asyncio.sleep(random.uniform(0.2, 1.5))
        await hub.kill()
        token = await hub.run("key", "create", "--name", "x", "--role", "admin")
        await hub.start()
        assert (await hub.get("hub", token))["home"] == "home"
        await hub.stop()
