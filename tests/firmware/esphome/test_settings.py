"""What a user sets is held, kept over a restart, and never above a limit."""

from unittest.mock import patch

from aioesphomeapi import ClimateAction, ClimateMode, ClimatePreset, NumberInfo
import pytest

from .bench import Bench


async def test_a_limit_is_lowered_and_never_raised(heater: Bench) -> None:
    """The network may lower the limit of a floor; the configured one stays the ceiling."""
    limit = heater.entities["bathroom.temperature_limit"]
    assert isinstance(limit, NumberInfo)
    assert limit.max_value == 35
    await heater.set("bathroom.temperature_limit", 28.0)
    assert heater.state("bathroom.temperature_limit") == 28.0
    await heater.set("bathroom.temperature_limit", 50.0)
    assert heater.number("bathroom.temperature_limit") <= 35.0


async def test_a_target_above_the_limit_is_not_taken(heater: Bench) -> None:
    """Neither a target nor a preset gets over the limit of today."""
    await heater.set("bathroom.temperature_limit", 28.0)
    await heater.control("bathroom", target=34.0)
    assert heater.climate("bathroom").target_temperature <= 28.0
    await heater.set("bathroom.boost_temperature", 33.0)
    await heater.control("bathroom", preset="boost")
    assert heater.climate("bathroom").target_temperature <= 28.0


async def test_the_coolant_limit_is_lowered_and_never_raised(heater: Bench) -> None:
    """The limit of the coolant, likewise."""
    await heater.set("coolant_limit", 70.0)
    assert heater.state("coolant_limit") == 70.0
    await heater.set("coolant_limit", 89.0)
    assert heater.number("coolant_limit") <= 80.0


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("living_room.eco_temperature", 15.5),
        ("living_room.boost_duration", 25.0),
        ("bathroom.preheat_lead", 40.0),
        ("hot_water.temperature_limit", 60.0),
        ("coolant_limit", 65.0),
        ("heating", False),
        ("living_room.schedule", False),
        ("hot_water.schedule_sunday", "07:00 normal, 09:00 eco"),
    ],
)
async def test_a_setting_outlives_a_power_cut(
    heater: Bench, point: str, value: float | bool | str
) -> None:
    """Once the node has echoed a setting it is in flash: a power cut does not lose it."""
    await heater.set(point, value)
    assert heater.state(point) == value
    await heater.power_cut()
    await heater.says(point, value)


async def test_a_zone_comes_back_as_it_was_left(heater: Bench) -> None:
    """Mode and preset outlive a restart."""
    await heater.control("living_room", preset="eco")
    await heater.control("hot_water", mode=ClimateMode.OFF)
    await heater.restart()
    await heater.run(20)
    assert heater.climate("living_room").preset is ClimatePreset.ECO
    assert heater.climate("hot_water").mode is ClimateMode.OFF


async def test_boost_comes_back_by_itself(heater: Bench) -> None:
    """Boost lasts as long as it was set to, then what was before holds again."""
    await heater.set("living_room.boost_duration", 30.0)
    await heater.control("living_room", preset="normal")
    await heater.control("living_room", preset="boost")
    assert heater.climate("living_room").preset is ClimatePreset.BOOST
    await heater.run(29 * 60)
    assert heater.climate("living_room").preset is ClimatePreset.BOOST
    await heater.run(2 * 60)
    assert heater.climate("living_room").custom_preset == "normal"
    assert ("living_room.activity", "boost_ended") in heater.events


async def test_a_cold_room_is_heated(heater: Bench) -> None:
    """Demand opens the valve, then the pump runs, then the burner."""
    heater.heat(living_room__air=14.0)
    await heater.control("living_room", preset="normal")
    await heater.until(
        lambda: heater.climate("living_room").action is ClimateAction.HEATING,
        "the living room heats",
    )
    await heater.until(
        lambda: heater.outputs["living_room.valve"] > 0, "its valve opens"
    )
    await heater.says("burner", True, within=1200)
    assert heater.state("pump") is True


async def test_switched_off_nothing_heats(heater: Bench) -> None:
    """The master switch stops the burner and keeps the zones' settings."""
    heater.heat(living_room__air=14.0)
    await heater.says("burner", True, within=1200)
    await heater.set("heating", False)
    await heater.says("burner", False, within=900)
    await heater.run(1800)
    assert heater.state("burner") is False
    assert heater.climate("living_room").mode is ClimateMode.HEAT


async def test_a_command_that_changes_nothing_is_echoed(heater: Bench) -> None:
    """Whoever sent a command learns that it arrived."""
    await heater.control("living_room", preset="eco")
    await heater.set("living_room.eco_temperature", 15.0)
    heater.heard.clear()
    await heater.control("living_room", preset="eco")
    await heater.set("living_room.eco_temperature", 15.0)
    told = {point for _, point, _ in heater.heard}
    assert {"living_room.zone", "living_room.eco_temperature"} <= told


async def test_outputs_are_off_until_the_state_is_known(heater: Bench) -> None:
    """After a restart in the middle of heating nothing runs before the sensors are trusted."""
    heater.heat(living_room__air=14.0)
    await heater.says("burner", True, within=1200)
    await heater.restart()
    assert heater.outputs["burner"] == 0
    assert heater.outputs["pump"] == 0
    await heater.says("burner", True, within=1200)


async def test_stopping_the_program_leaves_everything_off(heater: Bench) -> None:
    """A node that goes down on purpose drives its outputs safe first."""
    heater.heat(living_room__air=14.0)
    await heater.says("burner", True, within=1200)
    await heater.disconnect()
    # The plant lets outputs fall to rest by itself when their node is gone: not here.
    with patch.object(heater.world.plant, "release"):
        heater.world.nodes["heater"].stop()
        await heater.run(1)
    for channel in ("burner", "pump", "fan", "dump", "living_room.valve"):
        assert heater.outputs[channel] == 0, channel
