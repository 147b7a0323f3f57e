"""The stream: a snapshot, then every entry once and in order, whatever happens between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import socket
import sqlite3

import aiohttp
import msgspec
import pytest

from hearthward.api import fanout, sockets, stream as stream_module
from hearthward.config import Settings
from hearthward.lifelog import LifelogUnavailableError
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.security import Role
from hearthward.model.statistics import Statistics
from hearthward.model.stream import (
    Entries,
    Heartbeat,
    Resumed,
    Snapshot,
    StreamMessage,
    Unstored,
)
from hearthward.ops.backup import restore
from hearthward.ops.backup.backups import folder
from hearthward.ops.backup.journal import Journal

from .conftest import Hub, running

PATIENCE = 60.0


def state(value: float) -> Draft:
    """Return a draft of a state."""
    return Draft(
        ts=value, kind=EntryKind.STATE, device="heater", point="power", value=value
    )


@asynccontextmanager
async def stream(
    hub: Hub, after: int | None = None, epoch: str | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open the stream."""
    query: dict[str, int | str] = {} if after is None else {"after": after}
    if epoch is not None:
        query["epoch"] = epoch
    async with hub.session.ws_connect(
        f"{hub.url}/api/v1/stream",
        params=query,
        headers=await hub.headers(Role.VIEWER),
        autoping=True,
    ) as client:
        yield client


async def receive(client: aiohttp.ClientWebSocketResponse) -> StreamMessage:
    """Return the next message but statistics, which come at any time."""
    while True:
        message = await receive_any(client)
        if not isinstance(message, Statistics):
            return message


async def receive_any(client: aiohttp.ClientWebSocketResponse) -> StreamMessage:
    """Return the next message."""
    async with asyncio.timeout(PATIENCE):
        text = await client.receive_str()
    message: StreamMessage = msgspec.json.decode(text, type=StreamMessage)
    return message


async def receive_entries(
    client: aiohttp.ClientWebSocketResponse, last: int
) -> list[int]:
    """Return the seqs of entries up to `last`."""
    seqs: list[int] = []
    while not seqs or seqs[-1] < last:
        message = await receive(client)
        assert isinstance(message, Entries)
        seqs.extend(entry.seq for entry in message.entries)
    return seqs


async def test_a_new_client_receives_all_state_then_entries(hub: Hub) -> None:
    """The snapshot holds devices and states as of its seq; entries follow it."""
    await hub.parts.registry.hello(
        Device(
            id="heater", name="Heater", status=DeviceStatus.PENDING, adapter="esphome"
        )
    )
    await hub.parts.lifelog.append([state(20.0)])
    async with stream(hub) as client:
        snapshot = await receive(client)
        assert isinstance(snapshot, Snapshot)
        assert snapshot.hub == hub.parts.info
        assert [device.id for device in snapshot.devices] == ["heater"]
        assert [found.value for found in snapshot.states] == [20.0]
        seq = snapshot.seq
        await hub.parts.lifelog.append([state(21.0), state(22.0)])
        entries = await receive(client)
        assert isinstance(entries, Entries)
        received = [(entry.seq, entry.value) for entry in entries.entries]
        assert received == [(seq + 1, 21.0), (seq + 2, 22.0)]


async def test_a_client_is_told_how_the_hub_does(hub: Hub) -> None:
    """Statistics come right after the beginning, and when privacy mode begins."""
    async with stream(hub) as client:
        assert isinstance(await receive_any(client), Snapshot)
        first = await receive_any(client)
        assert isinstance(first, Statistics)
        assert not first.privacy_mode
        await hub.ask("POST", "/api/v1/privacy/mode", body={"on": True})
        while not isinstance(message := await receive_any(client), Statistics):
            pass
        assert message.privacy_mode


