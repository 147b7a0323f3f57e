"""A whole home whose cables can be pulled and whose parts can be killed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from demo import integration
from demo.entities import Entities
from demo.home import build_firmware
from demo.home_assistant_client import HomeAssistantClient
from demo.hub import Hub
from demo.stack import Ports, Stack

from .proxy import Cable

# Home Assistant and the hub say these when a part is taken away, which is what happens here.
EXPECTED = ("Lost the connection to",)


@dataclass(frozen=True, slots=True)
class Frail:
    """A whole home and its cables."""

    stack: Stack
    hub_cable: Cable
    node_cables: dict[str, Cable]

    @property
    def client(self) -> HomeAssistantClient:
        """Return the logged-in user of the running Home Assistant."""
        return self.stack.home_assistant.client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def frail(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Frail]:
    """Run a home: Home Assistant reaches the hub, and the hub its nodes, through cables."""
    await build_firmware()
    stack = Stack(tmp_path_factory.mktemp("home"), Ports.free())
    async with AsyncExitStack() as cables:
        nodes = {
            node: await cables.enter_async_context(Cable(port))
            for node, port in stack.ports.nodes.items()
        }
        ports = {node: cable.port for node, cable in nodes.items()}
        stack.hub = Hub(stack.directory / "hub", stack.ports.hub, ports)
        hub = await cables.enter_async_context(Cable(stack.ports.hub))
        try:
            await stack.start()
            client = stack.home_assistant.client
            await integration.pair(client, stack.hub, f"http://127.0.0.1:{hub.port}")
            await integration.approve(client, nodes)
            await stack.wait_for_entities()
            yield Frail(stack, hub, nodes)
        finally:
            await stack.stop()
    problems = stack.home_assistant.problems()
    assert [line for line in problems if not any(e in line for e in EXPECTED)] == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def entities(frail: Frail) -> Entities:
    """Return the entities by point."""
    return await frail.stack.wait_for_entities()
