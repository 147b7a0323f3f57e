"""Both ways from one firmware into one Home Assistant: through the hub, and direct."""

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
    name = POINT.rpartition(".")[2]
    registry = await client.command("config/entity_registry/list")
    entity_id: str = next(
        entity["entity_id"]
        for entity in registry
        if entity["config_entry_id"] == entry["entry_id"]
        and entity["entity_id"].startswith("number.")
        and "living_room" in entity["entity_id"]
        and entity["entity_id"].endswith(name)
    )
    await client.wait_for_state(
        entity_id, lambda state: state["state"] not in ("unknown", "unavailable")
    )
    return entity_id
