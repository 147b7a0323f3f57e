"""The firmware lives through every scenario, and what must hold in it holds."""

from pathlib import Path

import msgspec
import pytest

from hearthward_sim.build import Firmware
from hearthward_sim.parameters import Home, load_home
from hearthward_sim.report import write_report
from hearthward_sim.run import run_scenario
from hearthward_sim.scenario import load_scenario, scenario_names
from hearthward_sim.verdict import judge_all

TIMEZONE = load_home().timezone
# The longest first, so that no worker is left alone with it in the end.
NAMES = sorted(
    scenario_names(),
    key=lambda name: load_scenario(name, TIMEZONE).length,
    reverse=True,
)


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", NAMES)
async def test_everything_that_must_hold_holds(
    name: str, home: Home, firmware: Firmware, artifacts: Path, tmp_path: Path
) -> None:
    """Run the scenario and judge it; its report is kept."""
    scenario = load_scenario(name, home.timezone)
    trace = await run_scenario(scenario, home, firmware, tmp_path)
    findings = judge_all(scenario, trace)
    write_report(scenario, home, trace, findings, artifacts / name)
    broken = [f"{f.what}: {f.worst} ({f.why})" for f in findings if not f.holds]
    assert not broken, "\n".join(broken)


@pytest.mark.timeout(900)
async def test_the_same_run_twice_is_the_same_to_the_last_bit(
    home: Home, firmware: Firmware, tmp_path: Path
) -> None:
    """Half a day with commands, a hub that listens and a reboot at full heat."""
    scenario = msgspec.structs.replace(
        load_scenario("reboot-mid-heating", home.timezone), length=12 * 3600.0
    )
    first = await run_scenario(scenario, home, firmware, tmp_path / "first")
    second = await run_scenario(scenario, home, firmware, tmp_path / "second")
    assert len(first.said) > 1000
    assert first.boots == 2
    assert first.digest() == second.digest()
    other = msgspec.structs.replace(scenario, seed=2, length=3600.0)
    third = await run_scenario(other, home, firmware, tmp_path / "third")
    fourth = await run_scenario(
        msgspec.structs.replace(other, seed=1), home, firmware, tmp_path / "fourth"
    )
    assert third.digest() != fourth.digest()
