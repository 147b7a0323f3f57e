"""One whole home for all end-to-end tests, set up once as a new user would."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from demo import dashboard
from demo.entities import Entities
from demo.home import build_firmware
from demo.home_assistant_client import HomeAssistantClient
from demo.stack import Ports, Stack
from tests.node import DirectNode

# Home Assistant logs each call that it refuses; the tests make such calls on purpose.
REFUSED_CALL = "[homeassistant.components.websocket_api.http.connection]"

ARTIFACTS = Path(__file__).parents[2] / "artifacts/e2e"


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Return the folder for what the tests keep."""
    return ARTIFACTS


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Run hub, firmware, house and Home Assistant, paired and approved."""
    await build_firmware()
    stack = Stack(tmp_path_factory.mktemp("home"), Ports.free(), speed=20)
    try:
        await stack.start()
        # The sensor node waits for the test of the approval.
        await stack.set_up(("heater", "care-button"))
        await dashboard.install(stack.home_assistant.client)
        yield stack
    finally:
        await stack.stop()
    problems = stack.home_assistant.problems()
    assert [line for line in problems if REFUSED_CALL not in line] == []


@pytest.fixture(scope="session")
def client(stack: Stack) -> HomeAssistantClient:
    """Return the logged-in user."""
    return stack.home_assistant.client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def entities(stack: Stack) -> Entities:
    """Return the entities by point."""
    return await stack.wait_for_entities()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def heater(stack: Stack) -> AsyncIterator[DirectNode]:
    """Speak to the heater beside the hub, to see what the firmware itself says."""
    node = await DirectNode.connect(stack.ports.nodes["heater"])
    yield node
    await node.close()
