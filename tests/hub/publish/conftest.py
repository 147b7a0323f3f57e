"""A hub with a broker, each a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.hub import Hub
from demo.process import free_port
from hearthward.config import Settings

from .peers import Peers


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """Run a broker that anybody may use."""
    started = Broker(tmp_path / "broker", free_port())
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def peers(
    settings: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Peers]:
    """Run a hub that speaks to the broker."""
    mqtt = f'{{"host": "127.0.0.1", "port": {broker.port}}}'
    monkeypatch.setenv("HEARTHWARD_MQTT", mqtt)
    hub = Hub(settings.data_dir, settings.port)
    make = ("key", "create", "--name", "test", "--role")
    admin = await hub.run(*make, "admin")
    token = await hub.run(*make, "device", "--device", "shed")
    await hub.start()
    await _await_hub(broker.port)
    yield Peers(hub, broker, admin, token)
    await hub.stop()


async def _await_hub(port: int) -> None:
    """Wait until the hub listens at the broker: it says so with a retained message."""
    topic = "hearthward/home/hub/status"
    process = await asyncio.create_subprocess_exec(
        *("mosquitto_sub", "-p", str(port), "-t", topic, "-C", "1"),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert b"online" in output
