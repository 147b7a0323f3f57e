"""A lifelog under load in a process of its own: `python -m tests.faults.hub.load FOLDER`.

It is given one JSON line, `{"start": 1, "open": [], "forget": true}`: the number to go on from,
numbers that were never acknowledged and whether to forget time and again. It prints one JSON
object a line: `begun` before numbers are appended, `stored` when they are durable, `failed` when
they are not, `unstored` for alarms that are told all the same, `forgotten` after an erasure. At
SIGTERM it closes and prints what `found` says.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
import itertools
import json
from pathlib import Path
import random
import signal
import sys

from hearthward.lifelog import Lifelog, LifelogUnavailableError
from hearthward.lifelog.checkpoints import Checkpoints, load_key
from hearthward.lifelog.forgetting.forgetting import Forgetting
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.erasure import ForgetRequest

HOME = "home"
SECRET = "secret"  # pragma: allowlist secret
MOST = 40
PAUSE = 0.05


def is_secret(number: int) -> bool:
    """Say whether a number is told of the device that is forgotten."""
    return number % 10 == 0


def draft(number: int) -> Draft:
    """Return what is appended for a number, always the same."""
    secret = is_secret(number)
    return Draft(
        ts=float(number),
        kind=EntryKind.NOTE if secret else EntryKind.STATE,
        device=SECRET if secret else f"device_{number % 7}",
        point=f"point_{number % 3}",
        value=float(number),
        text=f"{SECRET} word {number}" if secret else None,
        key=f"key {number}",
    )


def say(**what: object) -> None:
    """Tell the parent."""
    print(json.dumps(what), flush=True)


class Load:
    """Producers of all lanes on one lifelog."""

    def __init__(self, lifelog: Lifelog, numbers: Iterator[int]) -> None:
        """Append `numbers`, each once."""
        self._lifelog = lifelog
        self._numbers = numbers

    async def produce(self, lane: Lane) -> None:
        """Append for ever; what fails is tried again."""
        while True:
            count = 1 if lane is Lane.ALARM else random.randint(1, MOST)
            await self.append(list(itertools.islice(self._numbers, count)), lane)
            await asyncio.sleep(random.uniform(0.0, 0.01))

    async def append(self, numbers: list[int], lane: Lane) -> None:
        """Append until it is stored."""
        say(begun=numbers)
        while True:
            try:
                await self._lifelog.append([draft(number) for number in numbers], lane)
            except LifelogUnavailableError as error:
                say(failed=str(error), lane=lane)
                await asyncio.sleep(PAUSE)
            else:
                say(stored=numbers, lane=lane)
                return


async def forget(forgetting: Forgetting) -> None:
    """Forget time and again."""
    while True:
        await asyncio.sleep(random.uniform(0.0, 0.2))
        with suppress(LifelogUnavailableError):
            done = await forgetting.forget(ForgetRequest(device=SECRET))
            say(forgotten=done.entries)


async def sign(checkpoints: Checkpoints) -> None:
    """Sign time and again."""
    while True:
        await asyncio.sleep(random.uniform(0.0, 0.1))
        await checkpoints.sign_if_possible()


async def main(folder: Path) -> None:
    """Run until SIGTERM."""
    order = json.loads(sys.stdin.readline())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
        checkpoints = Checkpoints(lifelog, load_key(folder))
        forgetting = Forgetting(lifelog, checkpoints)
        lifelog.on_unstored(
            lambda entries: say(unstored=[entry.value for entry in entries])
        )
        load = Load(lifelog, itertools.count(order["start"]))
        say(ready=True)
        tasks = [
            asyncio.create_task(load.append(list(part), Lane.CONTROL))
            for part in itertools.batched(order["open"], MOST, strict=False)
        ]
        endless = [
            asyncio.create_task(work)
            for work in (
                *(load.produce(lane) for lane in Lane),
                sign(checkpoints),
                forgetting.run(),
                *((forget(forgetting),) if order["forget"] else ()),
            )
        ]
        await stop.wait()
        for task in endless:
            task.cancel()
        await asyncio.gather(*endless, return_exceptions=True)
        await asyncio.gather(*tasks)
        # What was handed over is stored though nobody waits for it: before the last erasure begins.
        await lifelog.probe()
        await forgetting.resume()
        if order["forget"]:
            await forgetting.forget(ForgetRequest(device=SECRET))
        await checkpoints.close()
        verification = await lifelog.verify([checkpoints.public_key])
        entries = await lifelog.read(0, lifelog.last)
        received = [entry.received for entry in entries]
    say(
        found={
            "problem": verification.problem,
            "unfinished": verification.unfinished,
            "erased": verification.erased,
            "last": verification.last,
            "span": max(received) - min(received),
            "numbers": list(_numbers(entry.value for entry in entries if entry.device)),
            "incidents": [
                entry.text for entry in entries if entry.kind is EntryKind.INCIDENT
            ],
        }
    )


def _numbers(values: Iterable[float | None]) -> Iterator[int]:
    return (int(value) for value in values if value is not None)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
