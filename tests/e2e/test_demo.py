"""`script/demo` as a newcomer runs it, twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
import signal
import sys

import pytest

from demo.dashboard import URL_PATH
from demo.home_assistant import PASSWORD, USER
from demo.home_assistant_client import HomeAssistantClient
from demo.process import Process, accepts_connections, free_port, port_is_free
from demo.stack import Ports

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def ports() -> Ports:
    """Return ports in a row that nobody uses."""
    return next(
        ports
        for ports in (Ports.following(free_port()) for _ in count())
        if all(map(port_is_free, ports.all))
    )


@asynccontextmanager
async def _demo(directory: Path, ports: Ports, log: Path) -> AsyncIterator[Process]:
    """Run the demo until it has printed the way in; end it with Ctrl-C."""
    process = Process(
        "The demo",
        [
            *(sys.executable, "-u", "-m", "demo"),
            f"--port={ports.home_assistant}",
            f"--directory={directory}",
        ],
        log=log,
    )

    async def invites() -> bool:
        return f"Password  {PASSWORD}" in log.read_text()

    await process.start()
    try:
        await process.ready(invites, timeout=250)
        yield process
    finally:
        process.signal(signal.SIGINT)
        await process.wait()


async def test_demo_twice(tmp_path: Path, ports: Ports) -> None:
    """The printed login works, the dashboard stands, and Ctrl-C leaves nothing behind."""
    url = f"http://127.0.0.1:{ports.home_assistant}"
    for run in ("first", "second"):
        log = tmp_path / f"{run}.log"
        async with _demo(tmp_path / "demo", ports, log) as process:
            assert url in log.read_text()
            client = await HomeAssistantClient.connect(url, USER, PASSWORD)
            try:
                await client.wait_for_state(
                    "climate.heater_living_room", lambda state: state["state"] == "heat"
                )
                panels = await client.command("lovelace/dashboards/list")
                assert URL_PATH in [panel["url_path"] for panel in panels]
            finally:
                await client.close()
        assert process.returncode == 0
        assert not any([await accepts_connections(port) for port in ports.all])
        assert ("Pairing" in log.read_text()) is (run == "first")


async def test_taken_port(tmp_path: Path) -> None:
    """A port that is in use is said so in a sentence, with the way out."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = Process(
        "The demo",
        [
            *(sys.executable, "-m", "demo"),
            *(f"--port={port}", f"--directory={tmp_path / 'demo'}"),
        ],
        log=tmp_path / "log",
    )
    await process.start()
    assert await process.wait() == 1
    server.close()
    assert f"Port {port} is taken" in process.tail()
    assert "--port" in process.tail()
