"""What a process under load told, over all its lives."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

from hearthward.lifelog.checkpoints import load_key
from hearthward.lifelog.sqlite import reading
from hearthward.lifelog.verify import verify
from hearthward.model.proof import Verification

from .load import HOME

PATIENCE = 120.0

# A line may hold every number of a run.
_LINE = 64 * 1024 * 1024


@dataclass(slots=True)
class LoadWitness:
    """Runs `load` on a folder, again and again."""

    folder: Path
    forget: bool = False
    prefix: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    stored: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    alarms: int = 0
    others: int = 0
    unstored: int = 0
    forgotten: int = 0
    found: dict[str, Any] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    _listening: asyncio.Task[None] | None = None
    _ready: bool = False

    async def start(self) -> None:
        """Start it; what was not acknowledged is appended again."""
        self._ready = False
        self.process = await asyncio.create_subprocess_exec(
            *self.prefix,
            sys.executable,
            "-m",
            "tests.faults.hub.load",
            str(self.folder),
            cwd=Path(__file__).parents[3],
            env={**os.environ, **self.environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE,
        )
        order = {
            "start": max(self.begun, default=0) + 1,
            "open": sorted(self.begun - self.stored),
            "forget": self.forget,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self._listening = asyncio.create_task(self._listen(self.process))
        await self.until(lambda: self._ready)

    async def kill(self) -> None:
        """End it at once."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end and to say what it found."""
        await self._end(signal.SIGTERM)
        assert self.found, "it ended without a word"

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; the process must live as long."""
        assert self._listening is not None
        async with asyncio.timeout(PATIENCE):
            while not condition():
                assert not self._listening.done(), "it ended too early"
                await asyncio.sleep(0.01)

    def verify(self) -> Verification:
        """Verify the file as it lies there."""
        trusted = [load_key(self.folder).public_key().public_bytes_raw()]
        with reading(self.folder / "lifelog.db") as connection:
            found = verify(connection, HOME)
            return verify(connection, HOME, trusted) if found.checkpoints else found

    async def _end(self, number: signal.Signals) -> None:
        assert self.process is not None
        assert self._listening is not None
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            await self._listening
            await self.process.wait()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            # Killed in the middle of a line, it has told nothing.
            if line.endswith(b"\n"):
                self._note(json.loads(line))

    def _note(self, told: dict[str, Any]) -> None:
        match told:
            case {"ready": _}:
                self._ready = True
            case {"begun": numbers}:
                self.begun.update(numbers)
            case {"stored": numbers, "lane": lane}:
                self.stored.update(numbers)
                self.alarms += lane == 0
                self.others += lane != 0
            case {"failed": failure}:
                self.failures.append(failure)
            case {"unstored": numbers}:
                self.unstored += len(numbers)
            case {"forgotten": count}:
                self.forgotten += count
            case {"found": found}:
                self.found = found
