"""A hub that is killed under load, again and again: what it acknowledged and what it has.

Messages are posted as fast as they are taken. Every now and then the hub is killed (SIGKILL) and
started anew; what was not acknowledged is posted again. At the end each message has to be there
once, and the chain has to verify.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
import os
import random
import sqlite3

import aiohttp

from bench.appends import Seen
from bench.cases.http import serving
from bench.figure import Figure
from bench.posts import body
from demo.hub import Hub
from demo.process import ProcessError

KILLS = int(os.environ.get("BENCH_KILLS", "30"))
PRODUCERS = 4
MOST = 200
PAUSE = 0.05

# Seconds under load before each kill: from some single commits to several foldings of the log.
LOAD = (0.05, 1.5)


@dataclass(slots=True)
class Load:
    """Who posts, and the numbers of the messages that the hub has acknowledged."""

    hub: Hub
    token: str
    acknowledged: set[int] = field(default_factory=set)
    ending: bool = False
    _last: int = 0

    async def produce(self) -> None:
        """Post until the end; what is not acknowledged is posted again."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(
            self.hub.url, headers=headers, raise_for_status=True
        ) as session:
            while not self.ending:
                numbers = self._next()
                data = body(numbers)
                while not await self._post(session, data):
                    await asyncio.sleep(PAUSE)
                self.acknowledged.update(numbers)

    def _next(self) -> range:
        first = self._last + 1
        self._last += random.randint(1, MOST)
        return range(first, self._last + 1)

    async def _post(self, session: aiohttp.ClientSession, data: bytes) -> bool:
        try:
            async with session.post("api/v1/messages", data=data) as response:
                receipt = await response.json()
        except aiohttp.ClientConnectionError, aiohttp.ClientPayloadError:
            return False
        if receipt["rejected"]:
            raise RuntimeError(str(receipt)[:500])
        return True


async def measure() -> AsyncIterator[Figure]:
    """Yield what was lost and doubled, and whether the chain is whole."""
    async with serving() as (hub, token):
        load = Load(hub, token)
        producing = [asyncio.create_task(load.produce()) for _ in range(PRODUCERS)]
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(*LOAD))
            await hub.kill()
            await hub.start()
        load.ending = True
        await asyncio.gather(*producing)
        stored = _stored(hub)
        try:
            await hub.run("lifelog", "verify")
            broken = 0
        except ProcessError:
            broken = 1
    acknowledged = {
        (seen.device, seen.point, seen.ts) for seen in map(Seen, load.acknowledged)
    }
    for figure, value in (
        ("lost", len(acknowledged - stored.keys())),
        ("doubled", sum(stored.values()) - len(stored)),
    ):
        yield Figure(
            bench="kills",
            figure=f"{figure} of {len(acknowledged)} acknowledged, {KILLS} kills",
            value=value,
            unit="messages",
            goal=0,
        )
    yield Figure(
        bench="kills", figure="chains that do not verify", value=broken, unit="", goal=0
    )


def _stored(hub: Hub) -> Counter[tuple[str, str, float]]:
    """Return how often each state is in the hub's file."""
    file = f"file:{hub.directory / 'lifelog.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        return Counter(
            connection.execute(
                "SELECT device, point, ts FROM entries"
                " WHERE kind = 'state' AND device LIKE 'device!___' ESCAPE '!'"
            ).fetchall()
        )
