"""What a device says while somebody approves it."""

import asyncio
from contextlib import suppress

from hearthward.model.deadletter import DeadLetterQuery
from hearthward.model.entry import EntryKind

from .conftest import Gate, hello, state


async def test_what_is_said_while_it_is_approved_is_stored(gate: Gate) -> None:
    """No message stays a dead letter because it crossed the approval."""
    task = asyncio.create_task(gate.parts.replay.run())
    await gate.tell(hello("barn"))

    told = [
        state({"point": "air", "value": 20.0 + number % 7}, device="barn")
        for number in range(8_000)
    ]
    telling = asyncio.create_task(gate.tell(told))
    for _ in range(10):
        # Some of it is judged, all of it is stored later.
        await asyncio.sleep(0)
    await gate.parts.registry.approve("barn", "test")
    await telling
    async with asyncio.timeout(60):
        query = DeadLetterQuery(device="barn")
        while (await gate.parts.dead_letters.page(query)).total:
            await asyncio.sleep(0.05)
    assert await gate.entries(EntryKind.STATE)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
