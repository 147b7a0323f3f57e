"""Native devices over a real broker."""

import asyncio
from pathlib import Path

import msgspec
from msgspec.structs import replace

from demo.broker import PLAIN, Broker
from demo.process import free_port
from hearthward.config import QuotaSettings, Settings
from hearthward.edge.parcel import Parcel
from hearthward.model.command import CommandBody, CommandStatus
from hearthward.model.entry import EntryKind
from hearthward.model.message import CommandMessage

from .home import NOW, MqttHome, hello, mqtt_home, settings_for, state
from .peer import Peer, until


async def test_a_device_speaks(home: MqttHome) -> None:
    """What it says is in the lifelog, once, though the broker may give it twice."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        for _ in range(2):
            await attic.publish(
                "hearthward/home/attic/state", state("attic", 20.5, NOW, id="a1")
            )
        await attic.publish(
            "hearthward/home/attic/state", state("attic", 21.0, NOW + 60)
        )
        states = await home.states("attic", 2)
    assert [entry.value for entry in states] == [20.5, 21.0]
    device = home.parts.registry.require("attic")
    assert (device.adapter, device.status) == ("mqtt", "active")


async def test_an_event_and_its_data(home: MqttHome) -> None:
    """Events have a session of their own, and arrive like all else."""
    event = {"point": "button", "event": "pressed", "data": {"times": 2}}
    async with home.peer("button") as button:
        await home.introduce(button, "button")
        await button.publish(
            "hearthward/home/button/event",
            {"type": "event", "device": "button", "ts": NOW, "body": event},
        )
        async with asyncio.timeout(60):
            while not (found := await home.entries(EntryKind.EVENT)):
                await asyncio.sleep(0.02)
    assert (found[0].text, found[0].body) == ("pressed", {"times": 2})


async def test_a_retained_event_is_stored_once(
    settings: Settings, broker: Broker
) -> None:
    """The broker tells it again, the hub knows; what is new is never taken for it."""
    chosen = settings_for(settings, broker.port)
    topic = "hearthward/home/button/event"
    press = {"body": {"point": "button", "event": "pressed"}}

    async def pressed(home: MqttHome, end: str) -> int:
        """Count the presses, when an event has arrived that came after all of them."""
        said = {"id": end, "body": {"point": "button", "event": end}}
        async with home.peer("last") as last, asyncio.timeout(60):
            while end not in (found := await texts(home)):
                # Until the session for events stands as well.
                await last.publish(topic, said)
        return found.count("pressed")

    async def texts(home: MqttHome) -> list[str | None]:
        return [entry.text for entry in await home.entries(EntryKind.EVENT, "button")]

    async with mqtt_home(chosen, broker) as home, home.peer("button") as button:
        await home.introduce(button, "button")
        # The same twice is pressed twice, retained or not.
        await button.publish(topic, press, retain=True)
        await button.publish(topic, press, retain=True)
        assert await pressed(home, "a") == 2
    async with mqtt_home(chosen, broker) as home:
        assert await pressed(home, "b") == 2
        await broker.stop()
        await until(lambda: not home.mqtt.connected)
        await broker.start()
        await until(lambda: home.mqtt.connected)
        assert await pressed(home, "c") == 2
    # To another session it may be new, once.
    for number, name in enumerate(("hall", "attic")):
        chosen = settings_for(settings, broker.port, client_id=name)
        async with mqtt_home(chosen, broker) as home:
            assert await pressed(home, f"d{number}") == 3 + number
            async with home.peer("button") as button:
                await button.publish(topic, press)
            assert await pressed(home, f"e{number}") == 4 + number


async def test_nobody_speaks_for_another(home: MqttHome) -> None:
    """The topic names the device, and the broker guards the topic."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/cellar/state", state("attic", 9.0, NOW))
        await attic.publish("hearthward/home/attic/state", state("attic", 20.0, NOW))
        states = await home.states("attic", 1)
    assert [entry.value for entry in states] == [20.0]


async def test_a_last_will_is_a_status(home: MqttHome) -> None:
    """It holds no time, and one word is enough."""
    topic = "hearthward/home/attic/status"
    async with home.peer("other") as other:
        attic = home.peer("attic", will=(topic, "offline"))
        await attic.__aenter__()
        await home.introduce(attic, "attic")
        await attic.publish(topic, b"online", retain=True)
        await until(lambda: home.parts.registry.require("attic").online)
        await attic.vanish()
        await until(lambda: not home.parts.registry.require("attic").online)
        told = {"type": "status", "device": "attic", "body": {"online": True}}
        await other.publish(topic, told)
        await until(lambda: home.parts.registry.require("attic").online)
    statuses = await home.entries(EntryKind.STATUS, "attic")
    assert [entry.text for entry in statuses] == ["online", "offline", "online"]


