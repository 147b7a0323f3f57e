"""What goes wrong is told, latched where it must be, and reset by a person only."""

from aioesphomeapi import ClimateMode

from hearthward_sim.actions import Sensor, SensorFault, Valve

from .bench import Bench


async def test_an_overheated_coolant_trips_until_reset(heater: Bench) -> None:
    """The trip outlives a power cut, and is not reset while the coolant is hot."""
    await heater.run(60)
    for temperature in range(40, 100):
        # No faster than a loop can boil: a jump would be an implausible sensor.
        heater.heat(coolant=temperature)
        await heater.run(1)
    await heater.says("tripped", True)
    assert heater.state("trip_reason") == "coolant_overheat"
    assert heater.state("burner") is False
    assert ("heater", "tripped") in heater.events

    await heater.press("reset_trip")
    assert ("heater", "reset_refused") in heater.events
    assert heater.state("tripped") is True

    await heater.power_cut()
    await heater.says("tripped", True)
    assert heater.state("trip_reason") == "coolant_overheat"

    heater.heat(coolant=40.0)
    await heater.run(120)
    assert heater.state("tripped") is True
    await heater.press("reset_trip")
    await heater.says("tripped", False)
    assert heater.state("trip_reason") == "none"
    assert ("heater", "trip_reset") in heater.events


async def test_a_lost_sensor_is_an_alarm(heater: Bench) -> None:
    """The zone goes on with its other sensor, and says so."""
    await heater.run(60)
    heater.apply(Sensor(channel="living_room.air", fault=SensorFault.BROKEN))
    await heater.says("living_room.sensor_problem", True, within=900)
    assert heater.state("sensor_problem") is True
    assert heater.state("living_room.sensor_state") == "fallback"
    assert ("heater", "sensor_lost") in heater.events
    assert ("living_room.activity", "sensor_lost") in heater.events

    heater.apply(Sensor(channel="living_room.air", fault=SensorFault.NONE))
    await heater.says("living_room.sensor_problem", False, within=1800)
    assert ("living_room.activity", "sensor_restored") in heater.events


async def test_a_silent_sensor_is_noticed(heater: Bench) -> None:
    """A sensor that stops answering is as lost as one that is broken."""
    await heater.run(60)
    heater.apply(Sensor(channel="hot_water.water", fault=SensorFault.SILENT))
    await heater.says("hot_water.sensor_problem", True, within=900)
    assert heater.state("hot_water.sensor_state") == "lost"


async def test_no_flow_stops_the_burner(heater: Bench) -> None:
    """Once calibrated, the flow sensor stops the burner in seconds, and then trips it."""
    heater.heat(living_room__air=14.0)
    await heater.says("burner", True, within=1200)
    await heater.run(120)
    await heater.press("calibrate_flow")
    await heater.says("flow_sensor", "armed", within=120)
    heater.apply(Sensor(channel="flow", fault=SensorFault.STUCK, value=0.0))
    await heater.until(lambda: heater.outputs["burner"] == 0, "it stops", within=10)
    # Another way for the water is tried first: one jammed valve must not stop the house.
    await heater.says("tripped", True, within=3600)
    assert heater.state("trip_reason") == "no_flow"
    assert heater.outputs["burner"] == 0


async def test_an_uncalibrated_flow_sensor_watches_nothing(heater: Bench) -> None:
    """Before its calibration the flow sensor is told, not trusted."""
    heater.heat(living_room__air=14.0)
    await heater.says("burner", True, within=1200)
    heater.apply(Sensor(channel="flow", fault=SensorFault.STUCK, value=0.0))
    await heater.run(120)
    assert heater.state("flow_sensor") == "uncalibrated"
    assert heater.state("tripped") is False


async def test_a_stuck_valve_is_told_and_takes_nobody_elses_heat(heater: Bench) -> None:
    """The zone with the jammed valve is named; the others are heated on, without a trip."""
    heater.heat(living_room__air=16.0, bathroom__floor=18.0)
    await heater.says("burner", True, within=1200)
    await heater.run(120)
    await heater.press("calibrate_flow")
    await heater.says("flow_sensor", "armed", within=120)
    await heater.control("bathroom", mode=ClimateMode.OFF)
    await heater.control("hot_water", mode=ClimateMode.OFF)
    await heater.control("living_room", target=24.0)
    await heater.run(300)
    heater.apply(Valve(zone="living_room", at_opening=0.0))
    await heater.until(
        lambda: ("living_room.activity", "valve_stuck") in heater.events,
        "the stuck valve is told",
        within=7200,
    )
    assert ("heater", "valve_stuck") in heater.events
    await heater.says("living_room.valve_problem", True, within=60)
    assert heater.state("tripped") is False
    await heater.control("bathroom", mode=ClimateMode.HEAT)
    await heater.says("burner", True, within=3600)
    assert heater.outputs["bathroom.valve"] > 0
