"""A broker, and a hub that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.process import free_port
from hearthward.config import Settings

from .home import MqttHome, mqtt_home, settings_for


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """Run a broker that anybody may use."""
    started = Broker(tmp_path / "broker", free_port())
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def home(settings: Settings, broker: Broker) -> AsyncIterator[MqttHome]:
    """Run a hub that speaks to the broker, natively and Zigbee2MQTT's language."""
    chosen = settings_for(settings, broker.port, "zigbee2mqtt", "cane")
    async with mqtt_home(chosen, broker) as opened:
        yield opened