async def test_an_alarm_is_told_even_when_it_cannot_be_stored(hub: Hub) -> None:
    """It comes at once with seq 0, and once more among the entries when it was stored."""
    alarm = Draft(ts=1.0, kind=EntryKind.EVENT, device="bell", point="b", text="press")
    thief = sqlite3.connect(
        hub.parts.settings.data_dir / "lifelog.db", isolation_level=None
    )
    async with stream(hub) as client:
        assert isinstance(await receive(client), Snapshot)
        thief.execute("BEGIN IMMEDIATE")
        with pytest.raises(LifelogUnavailableError):
            await hub.parts.lifelog.append([alarm], Lane.ALARM)
        while not isinstance(message := await receive(client), Unstored):
            pass
        [told] = message.entries
        assert (told.seq, told.device, told.text) == (0, "bell", "press")
        thief.execute("ROLLBACK")
        thief.close()
        await hub.parts.lifelog.append([alarm], Lane.ALARM)
        while not (
            isinstance(message := await receive(client), Entries)
            and message.entries[-1].text == "press"
        ):
            pass
        assert message.entries[-1].seq > 0


async def test_every_client_sees_every_entry_once(hub: Hub) -> None:
    """Clients that come, go and resume while much happens miss and repeat nothing."""
    lifelog = hub.parts.lifelog
    tokens = [await hub.headers(Role.VIEWER) for _ in range(4)]
    done = asyncio.Event()

    async def write() -> None:
        for number in range(300):
            await lifelog.append([state(number)] * (number % 5 + 1))
        done.set()

    async def listen(headers: dict[str, str], patience: int) -> list[int]:
        seqs: list[int] = []
        after: int | None = None
        while not (done.is_set() and seqs and seqs[-1] == lifelog.last):
            async with hub.session.ws_connect(
                f"{hub.url}/api/v1/stream",
                params={} if after is None else {"after": after},
                headers=headers,
            ) as client:
                first = await receive(client)
                assert isinstance(first, Snapshot if after is None else Resumed)
                if after is None:
                    seqs.append(first.seq)
                else:
                    assert first.seq == after
                for _ in range(patience):
                    if done.is_set() and seqs[-1] == lifelog.last:
                        break
                    message = await receive(client)
                    assert isinstance(message, Entries)
                    seqs.extend(entry.seq for entry in message.entries)
                after = seqs[-1]
        return seqs

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        listeners = [
            group.create_task(listen(headers, patience))
            for headers, patience in zip(tokens, (1, 7, 40, 1000), strict=True)
        ]
    for listener in listeners:
        seqs = listener.result()
        assert seqs == list(range(seqs[0], lifelog.last + 1))


async def test_resuming_reads_on_from_the_disk(hub: Hub) -> None:
    """A client that was away for long receives all that it missed."""
    for number in range(30):
        await hub.parts.lifelog.append([state(number)] * 1000)
    async with stream(hub, after=5) as client:
        resumed = await receive(client)
        last = hub.parts.lifelog.last
        assert isinstance(resumed, Resumed)
        assert (resumed.seq, resumed.last) == (5, last)
        assert await receive_entries(client, last) == list(range(6, last + 1))


