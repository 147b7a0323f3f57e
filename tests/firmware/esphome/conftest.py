"""Nodes on the bench."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .bench import Bench, short_directory


@pytest.fixture
async def heater(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return the heater of the simulated home, switched on and connected."""
    async for bench in _on_the_bench("heater", tmp_path):
        yield bench


@pytest.fixture
async def care_button(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return the care button, watched in steps of a tenth of a second."""
    async for bench in _on_the_bench("care-button", tmp_path, step=0.1):
        yield bench


@pytest.fixture
async def sensor_node(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return the sensor node."""
    async for bench in _on_the_bench("sensor-node", tmp_path):
        yield bench


async def _on_the_bench(
    name: str, tmp_path: Path, *, step: float = 1.0
) -> AsyncIterator[Bench]:
    with short_directory(tmp_path) as directory:
        bench = Bench(name, directory, step=step)
        try:
            await bench.start()
            yield bench
        finally:
            await bench.close()
