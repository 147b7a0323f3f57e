"""What a device says arrives once, whatever happens in between."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from hearthward.model.command import CommandBody
from hearthward.publish import Buffer, Publisher, PublishError

from .peers import HELLO, PATIENCE, Peers

SCHEMES = ("http", "ws", "mqtt")
START = 1_790_000_000.0


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_is_said_arrives(peers: Peers, scheme: str, tmp_path: Path) -> None:
    """Hello, states and events are what the hub stores, by every transport."""
    async with Publisher(
        peers.url(scheme), "shed", token=peers.token, file=tmp_path / "shed.db"
    ) as shed:
        await shed.hello(HELLO)
        await peers.approve()
        await shed.state({"temperature": 20.0, "lamp": True}, ts=START)
        await shed.state({"temperature": None, "lamp": False}, ts=START + 60)
        await shed.event("bell", "press", {"times": 2}, ts=START + 90)
        async with asyncio.timeout(PATIENCE):
            await shed.flush()
        assert await shed.waiting() == 0
    await peers.wait_for(20.0, 1.0, None, 0.0)
    await peers.wait_for("press", kind="event")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_is_said_while_nobody_listens_arrives_later(
    peers: Peers, scheme: str, tmp_path: Path
) -> None:
    """It waits in the file: for the hub, and for the next start of the program."""
    file = tmp_path / "shed.db"
    async with Publisher(
        peers.url(scheme), "shed", token=peers.token, file=file
    ) as shed:
        await shed.hello(HELLO)
        await peers.approve()
        await shed.state({"temperature": 20.0}, ts=START)
        async with asyncio.timeout(PATIENCE):
            await shed.flush()
    peer = peers.broker if scheme == "mqtt" else peers.hub
    await peer.stop()
    for number in range(1, 4):
        async with Publisher(
            peers.url(scheme), "shed", token=peers.token, file=file
        ) as shed:
            await shed.state({"temperature": 20.0 + number}, ts=START + 60 * number)
            assert await shed.waiting() == number
    await peer.start()
    async with Publisher(
        peers.url(scheme), "shed", token=peers.token, file=file
    ) as shed:
        async with asyncio.timeout(PATIENCE):
            await shed.flush()
    await peers.wait_for(20.0, 21.0, 22.0, 23.0)


@pytest.mark.parametrize("scheme", ["http", "ws"])
async def test_a_hub_that_is_killed_loses_and_repeats_nothing(
    peers: Peers, scheme: str, tmp_path: Path
) -> None:
    """The publisher goes on by itself, with what had no answer."""
    async with Publisher(
        peers.url(scheme), "shed", token=peers.token, file=tmp_path / "shed.db"
    ) as shed:
        await shed.hello(HELLO)
        await peers.approve()

        async def say() -> None:
            for number in range(200):
                await shed.state({"temperature": number / 10}, ts=START + number)

        saying = asyncio.create_task(say())
        while len(await peers.values()) < 20:
            await asyncio.sleep(0.01)
        await peers.hub.kill()
        await saying
        await peers.hub.start()
        async with asyncio.timeout(PATIENCE):
            await shed.flush()
    assert await peers.values() == [number / 10 for number in range(200)]


@pytest.mark.parametrize("scheme", ["ws", "mqtt"])
async def test_commands_come_down(peers: Peers, scheme: str) -> None:
    """The one that commands hears what the device made of it."""
    heard: list[tuple[str, object]] = []

    async def command(point: str, body: CommandBody) -> None:
        heard.append((point, body.value))
        if not body.value:
            raise ValueError("The lamp stays on")

    async with Publisher(
        peers.url(scheme), "shed", token=peers.token, command=command
    ) as shed:
        await shed.hello(HELLO)
        await peers.approve()
        path = "devices/shed/points/lamp/commands"
        result = None
        async with asyncio.timeout(PATIENCE):
            # By MQTT the hub may hear of the device before the device waits for commands.
            while result is None:
                try:
                    result = await peers.ask("POST", path, {"value": True})
                except aiohttp.ClientResponseError:
                    await asyncio.sleep(0.05)
        assert result["status"] == "acknowledged"
    assert ("lamp", True) in heard


async def test_events_go_before_measurements(tmp_path: Path) -> None:
    """What happened does not wait behind a backlog of what was measured."""
    async with Buffer(tmp_path / "buffer.db", limit=4) as buffer:
        for number in range(3):
            await buffer.put("state", b"%d" % number)
        await buffer.put("event", b"bell")
        assert [message.body for message in await buffer.first(2)] == [b"bell", b"0"]
        # Too much: the oldest measurement makes room.
        await buffer.put("event", b"bell again")
        bodies = [message.body for message in await buffer.first(9)]
        assert bodies == [b"bell", b"bell again", b"1", b"2"]


async def test_a_buffer_that_was_lost_counts_on_from_the_hub(tmp_path: Path) -> None:
    """The welcome of the hub says how far the device had counted."""
    async with Buffer(tmp_path / "buffer.db") as buffer:
        await buffer.go_on_from(41)
        assert await buffer.put("state", b"{}") == 42
        await buffer.go_on_from(7)
        assert await buffer.put("state", b"{}") == 43


@pytest.mark.parametrize("scheme", ["http", "ws"])
async def test_a_wrong_token_is_said(peers: Peers, scheme: str) -> None:
    """What no waiting will cure ends the waiting."""
    async with Publisher(peers.url(scheme), "shed", token="hw_wrong") as shed:
        await shed.state({"temperature": 20.0})
        with pytest.raises(PublishError, match="key|token"):
            async with asyncio.timeout(PATIENCE):
                await shed.flush()


def test_an_address_without_a_transport_is_said() -> None:
    """The sentence names those there are."""
    with pytest.raises(PublishError, match="http, ws or mqtt"):
        Publisher("ftp://hub", "shed")
