"""The follower that keeps the rollups: what is kept of measurements in 5 minutes, an hour and a day.

It joins what is new to the buckets that it falls into (parts.py tells how), or makes them anew
(late.py). It looks every few seconds and takes all of that time at once: charts read what is newer
themselves, and the more a step takes, the less the writer has to write of it (steps.py).
"""

import asyncio
from functools import partial
import logging
from time import monotonic
from zoneinfo import ZoneInfo

from hearthward.lifelog.errors import LifelogUnavailableError
from hearthward.lifelog.log import Lifelog
from hearthward.model.entry import Lane

from . import steps

# A follower that has caught up looks again after this; one that is behind leaves the machine to
# the others for so many times as long as its step took.
_PAUSE = 5.0
_COURTESY = 2.0
_RETRY = 5.0

_LOGGER = logging.getLogger(__name__)


class Rollups:
    """The follower that keeps the rollups."""

    def __init__(self, lifelog: Lifelog, zone: ZoneInfo) -> None:
        """Follow `lifelog`; days are those of `zone`."""
        self._lifelog = lifelog
        self._zone = zone
        self._done = 0
        self._stepping = asyncio.Lock()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            begin, last = monotonic(), self._lifelog.last
            try:
                await self._advance(last)
            except LifelogUnavailableError as error:
                _LOGGER.debug("Rollups wait: %s", error)
                await asyncio.sleep(_RETRY)
            else:
                is_behind = self._done < last
                await asyncio.sleep(
                    _COURTESY * (monotonic() - begin) if is_behind else _PAUSE
                )

    async def catch_up(self) -> None:
        """Return when everything that is committed now is rolled up."""
        last = self._lifelog.last
        while self._done < last:
            await self._advance(last)

    async def _advance(self, last: int) -> None:
        """Take a step, to no entry after the seq `last`."""
        async with self._stepping:
            if self._done >= last:
                return
            home, zone = self._lifelog.home, self._zone
            pieces = await self._lifelog.load(
                lambda connection: steps.prepare(connection, home, zone, last)
            )
            for piece in pieces:
                work = partial(steps.write, piece=piece)
                if not await self._lifelog.transact(work, Lane.BULK):
                    return
            self._done = pieces[-1].after.seq if pieces else last
