"""`hearthward publish`, and the examples of the documentation, as a person runs them."""

import asyncio
from collections.abc import Mapping
import os
from pathlib import Path
import sys

import pytest

from .peers import HELLO, PATIENCE, Peers

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


async def run(
    *command: str | Path,
    data: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a command; return its exit code and all that it prints."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
    )
    output, _ = await process.communicate(data)
    assert process.returncode is not None
    return process.returncode, output.decode()


async def publish(
    peers: Peers, *arguments: str, scheme: str = "http", data: bytes = b""
) -> tuple[int, str]:
    """Run `hearthward publish` for the shed."""
    return await run(
        Path(sys.executable).with_name("hearthward"),
        *("publish", "--url", peers.url(scheme), "shed"),
        *arguments,
        data=data,
        environment={"HEARTHWARD_TOKEN": peers.token},
    )


@pytest.fixture
async def shed(peers: Peers, tmp_path: Path) -> Peers:
    """Introduce the shed by the command line, and approve it."""
    import msgspec

    file = tmp_path / "hello.json"
    file.write_bytes(msgspec.json.encode(HELLO))
    assert await publish(peers, "--hello", str(file)) == (0, "")
    await peers.approve()
    return peers


@pytest.mark.parametrize("scheme", ["http", "ws", "mqtt"])
async def test_values_and_events(shed: Peers, scheme: str) -> None:
    """Numbers, units, on and off, and what happened."""
    said = ("temperature=68 °F", "lamp=on", "--event", "bell=press")
    assert await publish(shed, *said, scheme=scheme) == (0, "")
    await shed.wait_for(20.0, 1.0)
    await shed.wait_for("press", kind="event")


async def test_messages_one_a_line(shed: Peers) -> None:
    """A program pipes its messages through."""
    lines = b"".join(
        b'{"type":"state","ts":%d,"body":{"observations":'
        b'[{"point":"temperature","value":%d}]}}\n' % (1_790_000_000 + number, number)
        for number in range(20)
    )
    assert await publish(shed, data=lines) == (0, "")
    await shed.wait_for(*map(float, range(20)))


async def test_what_cannot_be_sent_is_kept(shed: Peers, tmp_path: Path) -> None:
    """The next run sends it, and the exit code tells."""
    buffer = ("--buffer", str(tmp_path / "shed.db"))
    await shed.hub.stop()
    code, output = await publish(shed, "temperature=20", *buffer, "--timeout", "0.5")
    assert code == 1
    assert "1 messages were not sent and are kept in" in output
    await shed.hub.start()
    assert (await publish(shed, "temperature=21", *buffer))[0] == 0
    await shed.wait_for(20.0, 21.0)


@pytest.mark.parametrize(
    ("arguments", "data", "words"),
    [
        (("temperature",), b"", "NAME=VALUE"),
        ((), b"{torn\n", "Correct the standard input"),
        ((), b'{"type":"nonsense"}\n', "Correct the message"),
        (("--hello", "/dev/null"), b"", "Correct /dev/null"),
    ],
)
async def test_what_is_wrong_is_said(
    peers: Peers, arguments: tuple[str, ...], data: bytes, words: str
) -> None:
    """One sentence and exit code 2."""
    code, output = await publish(peers, *arguments, data=data)
    assert code == 2
    assert words in output
    assert "Traceback" not in output


@pytest.mark.parametrize("transport", ["http", "mqtt"])
async def test_the_example_in_shell(peers: Peers, transport: str) -> None:
    """Curl and mosquitto_pub are all that a device needs."""
    environment = {
        "HUB": peers.hub.url,
        "HEARTHWARD_TOKEN": peers.token,
        "BROKER": "127.0.0.1",
        "BROKER_PORT": str(peers.broker.port),
    }
    script = EXAMPLES / "shed.sh"
    code, output = await run("sh", script, transport, "12.5", environment=environment)
    assert code == 0, output
    await peers.approve()
    code, output = await run("sh", script, transport, "13.5", environment=environment)
    assert code == 0, output
    # The first one waited for the approval.
    await peers.wait_for(12.5, 13.5)
    assert (await run("sh", script, "pigeon", "1"))[0] == 2


async def test_the_example_in_python(peers: Peers, tmp_path: Path) -> None:
    """It measures, keeps what it measured and switches its lamp."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        EXAMPLES / "shed.py",
        peers.url("ws"),
        cwd=tmp_path,
        env=os.environ | {"HEARTHWARD_TOKEN": peers.token},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await peers.approve()
        path = "devices/shed/points/lamp/commands"
        result = await peers.ask("POST", path, {"value": True})
        assert result["status"] == "acknowledged"
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"The lamp is on\n"
            while 1.0 not in await peers.values():
                await asyncio.sleep(0.05)
    finally:
        process.kill()
        await process.wait()
