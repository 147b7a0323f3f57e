"""An update over the air finds every output off, and one that breaks off does no harm."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
import socket

import pytest

from .bench import Bench, short_directory
from .test_config import ESPHOME

UPLOAD = """
import sys
from pathlib import Path
from esphome.espota2 import run_ota
sys.exit(run_ota("127.0.0.1", int(sys.argv[1]), None, Path(sys.argv[2]))[0])
"""


@pytest.fixture
async def heater(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return a burning heater."""
    with short_directory(tmp_path) as directory:
        bench = Bench("heater", directory)
        try:
            await bench.start()
            bench.heat(living_room__air=14.0)
            await bench.says("burner", True, within=1200)
            await bench.run(60)
            yield bench
        finally:
            await bench.close()


async def upload(heater: Bench, program: Path) -> asyncio.subprocess.Process:
    """Start an upload as ESPHome does it."""
    return await asyncio.create_subprocess_exec(
        ESPHOME.parent / "python", "-c", UPLOAD, str(heater.ota_port), str(program),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def test_an_update_finds_everything_off(heater: Bench) -> None:
    """The burner stops before the loop is busy writing; the new program starts cold."""
    uploading = await upload(heater, heater.program)
    finished = asyncio.create_task(uploading.wait())
    await heater.paced_until(lambda: "An update begins" in heater.log, "it begins")
    await heater.paced_until(lambda: heater.outputs["burner"] == 0, "the burner is off")
    assert heater.outputs["pump"] == 0
    assert heater.log.count("setup() finished") == 1
    await heater.paced_until(finished.done, "it is uploaded")
    assert uploading.returncode == 0
    await heater.paced_until(
        lambda: heater.log.count("setup() finished") == 2, "the new program runs"
    )
    await heater.disconnect()
    await heater.connect()
    assert heater.state("burner") is False
    assert heater.outputs["burner"] == 0


async def test_a_broken_handshake_changes_nothing(heater: Bench) -> None:
    """Who knocks at the port for updates and leaves cannot stop the heater."""

    def knock() -> None:
        """Run beside the node, which waits in its handshake."""
        with socket.create_connection(("127.0.0.1", heater.ota_port), 60) as client:
            client.sendall(bytes.fromhex("6c26f75c45"))  # the magic of the protocol
            client.recv(2, socket.MSG_WAITALL)
            client.sendall(b"\0")  # no features
            client.recv(2, socket.MSG_WAITALL)  # the header, and no password wanted
            client.sendall(b"\0")  # a size that breaks off

    knocking = asyncio.create_task(asyncio.to_thread(knock))
    await heater.paced_until(knocking.done, "it has been")
    knocking.result()
    await heater.paced_until(lambda: "Read size failed" in heater.log, "it was noticed")
    for _ in range(30):
        await heater.run(1)
        assert heater.outputs["burner"] > 0


async def test_an_update_that_breaks_off_lets_the_heater_go_on(heater: Bench) -> None:
    """It begins anew as after a boot: off first, then it heats again."""
    uploading = await upload(heater, heater.program)
    await heater.paced_until(lambda: "An update begins" in heater.log, "it begins")
    uploading.kill()
    await uploading.wait()
    await heater.run(60)
    assert heater.outputs["burner"] == 0
    await heater.says("burner", True, within=1200)
