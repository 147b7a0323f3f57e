"""A hub that speaks MQTT, and its broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from msgspec.structs import replace

from demo.broker import Broker
from hearthward.config import MqttSettings, Settings
from hearthward.edge.mqtt.adapter import MqttAdapter
from hearthward.model.device import Device
from hearthward.model.entry import Entry, EntryKind, EntryQuery
from tests.hub.conftest import Hub, running

from .peer import Peer, until

NOW = 1_790_000_000.0


class MqttHome:
    """A hub with a broker."""

    def __init__(self, hub: Hub, broker: Broker, mqtt: MqttAdapter) -> None:
        """Take the parts."""
        self.mqtt = mqtt
        self.hub = hub
        self.parts = hub.parts
        self.broker = broker

    def peer(self, name: str, will: tuple[str, str] | None = None) -> Peer:
        """Return a client of the broker."""
        return Peer(self.broker.port, name, will=will)

    async def introduce(self, peer: Peer, device: str) -> None:
        """Let a device say hello and into the home."""
        await peer.publish(f"hearthward/home/{device}/hello", hello(device))
        await self.admit(device)

    async def admit(self, device: str) -> Device:
        """Approve a device as soon as it is known."""
        await until(lambda: self.parts.registry.get(device) is not None)
        return await self.parts.registry.approve(device, "test")

    async def entries(self, kind: EntryKind, device: str | None = None) -> list[Entry]:
        """Return the entries of a kind in the order of their seqs."""
        query = EntryQuery(kind=kind, device=device, limit=1000)
        page = await self.parts.lifelog.history(query)
        return sorted(page.entries, key=lambda entry: entry.seq)

    async def states(self, device: str, count: int) -> list[Entry]:
        """Wait for the states of a device."""
        async with asyncio.timeout(60):
            while len(found := await self.entries(EntryKind.STATE, device)) < count:
                await asyncio.sleep(0.02)
        return found


def settings_for(
    settings: Settings, port: int, *profiles: str, **more: Any
) -> Settings:
    """Return settings with a broker."""
    mqtt = MqttSettings(host="127.0.0.1", port=port, profiles=profiles, **more)
    return replace(settings, mqtt=mqtt)


@asynccontextmanager
async def mqtt_home(settings: Settings, broker: Broker) -> AsyncIterator[MqttHome]:
    """Run a hub that speaks to a broker."""
    async with running(settings) as hub:
        mqtt = hub.parts.mqtt
        assert mqtt is not None
        speaking = asyncio.create_task(mqtt.run())
        await until(lambda: mqtt.connected)
        try:
            yield MqttHome(hub, broker, mqtt)
        finally:
            speaking.cancel()
            with suppress(asyncio.CancelledError):
                await speaking


def hello(device: str) -> dict[str, object]:
    """Return the hello of a device with a thermometer, a lamp and a button."""
    points = [
        {
            "id": "temperature",
            "object_id": "temperature",
            "kind": "sensor",
            "name": "Temperature",
            "device_class": "temperature",
            "unit": "°C",
        },
        {"id": "lamp", "object_id": "lamp", "kind": "switch", "name": "Lamp"},
        {"id": "button", "object_id": "button", "kind": "event", "name": "Button"},
    ]
    body = {"name": device.capitalize(), "points": points}
    return {"type": "hello", "device": device, "ts": NOW, "body": body}


def state(device: str, value: float, ts: float, **more: object) -> dict[str, object]:
    """Return a state of the thermometer."""
    body = {"observations": [{"point": "temperature", "value": value}]}
    return {"type": "state", "device": device, "ts": ts, "body": body} | more
