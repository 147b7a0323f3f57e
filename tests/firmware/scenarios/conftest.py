"""The home, the firmware and where the reports go."""

from pathlib import Path

import pytest

from hearthward_sim.build import Firmware, build
from hearthward_sim.parameters import Home, load_home

ARTIFACTS = Path(__file__).parents[3] / "artifacts" / "firmware"


@pytest.fixture(scope="session")
def home() -> Home:
    """Read the home's figures."""
    return load_home()


@pytest.fixture(scope="session")
def firmware() -> Firmware:
    """Build the heater; the other worker waits and finds it built."""
    return build(print, ("heater",))


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Return where plots and pages of the runs are kept."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    return ARTIFACTS
