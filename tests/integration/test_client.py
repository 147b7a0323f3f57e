"""The client's idea of the hub, compared with the hub's own, and answers that make no sense."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import MISSING, fields
from typing import Any

from aiohttp import ClientSession, ClientTimeout, WSMsgType, web
from homeassistant.core import HomeAssistant
import msgspec
import pytest

from custom_components.hearthward import exceptions, lifelog_models, models
from custom_components.hearthward.client import ACKNOWLEDGED, HearthwardClient
from custom_components.hearthward.dead_letter_services import REASONS
from custom_components.hearthward.lifelog_services import KINDS
from hearthward.api.app import openapi
from hearthward.edge import homeassistant
from hearthward.model import (
    command,
    deadletter,
    device,
    entry,
    erasure,
    media,
    search,
    statistics,
    stream,
    transfer,
)

from .conftest import free_port
from .hub import RunningHub

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SNAPSHOT_WITHOUT_DEVICES = """{
  "seq": 1, "ts": 1, "states": [], "devices": 7,
  "hub": {"id": "a", "name": "a", "version": "1", "home": "home"}
}"""

type Serve = Callable[[Handler], Awaitable[HearthwardClient]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (models.CommandResult, command.CommandResult),
        (models.Device, device.Device),
        (models.Entries, stream.Entries),
        (models.Entry, entry.Entry),
        (models.Heartbeat, stream.Heartbeat),
        (models.HubInfo, stream.HubInfo),
        (models.Point, device.Point),
        (models.PointState, device.PointState),
        (models.Result, stream.Result),
        (models.Resumed, stream.Resumed),
        (models.Snapshot, stream.Snapshot),
        (models.Statistics, statistics.Statistics),
        (models.Unstored, stream.Unstored),
        (models.Zone, device.Zone),
        (lifelog_models.DeadLetter, deadletter.DeadLetter),
        (lifelog_models.DeadLetterPage, deadletter.DeadLetterPage),
        (lifelog_models.Deleted, deadletter.Deleted),
        (lifelog_models.Erasure, erasure.Erasure),
        (lifelog_models.Export, transfer.Export),
        (lifelog_models.Media, media.Media),
        (lifelog_models.MediaPage, media.MediaPage),
        (lifelog_models.Replayed, deadletter.Replayed),
        (lifelog_models.SearchHit, search.SearchHit),
        (lifelog_models.SearchPage, search.SearchPage),
        (lifelog_models.TimeSpan, search.TimeSpan),
    ],
)
def test_models(ours: type[Any], theirs: type[msgspec.Struct]) -> None:
    """Each field that the client reads is one that the hub sends, with the same default."""
    offered = {field.name: field for field in msgspec.structs.fields(theirs)}
    for field in fields(ours):
        assert field.name in offered
        default = offered[field.name].default
        if field.default is MISSING:
            assert default is msgspec.NODEFAULT, field.name
        else:
            assert field.default == default, field.name
    if ours is not models.Entry:
        # Only of an entry are there fields that a client has no use for.
        assert set(offered) == {field.name for field in fields(ours)}


def test_values() -> None:
    """The words that the client knows are those of the hub."""
    assert {
        models.STATUS_ACTIVE,
        models.STATUS_APPROVED,
        models.STATUS_PENDING,
        models.STATUS_REVOKED,
    } == set(device.DeviceStatus)
    assert {
        models.KIND_DEVICE,
        models.KIND_EVENT,
        models.KIND_STATE,
        models.KIND_STATUS,
    } <= set(entry.EntryKind)
    assert set(KINDS) == set(entry.EntryKind)
    assert set(REASONS) == set(deadletter.Reason)
    assert command.CommandStatus(ACKNOWLEDGED) is command.CommandStatus.ACKNOWLEDGED
    assert models.ADAPTER_HOME_ASSISTANT == homeassistant.DEVICE
    assert models.ADAPTER_HOME_ASSISTANT == homeassistant.ADAPTER
    assert {
        lifelog_models.JOB_WAITING,
        lifelog_models.JOB_RUNNING,
        lifelog_models.JOB_DONE,
    } <= set(transfer.JobStatus)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/v1/pair"),
        ("get", "/api/v1/hub"),
        ("get", "/api/v1/snapshot"),
        ("post", "/api/v1/devices/{device}/approve"),
        ("post", "/api/v1/devices/{device}/revoke"),
        ("post", "/api/v1/devices/{device}/points/{point}/commands"),
        ("put", "/api/v1/devices/{device}/zones/{zone}/schedule"),
        ("post", "/api/v1/devices/{device}/zones/{zone}/boost"),
        ("put", "/api/v1/exposed"),
        ("post", "/api/v1/homeassistant/states"),
        ("get", "/api/v1/stream"),
        ("get", "/api/v1/statistics"),
        ("get", "/api/v1/search"),
        ("post", "/api/v1/notes"),
        ("get", "/api/v1/media"),
        ("get", "/api/v1/media/{media}"),
        ("get", "/api/v1/media/{media}/thumbnail"),
        ("get", "/api/v1/dead-letters"),
        ("delete", "/api/v1/dead-letters"),
        ("post", "/api/v1/dead-letters/replay"),
        ("get", "/api/v1/dead-letters/{letter}"),
        ("delete", "/api/v1/dead-letters/{letter}"),
        ("post", "/api/v1/dead-letters/{letter}/replay"),
        ("post", "/api/v1/exports"),
        ("get", "/api/v1/exports/{export}"),
        ("get", "/api/v1/exports/{export}/file"),
        ("post", "/api/v1/forget"),
        ("post", "/api/v1/privacy/mode"),
        ("get", "/health/live"),
    ],
)
def test_operations(method: str, path: str) -> None:
    """The hub's OpenAPI document has each operation that the client uses."""
    assert method in openapi()["paths"][path]


