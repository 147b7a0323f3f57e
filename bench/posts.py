"""Post messages to a hub from a process of its own: `python -m bench.posts URL`.

For each line `FIRST COUNT BATCH RATE` it posts so many messages, in batches, and prints one line of
JSON with the seconds that it took and the latency of each batch. A RATE of 0 is as fast as it
goes, with a few batches under way at once; otherwise it is messages a second, evenly. Bodies are
made before the clock runs. `TOKEN` is in the environment.
"""

import asyncio
from collections.abc import Sequence
import os
import sys
from time import perf_counter

import aiohttp
import msgspec

from bench.appends import DEVICES, POINTS, START, Seen
from hearthward.model.device import Point, PointKind
from hearthward.model.message import Hello, HelloBody, Observation, State, StateBody

PRODUCERS = 4


class Posted(msgspec.Struct):
    """What posting took, in seconds."""

    seconds: float
    latencies: list[float]


def hellos() -> list[Hello]:
    """Return the hellos of the devices that speak."""
    points = tuple(
        Point(
            id=f"sensor.point_{number}",
            object_id=f"point_{number}",
            kind=PointKind.SENSOR,
            name=f"Point {number}",
        )
        for number in range(POINTS)
    )
    return [
        Hello(
            device=f"device_{number:02}",
            ts=START,
            body=HelloBody(name=f"Device {number}", points=points),
        )
        for number in range(DEVICES)
    ]


def body(numbers: range) -> bytes:
    """Return a batch: a message of one observation for each number."""
    return msgspec.json.encode([state(Seen(number)) for number in numbers])


def state(seen: Seen) -> State:
    """Return the message of one observation."""
    observation = Observation(point=seen.point, value=seen.value)
    return State(
        device=seen.device,
        ts=seen.ts,
        id=f"{seen.number:032x}",
        body=StateBody(observations=(observation,)),
    )


async def post(
    session: aiohttp.ClientSession, bodies: Sequence[bytes], pause: float
) -> Posted:
    """Post bodies, one each `pause` seconds or as fast as it goes."""
    latencies: list[float] = []
    queue = iter(bodies)

    async def send(data: bytes) -> None:
        began = perf_counter()
        async with session.post("api/v1/messages", data=data) as response:
            receipt = await response.json()
            if not response.ok or receipt["rejected"]:
                raise RuntimeError(f"{response.status}: {str(receipt)[:500]}")
        latencies.append(perf_counter() - began)

    async def produce() -> None:
        for data in queue:
            await send(data)

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        if not pause:
            for _ in range(PRODUCERS):
                group.create_task(produce())
        else:
            for number, data in enumerate(bodies):
                await asyncio.sleep(began + number * pause - perf_counter())
                group.create_task(send(data))
    return Posted(perf_counter() - began, latencies)


async def main(url: str) -> None:
    """Post what is asked for."""
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    async with aiohttp.ClientSession(url, headers=headers) as session:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            first, count, batch, rate = map(int, line.split())
            bodies = [
                body(range(start, min(start + batch, first + count)))
                for start in range(first, first + count, batch)
            ]
            posted = await post(session, bodies, batch / rate if rate else 0.0)
            print(msgspec.json.encode(posted).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
