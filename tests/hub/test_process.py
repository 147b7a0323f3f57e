"""The hub as a process: command line, start, logs, stop."""

import asyncio
from collections.abc import AsyncIterator
import json
from pathlib import Path
import re
import sys

import aiohttp
import pytest

from demo.hub import Hub
from demo.process import ProcessError
from hearthward.config import Settings


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Hub]:
    """Run a hub as a process of its own."""
    hub = Hub(settings.data_dir, settings.port)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def log(hub: Hub) -> list[dict[str, object]]:
    """Return what the hub logged."""
    lines = (hub.directory / "hub.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def test_a_fresh_hub_shows_a_code_and_pairs(process: Hub) -> None:
    """What the first start logs is all that a newcomer needs."""
    shown = " ".join(str(line["message"]) for line in log(process))
    code = re.search(r"Pairing code[^:]*: (\d{4} \d{4})", shown)
    assert code is not None
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{process.url}/api/v1/pair", json={"code": code[1], "name": "HA"}
        ) as response,
    ):
        assert response.status == 201
        token = (await response.json())["token"]
    assert (await process.get("hub", token))["home"] == "home"
    await process.stop()
    await process.start()
    assert (await process.get("hub", token))["home"] == "home"
    again = " ".join(str(line["message"]) for line in log(process))
    assert again.count("Pairing code") == 1


async def test_keys_are_made_listed_and_revoked_beside_a_running_hub(
    process: Hub,
) -> None:
    """The command line works on the running hub, which obeys at once."""
    token = await process.run("key", "create", "--name", "Ada", "--role", "viewer")
    info = await process.get("hub", token)
    key = token.split("_")[1]
    assert f"{key}  viewer     valid    Ada" in await process.run("key", "list")
    assert await process.run("key", "revoke", key) == "The key of Ada is revoked"
    with pytest.raises(aiohttp.ClientResponseError, match="401"):
        await process.get("hub", token)
    with pytest.raises(ProcessError, match="There is no key nothing"):
        await process.run("key", "revoke", "nothing")
    assert len(await process.run("pair")) == 8
    assert await process.run("health") == ""
    assert info["version"] in await process.run("openapi")


async def test_a_key_can_be_made_before_the_hub_first_runs(settings: Settings) -> None:
    """Machines are set up without a person reading a code."""
    hub = Hub(settings.data_dir, settings.port)
    token = await hub.run("key", "create", "--name", "script", "--role", "admin")
    with pytest.raises(ProcessError, match="does not answer"):
        await hub.run("health")
    await hub.start()
    try:
        assert (await hub.get("hub", token))["home"] == "home"
        assert "Pairing code" not in str(log(hub))
    finally:
        await hub.stop()


async def test_a_key_can_be_made_while_the_hub_starts(settings: Settings) -> None:
    """The command line and the hub wait for each other."""
    hub = Hub(settings.data_dir, settings.port)
    await hub.process.start()
    try:
        make = ("key", "create", "--name", "script", "--role", "viewer")
        tokens = await asyncio.gather(*(hub.run(*make) for _ in range(3)))
        await hub.process.ready(hub.is_ready)
        for token in tokens:
            assert (await hub.get("hub", token))["home"] == "home"
    finally:
        await hub.stop()


async def test_a_folder_has_one_hub(process: Hub, settings: Settings) -> None:
    """Two hubs on one lifelog would contradict each other."""
    with pytest.raises(ProcessError, match="a hub already runs on"):
        await process.run("hub", "--port", str(settings.port + 1))


async def test_a_taken_port_is_named(
    process: Hub, settings: Settings, tmp_path: Path
) -> None:
    """The sentence says which setting to change."""
    with pytest.raises(ProcessError) as caught:
        await process.run("hub", "--data-dir", str(tmp_path / "other"))
    assert str(caught.value).startswith("hearthward hub: Choose another `host` or `po")
    assert "\n" not in str(caught.value)


async def test_a_wrong_setting_stops_the_start(settings: Settings) -> None:
    """One sentence and exit code 2; no traceback."""
    hub = Hub(settings.data_dir, 70000)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("hearthward"),
        "hub",
        env=hub.environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.decode() == (
        "In the environment: change `port`: expected `int` <= 65535.\n"
    )


async def test_every_log_line_is_an_object_without_secrets(process: Hub) -> None:
    """Requests are logged with their id and key, and without the token."""
    token = await process.run("key", "create", "--name", "Ada", "--role", "admin")
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "find-me"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{process.url}/api/v1/pairing-code") as response,
    ):
        code = (await response.json())["code"]
    await process.stop()
    lines = log(process)
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    found = [line for line in lines if line.get("request_id") == "find-me"]
    assert [(line["status"], line["key"]) for line in found] == [
        (201, token.split("_")[1])
    ]
    text = str(lines)
    assert token.split("_", 2)[2] not in text
    assert code not in text


async def test_a_stop_is_quick_and_clean(process: Hub) -> None:
    """SIGTERM ends the hub with open streams within seconds, without an error."""
    token = await process.run("key", "create", "--name", "Ada", "--role", "viewer")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{process.url}/api/v1/stream") as stream,
    ):
        await stream.receive_json()
        async with asyncio.timeout(30):
            await process.stop()
            closing = await stream.receive()
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert not [line for line in log(process) if line["level"] == "error"]
    assert not (process.directory / "hub.sock").exists()
    assert not (process.directory / "lifelog.db-wal").exists()
