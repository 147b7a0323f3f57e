"""Who waits for whom, when not everything can be stored at once."""

import asyncio

from msgspec.structs import replace

from demo.broker import Broker
from hearthward.config import QuotaSettings, Settings

from .home import NOW, MqttHome, mqtt_home, settings_for, state
from .peer import until


async def test_a_quota_of_hours_keeps_nobody_else_waiting(
    settings: Settings, broker: Broker
) -> None:
    """One that told far too much waits for long; what comes after it from others does not."""
    quotas = QuotaSettings(device_rate=0.01, device_burst=20)
    chosen = replace(settings_for(settings, broker.port), quotas=quotas)
    async with mqtt_home(chosen, broker) as home, home.peer("noisy") as noisy:
        await home.introduce(noisy, "noisy")
        await home.introduce(noisy, "calm")
        topic = "hearthward/home/noisy/state"
        many = [state("noisy", 20 + n % 2, NOW + n) for n in range(100)]
        await noisy.publish(topic, many)
        await home.states("noisy", 1)
        await noisy.publish(topic, state("noisy", 25.0, NOW + 200))
        await until(lambda: home.mqtt.waiting == 1)
        await noisy.publish("hearthward/home/calm/state", state("calm", 20.0, NOW))
        await home.states("calm", 1)
        assert home.mqtt.waiting == 1


async def test_what_nobody_foresaw_holds_up_nobody(home: MqttHome) -> None:
    """A status nested without an end is a dead letter, not a message that waits for ever."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/status", b"[" * 100_000)
        async with asyncio.timeout(60):
            while not await home.parts.dead_letters.count():
                await asyncio.sleep(0.02)
        assert home.mqtt.waiting == 0
