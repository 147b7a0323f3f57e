"""Work for one node that fails ends nothing else."""

import asyncio
import sqlite3
import time

import pytest

from hearthward.edge.esphome.adapter import UnreachableNodeError
from hearthward.model.message import Hello, HelloBody
from hearthward_sim.node import free_port

from .home import PATIENCE, Home


async def test_failed_work(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """A secret that the database will not let go of is logged, and the hub goes on."""
    parts = home.parts
    body = HelloBody(name="Heater", adapter="esphome")
    await parts.gateway.receive([Hello(device="heater", ts=time.time(), body=body)])
    await parts.vault.put("esphome/heater", "a key")
    with sqlite3.connect(parts.settings.data_dir / "lifelog.db") as database:
        database.execute(
            "CREATE TRIGGER keep BEFORE DELETE ON secrets "
            "BEGIN SELECT RAISE(FAIL, 'kept'); END"
        )
    database.close()
    await parts.registry.revoke("heater", "test")
    await parts.registry.delete("heater", "test")
    async with asyncio.timeout(PATIENCE):
        while "Work for a node failed" not in caplog.text:
            await asyncio.sleep(0.01)
    # A node that is added is spoken to, which the adapter has to live for.
    with pytest.raises(UnreachableNodeError):
        await parts.esphome.add("127.0.0.1", free_port())
