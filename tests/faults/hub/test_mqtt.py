"""Messages that the broker has taken are in the lifelog, once, whoever dies in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
import random
import sqlite3

import aiohttp
import msgspec
import pytest

from demo.broker import Broker
from demo.hub import Hub
from demo.process import free_port
from tests.hub.edge.mqtt.home import NOW
from tests.hub.edge.mqtt.peer import Peer

DEVICES = ("attic", "cellar", "shed")
KILLS = 8
RESTARTS = 3

PATIENCE = 120.0


@dataclass(slots=True)
class Story:
    """What devices told the broker, and what the hub made of it."""

    hub: Hub
    broker: Broker
    token: str
    taken: list[tuple[str, float]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    ending: bool = False

    async def introduce(self) -> None:
        """Let the devices in."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(
            f"{self.hub.url}/api/v1/", headers=headers, raise_for_status=True
        ) as session:
            for device in DEVICES:
                await session.post("messages", data=msgspec.json.encode(_hello(device)))
                await session.post(f"devices/{device}/approve", data=b"{}")

    def begin(self) -> None:
        """Have the devices publish, each message once, until `end`."""
        self.tasks = [asyncio.create_task(self._tell(device)) for device in DEVICES]

    async def end(self) -> None:
        """Let the devices finish what they have begun to tell."""
        self.ending = True
        await asyncio.gather(*self.tasks)

    async def progress(self, more: int) -> None:
        """Wait until the broker has taken more messages."""
        wanted = len(self.taken) + more
        async with asyncio.timeout(PATIENCE):
            while len(self.taken) < wanted:
                assert not any(task.done() for task in self.tasks)
                await asyncio.sleep(0.01)

    async def _tell(self, device: str) -> None:
        async with Peer(self.broker.port, device) as peer:
            count = 0
            while not self.ending:
                count += 1
                seen = {"point": "count", "value": float(count)}
                message = {
                    "type": "state",
                    "device": device,
                    "ts": NOW + count,
                    "id": f"{device}-{count}",
                    "body": {"observations": [seen]},
                }
                await peer.publish(f"hearthward/home/{device}/state", message)
                self.taken.append((device, float(count)))

    def stored(self) -> list[tuple[str, float]]:
        """Return the states in the hub's file."""
        file = f"file:{self.hub.directory / 'lifelog.db'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as connection:
            rows = connection.execute(
                "SELECT device, value FROM entries WHERE kind = 'state' AND point = 'count'"
            )
            return [(str(device), float(value)) for device, value in rows]

    async def check(self) -> None:
        """Find every message that was taken, and none twice."""
        async with asyncio.timeout(PATIENCE):
            while missing := set(self.taken) - set(self.stored()):
                await asyncio.sleep(0.1)
        assert not missing
        stored = self.stored()
        assert len(stored) == len(set(stored))
        verified = await self.hub.run("lifelog", "verify")
        assert verified


@pytest.fixture
async def story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Story]:
    """Run a hub and a broker."""
    broker = Broker(tmp_path / "broker", free_port())
    monkeypatch.setenv(
        "HEARTHWARD_MQTT",
        msgspec.json.encode({"host": "127.0.0.1", "port": broker.port}).decode(),
    )
    hub = Hub(tmp_path / "data", free_port())
    token = await hub.run("key", "create", "--name", "test", "--role", "admin")
    await broker.start()
    await hub.start()
    told = Story(hub, broker, token)
    try:
        await told.introduce()
        yield told
    finally:
        for task in told.tasks:
            task.cancel()
        await hub.stop()
        await broker.stop()


async def test_a_hub_that_is_killed_loses_nothing(story: Story) -> None:
    """What it had not acknowledged, the broker gives it again; what it had, it knows."""
    story.begin()
    for _ in range(KILLS):
        await story.progress(random.randint(1, 150))
        await story.hub.kill()
        await story.progress(random.randint(1, 50))
        await story.hub.start()
    await story.progress(50)
    await story.end()
    await story.check()


async def test_a_broker_that_restarts_loses_nothing(story: Story) -> None:
    """Its sessions are kept, and the devices send again what it had not taken."""
    story.begin()
    for _ in range(RESTARTS):
        await story.progress(random.randint(1, 150))
        await story.broker.stop()
        await story.broker.start()
    await story.progress(50)
    await story.end()
    await story.check()


def _hello(device: str) -> dict[str, object]:
    point = {"id": "count", "object_id": "count", "kind": "sensor", "name": "Count"}
    body = {"name": device, "points": [point]}
    return {"type": "hello", "device": device, "ts": NOW, "body": body}
