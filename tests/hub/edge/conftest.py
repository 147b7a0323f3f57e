"""A home with real firmware: ESPHome's host platform as a process of its own."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
import logging
from pathlib import Path

import pytest

from demo.hub import Hub
from hearthward.config import Settings
from hearthward_sim.build import Firmware, build_other

from .home import Home, NodeProcess
from .shed import HELLO, Shed

_LOGGER = logging.getLogger(__name__)

FIRMWARE = Path(__file__).parent / "firmware" / "all-kinds.yaml"


@pytest.fixture(scope="session")
def firmware() -> Firmware:
    """Return the program with one entity of every kind; compiled when it changed."""
    return build_other("all-kinds", FIRMWARE, _LOGGER.debug)


@pytest.fixture
def start_node(
    firmware: Firmware, tmp_path: Path
) -> Iterator[Callable[[], NodeProcess]]:
    """Start node processes, which end with the test."""
    nodes: list[NodeProcess] = []

    def start() -> NodeProcess:
        folder = tmp_path / f"node-{len(nodes)}"
        node = NodeProcess(firmware.programs["all-kinds"], firmware.preload, folder)
        nodes.append(node)
        node.start()
        node.await_ready()
        return node

    yield start
    for node in nodes:
        node.kill()


@pytest.fixture
def node(start_node: Callable[[], NodeProcess]) -> NodeProcess:
    """Return a running node."""
    return start_node()


@pytest.fixture
def quick_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a node that said goodbye again at once, not after the library's 5 s."""
    monkeypatch.setattr(
        "aioesphomeapi.reconnect_logic.EXPECTED_DISCONNECT_COOLDOWN", 0.1
    )


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home]:
    """Return a home without nodes whose hub runs."""
    async with Home(tmp_path / "hub") as opened:
        yield opened


@pytest.fixture
async def shed(settings: Settings) -> AsyncIterator[Shed]:
    """Run a hub that has approved a device."""
    hub = Hub(settings.data_dir, settings.port)
    make = ("key", "create", "--name", "test", "--role")
    admin = await hub.run(*make, "admin")
    token = await hub.run(*make, "device", "--device", "shed")
    await hub.start()
    try:
        found = Shed(hub, admin, token)
        await found.post(HELLO)
        approving = Shed(hub, admin, admin)
        answer = await approving.curl(data=b"{}", path="devices/shed/approve")
        assert answer.status == 200
        yield found
    finally:
        await hub.stop()
