"""How the hub is doing, in numbers that cost next to nothing to ask for."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
import shutil
import time

from hearthward.edge.deadletters import DeadLetters
from hearthward.home.privacy import Privacy
from hearthward.lifelog import Batch, Lifelog, LifelogError
from hearthward.lifelog.media import MediaLibrary
from hearthward.model.statistics import Statistics

# The rate is that of the last minute.
_WINDOW = 60

# How often what nobody tells of is looked at, s.
_LOOK = 2.0

# A person is asked to look at the dead letters from so many on.
DEAD_LETTERS = 20

# The lifelog, its journal, and the index that it is searched with.
_FILES = ("lifelog.db*", "search/*")


class Monitor:
    """Watches the hub."""

    def __init__(
        self,
        lifelog: Lifelog,
        letters: DeadLetters,
        media: MediaLibrary,
        privacy: Privacy,
        folder: Path,
    ) -> None:
        """Watch the lifelog whose files are in `folder`, and what is kept beside it."""
        self.broker_dropped = 0
        self._lifelog = lifelog
        self._letters = letters
        self._media = media
        self._privacy = privacy
        self._folder = folder
        self._dead_letters = 0
        self._seconds: deque[tuple[int, int]] = deque()
        self._listeners: list[Callable[[], None]] = []
        lifelog.project(self._count)
        privacy.on_changed(self._tell)

    async def read(self) -> Statistics:
        """Return the statistics as of now."""
        sizes = await asyncio.to_thread(self._sizes)
        return Statistics(
            ts=time.time(),
            seq=self._lifelog.last,
            lifelog_bytes=sizes[0],
            media_bytes=self._media.bytes,
            free_bytes=sizes[1],
            ingest_rate=self._rate(),
            backlog=self._lifelog.backlog,
            dead_letters=await self._count_letters(),
            broker_dropped=self.broker_dropped,
            storage_problem=self._lifelog.failure,
            privacy_mode=self._privacy.status.on,
        )

    def note_dropped(self, dropped: int) -> None:
        """Take how many messages the MQTT broker says that it gave up."""
        self.broker_dropped = dropped

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the storage's problem or privacy mode begins or ends.

        It is also called when there are too many dead letters, and when there are not any more.
        """
        self._listeners.append(listener)

    async def run(self) -> None:
        """Look at what nobody tells of, until cancelled."""
        known: tuple[str | None, bool] | None = None
        while True:
            many = await self._count_letters() >= DEAD_LETTERS
            seen = (self._lifelog.failure, many)
            if known is not None and seen != known:
                self._tell()
            known = seen
            await asyncio.sleep(_LOOK)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _count(self, batch: Batch) -> None:
        second = int(time.monotonic())
        before = 0
        if self._seconds and self._seconds[-1][0] == second:
            before = self._seconds.pop()[1]
        self._seconds.append((second, before + len(batch.entries)))
        self._drop_old(second)

    def _rate(self) -> float:
        self._drop_old(int(time.monotonic()))
        return round(sum(count for _, count in self._seconds) / _WINDOW, 2)

    def _drop_old(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - _WINDOW:
            self._seconds.popleft()

    async def _count_letters(self) -> int:
        # What keeps it from being read is told as the problem of the storage.
        with suppress(LifelogError):
            self._dead_letters = await self._letters.count()
        return self._dead_letters

    def _sizes(self) -> tuple[int, int]:
        """Return the bytes of the lifelog's files, and those that are free beside them."""
        used = 0
        for pattern in _FILES:
            for file in self._folder.glob(pattern):
                # A journal may go while it is looked at.
                with suppress(FileNotFoundError):
                    used += file.stat().st_size
        return used, shutil.disk_usage(self._folder).free
