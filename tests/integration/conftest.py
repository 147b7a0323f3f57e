"""A real hub, and a Home Assistant that is connected to it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import logging
from pathlib import Path
import socket

from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Imported before Home Assistant looks for it, else the plugin's own `custom_components` wins.
from custom_components.hearthward.const import DOMAIN
from hearthward.model.security import PairingRequest

from . import devices
from .hub import HUB_ID, RunningHub

type Settle = Callable[[], Awaitable[None]]


@pytest.fixture(autouse=True)
def custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration; keep the hub's SQL out of the log."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write Home Assistant's objects without what differs from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def hub(
    hass: HomeAssistant, tmp_path: Path, socket_enabled: None
) -> AsyncGenerator[RunningHub]:
    """Run a hub without devices."""
    hub = RunningHub(tmp_path / "hub", free_port())
    try:
        await hub.start()
        yield hub
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)
    finally:
        # Its threads would outlive the tests.
        await hub.stop()


@pytest.fixture
async def token(hub: RunningHub) -> str:
    """Return a token as pairing gives it."""
    request = PairingRequest(code=await hub.pairing_code(), name="Test")
    return (await hub.parts.pairing.redeem(request)).token


@pytest.fixture
async def entry(hass: HomeAssistant, hub: RunningHub, token: str) -> MockConfigEntry:
    """Return a config entry for the hub that is not set up yet."""
    await async_setup_component(hass, "homeassistant", {})
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Test hub",
        unique_id=HUB_ID,
        data={CONF_URL: hub.url, CONF_TOKEN: token},
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def settle(hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry) -> Settle:
    """Return a function that waits until Home Assistant knows all that the hub knows."""

    async def settle() -> None:
        coordinator = entry.runtime_data.coordinator
        await wait_for(
            hass,
            lambda: (
                coordinator.last_update_success
                and coordinator.data.seq == hub.parts.lifelog.last
            ),
        )

    return settle


@pytest.fixture
async def inhabited(hub: RunningHub) -> RunningHub:
    """Return the hub with one device of each kind."""
    for device, body in devices.ALL.items():
        await hub.admit(device, body)
    await hub.say_points(devices.HEATER, devices.HEATER_STATES)
    await hub.say_points(devices.LAMP, devices.LAMP_STATES)
    return hub


@pytest.fixture
async def home(
    hass: HomeAssistant, inhabited: RunningHub, entry: MockConfigEntry
) -> MockConfigEntry:
    """Return the config entry of a home with one device of each kind, set up."""
    await set_up(hass, entry)
    return entry


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up the config entry and wait for its entities."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def wait_for(hass: HomeAssistant, condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
    await hass.async_block_till_done()