async def test_snapshot(hass: HomeAssistant, inhabited: RunningHub, token: str) -> None:
    """A whole home is read as the hub has it."""
    async with ClientSession() as session:
        snapshot = await HearthwardClient(inhabited.url, session, token).snapshot()
    assert [d.id for d in snapshot.devices] == [
        d.id for d in inhabited.parts.registry.devices()
    ]
    heater = next(d for d in snapshot.devices if d.id == "heater")
    theirs = inhabited.parts.registry.require("heater")
    assert [p.id for p in heater.points] == [p.id for p in theirs.points]
    assert heater.zones == tuple(
        models.Zone(id=z.id, name=z.name, area=z.area) for z in theirs.zones
    )


@pytest.fixture
async def serve(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[Serve]:
    """Return a function that runs something that is not quite a hub."""
    runners: list[web.AppRunner] = []
    session = ClientSession()

    async def serve(handler: Handler) -> HearthwardClient:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        runners.append(runner)
        return HearthwardClient(f"http://127.0.0.1:{port}", session, "token")

    yield serve
    await session.close()
    for runner in runners:
        await runner.cleanup()


def answer(text: str, status: int = 200) -> Handler:
    """Return a handler that always says the same."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status)

    return handler


def say(*messages: str | bytes) -> Handler:
    """Return a handler that says something on a WebSocket, then nothing more."""

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for message in messages:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_str(message)
        while (await socket.receive()).type not in (
            WSMsgType.CLOSE,
            WSMsgType.CLOSED,
            WSMsgType.CLOSING,
        ):
            pass
        return socket

    return handler


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (HearthwardClient.hub, "<html>"),
        (HearthwardClient.hub, ""),
        (HearthwardClient.hub, "[]"),
        (HearthwardClient.hub, '{"id": "hub"}'),
        (HearthwardClient.snapshot, '{"seq": 1, "ts": 1}'),
        (
            HearthwardClient.snapshot,
            SNAPSHOT_WITHOUT_DEVICES,
        ),
        (lambda client: client.pair("1", "me"), "{}"),
        (lambda client: client.set_schedule("d", "z", {}), '{"days": 1}'),
    ],
)
async def test_senseless_answer(
    serve: Serve, call: Callable[[HearthwardClient], Awaitable[Any]], text: str
) -> None:
    """An answer that makes no sense is said to make none."""
    client = await serve(answer(text))
    with pytest.raises(exceptions.HearthwardResponseError):
        await call(client)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, exceptions.HearthwardAuthenticationError),
        (404, exceptions.HearthwardRequestError),
        (429, exceptions.HearthwardRateLimitError),
        (500, exceptions.HearthwardConnectionError),
    ],
)
async def test_error_without_body(
    serve: Serve, status: int, error: type[Exception]
) -> None:
    """The status is enough when there is no error body."""
    client = await serve(answer("", status))
    with pytest.raises(error):
        await client.hub()


async def test_boost_without_end(serve: Serve) -> None:
    """A boost whose end is not known is no error."""
    client = await serve(answer("{}"))
    assert await client.boost("heater", "bathroom", None) is None


@pytest.mark.parametrize("message", ["{", "[]", '{"type": "entries"}'])
async def test_senseless_message(serve: Serve, message: str) -> None:
    """A message that makes no sense is said to make none."""
    client = await serve(say(message))
    with pytest.raises(exceptions.HearthwardResponseError):
        async with client.stream(None, None, 30) as messages:
            await anext(messages)


async def test_binary_message(serve: Serve) -> None:
    """What is not text ends the stream."""
    client = await serve(say(b"\x00"))
    with pytest.raises(exceptions.HearthwardConnectionError):
        async with client.stream(None, None, 30) as messages:
            await anext(messages)


async def test_unknown_message(serve: Serve) -> None:
    """A message that a later hub may send is passed over."""
    client = await serve(
        say('{"type": "song"}', '{"type": "heartbeat", "seq": 7, "ts": 1.5, "mood": 1}')
    )
    async with client.stream(3, None, 30) as messages:
        assert await anext(messages) == models.Heartbeat(seq=7, ts=1.5)


async def test_silence(serve: Serve) -> None:
    """A hub that says nothing for too long is gone."""
    client = await serve(say())
    with pytest.raises(exceptions.HearthwardConnectionError, match="TimeoutError"):
        async with client.stream(None, None, 0.1) as messages:
            await anext(messages)


async def test_no_stream(serve: Serve) -> None:
    """What has no stream cannot be followed."""
    client = await serve(answer("", 503))
    with pytest.raises(exceptions.HearthwardConnectionError):
        async with client.stream(None, None, 30):
            pass


async def test_an_older_hub_knows_no_epoch(serve: Serve) -> None:
    """It refuses it; that is no lost connection, which would be tried the same way again."""
    client = await serve(answer("", 400))
    with pytest.raises(exceptions.HearthwardResponseError):
        async with client.stream(3, "epoch", 30):
            pass


async def test_slow_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does not come is not waited for forever."""
    waited_enough = asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        await waited_enough.wait()
        return web.Response()

    client = await serve(wait)
    monkeypatch.setattr(
        "custom_components.hearthward.client.REQUEST_TIMEOUT", ClientTimeout(total=0.1)
    )
    with pytest.raises(exceptions.HearthwardConnectionError, match="TimeoutError"):
        await client.hub()
    waited_enough.set()