@pytest.mark.parametrize("after", [10_000, 0])
async def test_a_client_that_cannot_resume_begins_anew(
    hub: Hub, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seq of another lifelog, or one too far back, gets a snapshot."""
    monkeypatch.setattr(stream_module, "RESUME_LIMIT", 5)
    await hub.parts.lifelog.append([state(1.0)] * 10)
    async with stream(hub, after=after) as client:
        assert isinstance(await receive(client), Snapshot)


async def test_a_restored_hub_has_another_past(settings: Settings) -> None:
    """A client that resumes where the restored hub has passed again gets a snapshot."""
    async with running(settings) as hub:
        await hub.parts.lifelog.append([state(1.0)] * 3)
        await hub.parts.backups.create()
        await hub.parts.lifelog.append([state(2.0)])
        async with stream(hub) as client:
            first = await receive(client)
            assert isinstance(first, Snapshot)
    known, epoch = first.seq, first.hub.epoch
    assert epoch
    async with running(settings) as hub, stream(hub, known, epoch) as client:
        # A restart alone changes nothing.
        assert isinstance(await receive(client), Resumed)
    journal = Journal(folder(settings.data_dir, settings.backup), None)
    await asyncio.to_thread(
        restore.restore, journal, settings.data_dir, settings.home, None
    )
    async with running(settings) as hub:
        await hub.parts.lifelog.append([state(3.0)] * 10)
        assert hub.parts.lifelog.last > known
        async with stream(hub, known, epoch) as client:
            again = await receive(client)
            assert isinstance(again, Snapshot)
        async with stream(hub, known, again.hub.epoch) as client:
            assert isinstance(await receive(client), Resumed)
        # An older client says nothing of it.
        async with stream(hub, known) as client:
            assert isinstance(await receive(client), Resumed)


async def test_silence_is_filled_with_heartbeats(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client can tell a quiet home from a dead hub."""
    monkeypatch.setattr(fanout, "HEARTBEAT", 0.05)
    async with stream(hub) as client:
        assert isinstance(await receive(client), Snapshot)
        while not isinstance(message := await receive(client), Heartbeat):
            pass
        assert message.seq == hub.parts.lifelog.last


async def test_a_slow_client_is_dropped_and_holds_up_nobody(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who takes nothing is cut off; others receive everything meanwhile."""
    caplog.set_level("INFO", stream_module.__name__)
    monkeypatch.setattr(sockets, "SEND_TIMEOUT", 2.0)
    long = Draft(ts=1.0, kind=EntryKind.EVENT, text="x" * 100_000)
    token = await hub.token(Role.VIEWER)
    with socket.create_connection(("127.0.0.1", hub.parts.settings.port)) as sleeper:
        sleeper.sendall(
            b"GET /api/v1/stream HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        async with stream(hub) as lively:
            assert isinstance(await receive(lively), Snapshot)
            last = hub.parts.lifelog.last + 200
            receiving = asyncio.create_task(receive_entries(lively, last))
            for _ in range(200):
                await hub.parts.lifelog.append([long])
            await receiving
        async with asyncio.timeout(PATIENCE):
            while "too slow" not in caplog.text:
                await asyncio.sleep(0.02)
        sleeper.settimeout(PATIENCE)
        received = await asyncio.to_thread(read_to_end, sleeper)
    assert 0 < received < 200 * 100_000


def read_to_end(connection: socket.socket) -> int:
    """Return how many bytes come before the end."""
    received = 0
    while data := connection.recv(65536):
        received += len(data)
    return received


async def test_revoking_a_key_closes_its_streams(hub: Hub) -> None:
    """A revoked client is sent away at once, and not let in again; others stay."""
    new = await hub.parts.keys.create("gone", Role.VIEWER, "test")
    headers = {"Authorization": f"Bearer {new.token}"}
    url = f"{hub.url}/api/v1/stream"
    async with (
        hub.session.ws_connect(url, headers=headers) as gone,
        stream(hub) as stays,
    ):
        await receive(gone)
        await receive(stays)
        await hub.parts.keys.revoke(new.key.id, "test")
        while (message := await gone.receive(PATIENCE)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert (message.data, message.extra) == (1008, "the key was revoked")
        last = (await hub.parts.lifelog.append([state(1.0)]))[0]
        await receive_entries(stays, last)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await hub.session.ws_connect(url, headers=headers)
    assert caught.value.status == 401


async def test_a_stopping_hub_says_so(settings: Settings) -> None:
    """Clients learn that the hub goes away, and resume when it is back."""
    async with running(settings) as hub:
        headers = await hub.headers(Role.VIEWER)
        session = aiohttp.ClientSession()
        client = await session.ws_connect(f"{hub.url}/api/v1/stream", headers=headers)
        await receive(client)
    while (message := await client.receive(PATIENCE)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    await session.close()


async def test_a_plain_request_is_told_to_upgrade(hub: Hub) -> None:
    """The stream is a WebSocket."""
    status, error = await hub.ask("GET", "/api/v1/stream")
    assert (status, error["code"]) == (426, "upgrade_required")
