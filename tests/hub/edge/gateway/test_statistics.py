"""How the hub is doing."""

import asyncio
from contextlib import suppress

from hearthward.model.privacy import PrivacyModeRequest
from hearthward.model.security import Role
from hearthward.ops.statistics import DEAD_LETTERS

from .conftest import Gate, air, hello


async def test_the_numbers(gate: Gate) -> None:
    """Sizes, rate and letters are those of the hub."""
    await gate.tell(*(air(20.0 + n / 10) for n in range(30)), b"junk")
    await gate.tell(hello("other"))
    await gate.tell(air(20.0, device="other"))
    status, found = await gate.hub.ask("GET", "/api/v1/statistics", Role.VIEWER)
    assert status == 200
    lifelog = gate.parts.settings.data_dir / "lifelog.db"
    assert found["lifelog_bytes"] >= lifelog.stat().st_size > 0
    assert found["free_bytes"] > 0
    assert found["seq"] == gate.parts.lifelog.last
    assert found["ingest_rate"] >= 0.5
    # The one that waits for an approval asks nobody to look at it.
    assert found["dead_letters"] == 1
    assert found.get("storage_problem") is None


async def test_changes_are_told(gate: Gate) -> None:
    """Privacy mode and many dead letters are told at once."""
    told = asyncio.Event()
    gate.parts.statistics.on_changed(told.set)
    running = asyncio.create_task(gate.parts.statistics.run())
    async with asyncio.timeout(60):
        await gate.parts.privacy.switch(PrivacyModeRequest(on=True), "test")
        await told.wait()
        assert (await gate.parts.statistics.read()).privacy_mode
        await gate.parts.privacy.switch(PrivacyModeRequest(on=False), "test")
        told.clear()
        while not told.is_set():
            await gate.tell(*([b"junk"] * DEAD_LETTERS))
            await asyncio.sleep(0.1)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
