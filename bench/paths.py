"""Both ways from one firmware into one Home Assistant: through the hub, and direct."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.home import build_firmware
from demo.home_assistant_client import HomeAssistantClient
from demo.stack import Ports, Stack

PEER = "esphome integration"
POINT = "living_room.boost_duration"


@dataclass(frozen=True, slots=True)
class Paths:
    """A number of the heater as two entities of the same Home Assistant."""

    client: HomeAssistantClient
    node_port: int
    ours: str
    theirs: str


@asynccontextmanager
async def running_home() -> AsyncIterator[Stack]:
    """Run a whole home in real time, set up as in the demo."""
    await build_firmware()
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        stack = Stack(Path(directory), Ports.free())
        try:
            await stack.start()
            await stack.set_up()
            yield stack
        finally:
            await stack.stop()


@asynccontextmanager
async def both_paths() -> AsyncIterator[Paths]:
    """Run a home and add Home Assistant's own esphome integration to its heater."""
    async with running_home() as stack:
        entities = await stack.wait_for_entities()
        client = stack.home_assistant.client
        port = stack.ports.nodes["heater"]
        theirs = await _add_direct_path(client, port)
        yield Paths(client, port, entities("heater", POINT), theirs)


async def _add_direct_path(client: HomeAssistantClient, port: int) -> str:
    """Set the esphome integration up on the same node; return its entity."""
    entry = await client.add_integration(
        "esphome", {"user": {"host": "127.0.0.1", "port": port}}
    )
    async with asyncio.timeout(60):
        while not (found := await _direct_entity(client, entry["entry_id"])):
            await asyncio.sleep(0.1)
    await client.wait_for_state(
        found, lambda state: state["state"] not in ("unknown", "unavailable")
    )
    return found


async def _direct_entity(client: HomeAssistantClient, entry: str) -> str | None:
    """Return the esphome integration's entity of the number, None while it is not there."""
    zone, _, number = POINT.partition(".")
    for entity in await client.command("config/entity_registry/list"):
        entity_id: str = entity["entity_id"]
        if entity["config_entry_id"] == entry and entity_id.endswith(
            f"{zone}_{number}"
        ):
            return entity_id
    return None