async def test_who_speaks_is_there(home: MqttHome) -> None:
    """A device that never tells its status is online once it was heard."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/state", state("attic", 20.0, NOW))
        await until(lambda: home.parts.registry.require("attic").online)


async def test_the_hub_tells_that_it_is_there(
    settings: Settings, broker: Broker
) -> None:
    """Its status is retained, and says goodbye."""
    topic = "hearthward/home/hub/status"
    async with Peer(broker.port, "watcher") as watcher:
        await watcher.subscribe(topic)
        async with mqtt_home(settings_for(settings, broker.port), broker):
            assert await watcher.wait_for(topic) == b"online"
        await until(lambda: len(watcher.heard) == 2)
    assert watcher.heard[1] == (topic, b"offline")


async def test_a_command_and_its_answers(home: MqttHome) -> None:
    """It goes down once, and the device's own answer comes back."""
    topic = "hearthward/home/attic/command"
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/status", b"online")
        await until(lambda: home.parts.registry.require("attic").online)
        await attic.subscribe(topic)
        for status in (CommandStatus.ACKNOWLEDGED, CommandStatus.REJECTED):
            attic.heard.clear()
            command = asyncio.create_task(
                home.parts.commands.execute(
                    "attic", "lamp", CommandBody(value=True), issued_by="test"
                )
            )
            sent = msgspec.json.decode(await attic.wait_for(topic), type=CommandMessage)
            assert sent.body.body.value is True
            body = {"command": sent.id, "status": status, "detail": "so be it"}
            # The topic says what it is, and whose.
            await attic.publish("hearthward/home/attic/ack", {"body": body})
            result = await command
            assert (result.status, result.detail) == (status, "so be it")


async def test_a_command_to_nobody(home: MqttHome) -> None:
    """A device that does not listen is offline, and hears nothing later."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/status", b"online")
        await until(lambda: home.parts.registry.require("attic").online)
        result = await home.parts.commands.execute(
            "attic", "lamp", CommandBody(value=True), issued_by="test"
        )
        assert result.status is CommandStatus.OFFLINE
        await attic.subscribe("hearthward/home/attic/command")
        await attic.publish("hearthward/home/attic/status", b"online")
        assert attic.heard == []


async def test_the_broker_comes_back(home: MqttHome) -> None:
    """What was said while it was away is told when it is there again."""
    async with home.peer("attic") as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/state", state("attic", 20.0, NOW))
        await home.states("attic", 1)
    await home.broker.stop()
    await until(lambda: not home.mqtt.connected)
    await home.broker.start()
    async with home.peer("attic") as attic:
        await attic.publish(
            "hearthward/home/attic/state", state("attic", 21.0, NOW + 60)
        )
        states = await home.states("attic", 2)
    assert [entry.value for entry in states] == [20.0, 21.0]


async def test_who_tells_too_much_waits_alone(
    settings: Settings, broker: Broker
) -> None:
    """Nothing of it is lost, and another device is not held up."""
    quotas = QuotaSettings(device_rate=20, device_burst=20)
    chosen = replace(settings_for(settings, broker.port), quotas=quotas)
    async with mqtt_home(chosen, broker) as home, home.peer("noisy") as noisy:
        await home.introduce(noisy, "noisy")
        await home.introduce(noisy, "calm")
        for count in range(60):
            await noisy.publish(
                "hearthward/home/noisy/state",
                state("noisy", 20 + count % 2, NOW + 60 * count),
            )
        await noisy.publish("hearthward/home/calm/state", state("calm", 20.0, NOW))
        await home.states("calm", 1)
        assert len(await home.states("noisy", 60)) == 60
        letters = await home.parts.dead_letters.count()
    assert letters == 0


async def test_a_drop_is_an_incident(settings: Settings, tmp_path: Path) -> None:
    """The broker drops without a word to anybody; the hub says it aloud."""
    port = free_port()
    directory = tmp_path / "small"
    text = PLAIN.format(directory=directory, port=port)
    broker = Broker(
        directory, port, text.replace("max_queued_messages 0", "max_queued_messages 5")
    )
    await broker.start()
    async with (
        mqtt_home(settings_for(settings, port), broker) as home,
        Peer(port, "noisy") as noisy,
    ):
        await until(lambda: home.mqtt.watch.ready)
        await _leave_a_session(port)
        for count in range(200):
            await noisy.publish("elsewhere", str(count).encode())
        async with asyncio.timeout(60):
            while not (found := await home.entries(EntryKind.INCIDENT)):
                await asyncio.sleep(0.05)
    await broker.stop()
    assert "dropped" in (found[0].text or "")
    assert found[0].body is not None
    assert "max_queued_messages" in str(found[0].body["advice"])


async def _leave_a_session(port: int) -> None:
    """Subscribe with a session that stays, and go."""
    process = await asyncio.create_subprocess_exec(
        *("mosquitto_sub", "-p", str(port), "-V", "311", "-c", "-i", "sleeper"),
        *("-t", "elsewhere", "-q", "1", "-E"),
    )
    assert await process.wait() == 0


async def test_hubs_share_the_work(
    settings: Settings, broker: Broker, tmp_path: Path
) -> None:
    """Each message reaches one hub of the group, and none is lost."""
    first = settings_for(settings, broker.port, share="hubs", client_id="one")
    second = replace(
        settings_for(settings, broker.port, share="hubs", client_id="two"),
        data_dir=tmp_path / "second",
        port=free_port(),
    )
    async with (
        mqtt_home(first, broker) as one,
        mqtt_home(second, broker) as two,
        one.peer("attic") as attic,
    ):
        for home in (one, two):
            await home.parts.intake.receive([_parcel(hello("attic"))])
            await home.admit("attic")
        for count in range(40):
            await attic.publish(
                "hearthward/home/attic/state",
                state("attic", 20 + count / 10, NOW + 60 * count),
            )

        async def told() -> list[int]:
            return [
                len(await home.entries(EntryKind.STATE, "attic")) for home in (one, two)
            ]

        async with asyncio.timeout(60):
            while sum(counts := await told()) < 40:
                await asyncio.sleep(0.05)
    assert sum(counts) == 40
    assert min(counts) > 0


def _parcel(message: object) -> Parcel:
    return Parcel(
        adapter="mqtt",
        address="hearthward/home/attic/hello",
        payload=msgspec.json.encode(message),
        received=NOW,
    )
