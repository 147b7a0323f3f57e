"""Write states durably, in a process of its own: `python -m bench.appends WRITER FOLDER`.

For each line `FIRST COUNT` that it is given it writes so many states and prints how many seconds
that took; a COUNT of 1 is a single append. What is written is made before the clock runs. At the
end of the input it prints the most memory that it used, in MiB.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import batched
import os
from pathlib import Path
import resource
import sqlite3
import sys
from time import perf_counter

from hearthward.lifelog import Lifelog
from hearthward.lifelog.chain import DIGEST_SIZE, SALT_SIZE, key_digest
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, EntryKind, Lane

DEVICES = 50
POINTS = 7
BATCH = 1_000
START = 1.7e9
PRODUCERS = 4

INSERT_ENTRY = "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?)"
INSERT_KEY = "INSERT INTO idempotency VALUES (?,?,?)"
PUT_STATE = "INSERT OR REPLACE INTO states VALUES (?,?,?,?,?,?,?,?)"
INSERT_BATCH = "INSERT INTO batches VALUES (?,?,?,?,?,?)"

type Write = Callable[[int, int], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A state, as every writer is given it."""

    number: int

    @property
    def device(self) -> str:
        """The device."""
        return f"device_{self.number % DEVICES:02}"

    @property
    def point(self) -> str:
        """The point of the device."""
        return f"sensor.point_{self.number % POINTS}"

    @property
    def ts(self) -> float:
        """When it happened."""
        return START + self.number * 0.1

    @property
    def value(self) -> float:
        """A value that is another than the one before."""
        return self.number % 1_000 / 8

    @property
    def key(self) -> str:
        """The key of the message."""
        return f"message 0 {self.number:032x}"


@asynccontextmanager
async def lifelog_writer(folder: Path) -> AsyncIterator[Write]:
    """Append to the lifelog, as an adapter hands in batches."""
    async with Lifelog(SqliteStore(folder / "lifelog.db"), "home") as lifelog:

        async def write(first: int, count: int) -> float:
            size = min(BATCH, count)
            drafts = [_draft(Seen(number)) for number in range(first, first + count)]
            parts = [drafts[start : start + size] for start in range(0, count, size)]
            queue = iter(parts)

            async def produce() -> None:
                for part in queue:
                    await lifelog.append(part, Lane.TELEMETRY)

            began = perf_counter()
            await asyncio.gather(*(produce() for _ in range(PRODUCERS)))
            return perf_counter() - began

        yield write


@asynccontextmanager
async def sqlite_writer(folder: Path) -> AsyncIterator[Write]:
    """Insert the same rows into the same tables and do nothing else."""
    file = folder / "lifelog.db"
    store = SqliteStore(file)
    store.open()
    store.close()
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("synchronous=FULL", "cache_size=-8192", "secure_delete=ON"):
        database.execute(f"PRAGMA {pragma}").fetchall()

    async def write(first: int, count: int) -> float:
        numbers = range(first, first + count)
        parts = [
            _rows(numbers[start : start + BATCH]) for start in range(0, count, BATCH)
        ]
        began = perf_counter()
        for entries, keys, states, batch in parts:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(INSERT_ENTRY, entries)
            database.executemany(INSERT_KEY, keys)
            database.executemany(PUT_STATE, states)
            database.execute(INSERT_BATCH, batch)
            database.execute("COMMIT")
        return perf_counter() - began

    yield write
    database.close()


@asynccontextmanager
async def recorder_writer(folder: Path) -> AsyncIterator[Write]:
    """Set states in Home Assistant and wait until its recorder has committed them."""
    from homeassistant import core, loader
    from homeassistant.components.recorder import DOMAIN
    from homeassistant.config_entries import ConfigEntries
    from homeassistant.helpers import recorder
    from homeassistant.setup import async_setup_component

    hass = core.HomeAssistant(str(folder))
    hass.config_entries = ConfigEntries(hass, {})
    loader.async_setup(hass)
    recorder.async_initialize_recorder(hass)
    url = f"sqlite:///{folder / 'recorder.db'}"
    if not await async_setup_component(hass, DOMAIN, {DOMAIN: {"db_url": url}}):
        raise RuntimeError("The recorder cannot be set up")
    await hass.async_start()
    instance = recorder.get_instance(hass)
    await instance.async_recorder_ready.wait()

    async def write(first: int, count: int) -> float:
        seen = [Seen(number) for number in range(first, first + count)]
        states = [
            (f"sensor.{one.device}_{one.point[7:]}", str(one.value)) for one in seen
        ]
        began = perf_counter()
        # Left alone it would commit all of a slice at once, which takes it four times as long.
        for part in batched(states, BATCH, strict=False):
            for entity, value in part:
                hass.states.async_set(entity, value)
            await instance.async_block_till_done()
        return perf_counter() - began

    yield write
    await hass.async_stop(force=True)


def _draft(seen: Seen) -> Draft:
    return Draft(
        ts=seen.ts,
        kind=EntryKind.STATE,
        device=seen.device,
        point=seen.point,
        value=seen.value,
        key=seen.key,
    )


type _Rows = list[tuple[object, ...]]


def _rows(numbers: range) -> tuple[_Rows, _Rows, _Rows, tuple[object, ...]]:
    """Return the rows of a batch in the four tables; salts and hashes are any bytes."""
    batch = [Seen(number) for number in numbers]
    entries: _Rows = [
        (
            "home",
            one.number,
            one.ts,
            one.ts,
            "state",
            one.device,
            one.point,
            one.value,
            None,
            None,
            os.urandom(SALT_SIZE),
        )
        for one in batch
    ]
    keys: _Rows = [
        ("home", key_digest(one.device, one.key), one.number) for one in batch
    ]
    newest = {(one.device, one.point): one for one in batch}
    states: _Rows = [
        ("home", one.device, one.point, one.number, one.ts, one.value, None, None)
        for one in newest.values()
    ]
    digests = os.urandom(DIGEST_SIZE * len(batch))
    link = ("home", numbers[0], numbers[-1], START, digests, os.urandom(DIGEST_SIZE))
    return entries, keys, states, link


WRITERS = {
    "lifelog": lifelog_writer,
    "sqlite": sqlite_writer,
    "recorder": recorder_writer,
}


async def main(name: str, folder: Path) -> None:
    """Write what is asked for."""
    async with WRITERS[name](folder) as write:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            first, count = map(int, line.split())
            print(await write(first, count), flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
