"""The burner on an Autoterm-style bus, against the emulator: never against a heater."""

from collections.abc import AsyncIterator
import fcntl
from pathlib import Path
from tempfile import gettempdir

import pytest

from hearthward_sim.autoterm import Autoterm, State, Type

from .bench import Bench, short_directory

# What sim/firmware/heater-autoterm.yaml opens.
LINK = Path(gettempdir()) / "hearthward-autoterm"


class BusHeater(Bench):
    """The heater node with the emulated burner."""

    burner: Autoterm


@pytest.fixture
async def heater(tmp_path: Path) -> AsyncIterator[BusHeater]:
    """Return a node in a cold room with the burner at its bus."""
    with (
        LINK.with_suffix(".lock").open("w") as lock,
        short_directory(tmp_path) as directory,
    ):
        # The path of the port is compiled in: one at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        bench = BusHeater("heater-autoterm", directory)
        with Autoterm(LINK, lambda: bench.world.now) as burner:
            bench.burner = burner
            bench.pumps.append(burner.pump)
            bench.pumps.append(lambda: bench.world.plant.drive("burner", burner.level))
            bench.heat(living_room__air=12.0)
            try:
                await bench.start()
                yield bench
            finally:
                await bench.close()


async def burning(heater: BusHeater) -> None:
    """Wait until the burner burns."""
    await heater.says("burner_state", "burning", within=1800)
    assert heater.burner.state is State.BURNING


async def test_it_starts_and_burns(heater: BusHeater) -> None:
    """Start is ordered once it is wanted; the state is the burner's own."""
    await heater.says("burner_state", "starting", within=1800)
    assert heater.burner.orders[0] is Type.START
    await burning(heater)
    assert heater.burner.bad_frames == 0


async def test_it_is_stopped(heater: BusHeater) -> None:
    """Without demand the burner is ordered to stop and cools down."""
    await burning(heater)
    await heater.set("heating", False)
    await heater.until(
        lambda: heater.burner.state is State.STOPPING, "it stops", within=900
    )
    await heater.says("burner_state", "off", within=300)
    assert Type.STOP in heater.burner.orders


async def test_its_power_follows_the_demand(heater: BusHeater) -> None:
    """A cold room asks for more than the lowest power."""
    await burning(heater)
    await heater.until(lambda: heater.burner.power >= 5, "more power", within=1800)
    assert Type.SETTINGS in heater.burner.orders


async def test_silence_of_a_burning_burner_trips(heater: BusHeater) -> None:
    """Nobody knows what a burner does that stops talking for 15 s."""
    await burning(heater)
    heater.burner.silent = True
    await heater.run(10)
    assert heater.state("tripped") is False
    await heater.says("tripped", True, within=20)
    assert heater.state("trip_reason") == "burner_silent"

    await heater.press("reset_trip")
    assert heater.state("tripped") is True
    heater.burner.silent = False
    await heater.until(
        lambda: heater.burner.state is State.OFF, "it is off", within=600
    )
    await heater.run(60)
    await heater.press("reset_trip")
    await heater.says("tripped", False)


async def test_garbled_answers_are_no_answers(heater: BusHeater) -> None:
    """Frames with a wrong checksum are dropped, told in the log, and count as silence."""
    await burning(heater)
    heater.burner.noisy = True
    await heater.says("tripped", True, within=30)
    assert heater.state("trip_reason") == "burner_silent"
    assert "wrong checksum" in heater.log


async def test_some_noise_does_no_harm(heater: BusHeater) -> None:
    """A few garbled answers are bridged."""
    await burning(heater)
    heater.burner.noisy = True
    await heater.run(5)
    heater.burner.noisy = False
    await heater.run(60)
    assert heater.state("tripped") is False
    assert heater.state("burner_state") == "burning"


async def test_an_error_of_the_burner_trips(heater: BusHeater) -> None:
    """The burner's own error code is latched and logged."""
    await burning(heater)
    heater.burner.error = 13
    await heater.says("tripped", True, within=60)
    assert heater.state("trip_reason") == "burner_fault"
    assert "code 13" in heater.log


async def test_a_burner_that_runs_unasked_is_stopped(heater: BusHeater) -> None:
    """Somebody pressed the button of the heater's own panel."""
    await heater.set("heating", False)
    await heater.run(30)
    heater.burner.state = State.BURNING
    await heater.until(
        lambda: heater.burner.state is not State.BURNING, "it is stopped", within=30
    )
    assert heater.burner.orders[-1] is Type.STOP
