"""The lifelog under faults: kills, a full disk, a slow disk, a clock that jumps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
import random
import subprocess
import sys
from typing import Any

import aiohttp
import pytest

from demo.hub import Hub
from demo.process import Process, free_port

from .load import SECRET, is_secret
from .witness import PATIENCE, LoadWitness

CYCLES = 20
DISK = "64m"
HEARTHWARD = Path(sys.executable).with_name("hearthward")

# A disk that is full to its last page, with a hub's data on it; then its reserve is gone as well.
NO_ROOM = f"""
mount -t tmpfs -o size={DISK} tmpfs "$1" && cp -a "$0/." "$1" && rm -f "$1/lifelog.reserve"
cat /dev/zero > "$1/ballast" 2> /dev/null
shift && exec "$@"
"""
FAULTS = Path(__file__).with_name("faults.c")


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[LoadWitness]:
    """Return a witness whose process does not outlive the test."""
    folder = tmp_path / "data"
    folder.mkdir()
    found = LoadWitness(folder)
    yield found
    if found.process is not None:
        with suppress(ProcessLookupError):
            found.process.kill()


def check(witness: LoadWitness) -> None:
    """Check that what was acknowledged is there, once, and the chain is whole."""
    found = witness.found
    assert found["problem"] is None
    numbers = found["numbers"]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= witness.begun
    assert {number for number in witness.stored if not is_secret(number)} <= set(
        numbers
    )


async def test_kills_lose_and_double_nothing(witness: LoadWitness) -> None:
    """With all lanes, checkpoints and erasures at work, and the chain whole each time."""
    random.seed(11)
    witness.forget = True
    for _ in range(CYCLES):
        await witness.start()
        await asyncio.sleep(random.uniform(0.0, 0.6))
        await witness.kill()
        assert witness.verify().problem is None
    await witness.start()
    await witness.until(
        lambda: witness.begun <= witness.stored or witness.forgotten > 0
    )
    await witness.stop()
    check(witness)
    assert witness.found["unfinished"] == 0
    assert witness.found["erased"] > 0
    assert not any(map(is_secret, witness.found["numbers"]))
    assert not any(
        f"{SECRET} word".encode() in file.read_bytes()
        for file in witness.folder.iterdir()
    )


async def test_a_full_disk_keeps_room_for_alarms_and_heals(
    witness: LoadWitness,
) -> None:
    """All else waits and is told why; when there is room again it goes on by itself."""
    mount = f'mount -t tmpfs -o size={DISK} tmpfs "$0" && exec "$@"'
    witness.prefix = ("unshare", "-rm", "sh", "-c", mount, str(witness.folder))
    await witness.start()
    await witness.until(lambda: witness.others > 10)
    assert witness.process is not None
    disk = Path(f"/proc/{witness.process.pid}/root{witness.folder}")
    await asyncio.to_thread(fill, disk / "ballast")
    await witness.until(lambda: len(witness.failures) > 10)
    assert "The disk is full" in witness.failures[-1]
    alarms, others = witness.alarms, witness.others
    await witness.until(lambda: witness.alarms > alarms + 20)
    assert witness.others <= others + 1
    (disk / "ballast").unlink()
    await witness.until(lambda: witness.others > others + 20)
    await witness.stop()
    check(witness)
    incidents = witness.found["incidents"]
    assert any("Nothing but alarms is stored" in text for text in incidents)
    assert any("Everything is stored again" in text for text in incidents)


def fill(ballast: Path) -> None:
    """Write until there is no room."""
    with ballast.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            for size in (1024 * 1024, 4096):
                with suppress(OSError):
                    while stream.write(bytes(size)):
                        pass
            raise OSError


async def test_a_hub_that_starts_without_any_room_heals(tmp_path: Path) -> None:
    """It reads what it can; when there is room again it stores by itself, and says so."""
    seed, folder = tmp_path / "seed", tmp_path / "data"
    folder.mkdir()
    prepared = Hub(seed, free_port())
    token = await prepared.run("key", "create", "--name", "test", "--role", "admin")
    await prepared.start()
    before = await prepared.get("entries", token)
    await prepared.stop()

    hub = Hub(folder, free_port())
    process = Process(
        "The hub",
        ["unshare", "-rm", "sh", "-c", NO_ROOM, seed, folder, HEARTHWARD, "hub"],
        log=tmp_path / "hub.log",
        environment=hub.environment,
    )
    await process.start()
    try:
        async with asyncio.timeout(PATIENCE):
            statistics = await until_it_answers(hub, token)
            assert "The disk" in statistics["storage_problem"]
            assert not await hub.is_ready()
            # What was stored is there to read.
            known = {entry["seq"] for entry in before["entries"]}
            found = await hub.get("entries", token)
            assert known <= {entry["seq"] for entry in found["entries"]}
            Path(f"/proc/{process.pid}/root{folder}/ballast").unlink()
            while not await hub.is_ready():
                await asyncio.sleep(0.1)
        [incident] = (await hub.get("entries", token, kind="incident"))["entries"]
        assert "Everything is stored again" in incident["text"]
        assert process.running
    finally:
        await process.stop()


async def until_it_answers(hub: Hub, token: str) -> Any:
    """Return a hub's statistics as soon as it serves."""
    while True:
        with suppress(aiohttp.ClientConnectionError):
            return await hub.get("statistics", token)
        await asyncio.sleep(0.1)


async def test_a_slow_disk_and_a_jumping_clock_lose_nothing(
    witness: LoadWitness, tmp_path: Path
) -> None:
    """Whatever time it is and however long it takes, what is acknowledged is there."""
    library = await asyncio.to_thread(build, tmp_path / "faults.so")
    clock = tmp_path / "clock"
    clock.write_text("0")
    witness.environment = {
        "LD_PRELOAD": str(library),
        "FAULT_SYNC_MS": "80",
        "FAULT_CLOCK": str(clock),
    }
    await witness.start()
    for offset in (0, -86_400, 31_536_000, -31_536_000, 3_600):
        clock.write_text(str(offset))
        enough = len(witness.stored) + 200
        await witness.until(partial(has_stored, witness, enough))
    await witness.kill()
    assert witness.verify().problem is None
    clock.write_text("-600")
    await witness.start()
    await witness.stop()
    check(witness)
    assert not witness.failures
    # The clock did jump.
    assert witness.found["span"] > 2 * 31_000_000


def build(library: Path) -> Path:
    """Compile the faults."""
    command = ["cc", "-shared", "-fPIC", "-o", str(library), str(FAULTS), "-ldl"]
    subprocess.run(command, check=True)
    return library


def has_stored(witness: LoadWitness, count: int) -> bool:
    """Say whether so many numbers are stored."""
    return len(witness.stored) >= count
