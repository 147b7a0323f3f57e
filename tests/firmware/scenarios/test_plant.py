"""The plant obeys physics: heat is neither made nor lost, and steps do not show."""

from typing import Any

from hypothesis import given, settings, strategies as st
import msgspec
import pytest

from hearthward_sim.parameters import Home, Room
from hearthward_sim.physics import (
    AIR_HEAT,
    BurnerState,
    Drive,
    PlantState,
    ZoneState,
    advance,
    loop_flow,
    stored_heat,
)

HOUR = 3600.0


def a_state(
    home: Home, *, temperature: float = 18.0, coolant: float = 30.0
) -> PlantState:
    """Return a home in which everything but the coolant has one temperature."""
    return PlantState(
        zones=tuple(
            ZoneState(temperature, temperature, temperature)
            if isinstance(zone, Room)
            else ZoneState(water=temperature)
            for zone in home.zone
        ),
        coolant=coolant,
    )


def a_drive(home: Home, *, valve: float = 0.0, **other: Any) -> Drive:
    """Return a drive with every valve alike and, unless said otherwise, nothing else."""
    return Drive(
        valves=tuple(valve for _ in home.zone),
        windows=other.pop("windows", tuple(0.0 for _ in home.zone)),
        **other,
    )


LIGHT = {"air_capacity": 3e4, "mass_capacity": 1e5, "floor_capacity": 3e4}

fraction = st.floats(0.0, 1.0)


@settings(max_examples=25, deadline=None)
@given(
    valve=fraction,
    burner=fraction,
    pump=st.booleans(),
    fan=fraction,
    dump=fraction,
    outside=st.floats(-30.0, 35.0),
    wind=st.floats(0.0, 15.0),
    draw=st.floats(0.0, 10.0),
    window=fraction,
    coolant=st.floats(-5.0, 118.0),
)
def test_heat_is_neither_made_nor_lost(
    home: Home,
    valve: float,
    window: float,
    coolant: float,
    **other: Any,
) -> None:
    """What is stored in the end is what was there, plus what came, minus what went."""
    before = a_state(home, coolant=coolant)
    drive = a_drive(
        home, valve=valve, windows=tuple(window for _ in home.zone), **other
    )
    after = advance(home, before, drive, HOUR / 4)
    change = stored_heat(home, after) - stored_heat(home, before)
    balance = after.gained - after.lost
    assert change == pytest.approx(balance, abs=1.0 + 1e-6 * abs(balance))


def test_the_steady_state_is_the_analytic_one(home: Home) -> None:
    """One room alone, warmed by its people, rests where its loss equals their heat."""
    # A light building comes to the same rest as a heavy one, only sooner.
    room = msgspec.structs.replace(
        home.zone[0], wall=0.0, neighbour="living_room", **LIGHT
    )
    assert isinstance(room, Room)
    alone = msgspec.structs.replace(
        home,
        zone=(room,),
        coolant=msgspec.structs.replace(home.coolant, loss=0.0),
    )
    outside = -10.0
    state = advance(alone, a_state(alone), a_drive(alone, outside=outside), 10 * HOUR)
    leak = AIR_HEAT * room.volume * room.leakage
    # Air loses to the outside directly and, in series, through the building.
    through_shell = 1.0 / (1.0 / room.air_mass + 1.0 / room.mass_outside)
    expected = outside + home.gains / (leak + through_shell)
    air, mass, floor = state.zones[0].air, state.zones[0].mass, state.zones[0].floor
    assert air == pytest.approx(expected, abs=0.01)
    assert floor == pytest.approx(air, abs=0.01)
    assert mass == pytest.approx(
        outside + (air - outside) * through_shell / room.mass_outside, abs=0.01
    )


def test_the_result_does_not_depend_on_the_step(home: Home) -> None:
    """Two hours of heating, calculated in steps of a second and of a quarter."""
    drive = a_drive(home, valve=0.7, burner=0.6, pump=True, fan=0.5, outside=-5.0)
    coarse = fine = a_state(home)
    for _ in range(2):
        coarse = advance(home, coarse, drive, HOUR)
        for _ in range(int(HOUR * 4)):
            fine = advance(home, fine, drive, 0.25)
    assert coarse.coolant == pytest.approx(fine.coolant, abs=0.1)
    for one, other in zip(coarse.zones, fine.zones, strict=True):
        assert msgspec.structs.astuple(one) == pytest.approx(
            msgspec.structs.astuple(other), abs=0.02
        )


def test_a_colder_home_never_warms_by_itself(home: Home) -> None:
    """Heat flows from warm to cold: without burner and people all ends at the outside's."""
    empty = msgspec.structs.replace(
        home,
        gains=0.0,
        zone=tuple(
            msgspec.structs.replace(zone, **LIGHT) if isinstance(zone, Room) else zone
            for zone in home.zone
        ),
    )
    state = advance(
        empty,
        a_state(empty, temperature=5.0, coolant=60.0),
        a_drive(empty, valve=1.0, pump=True, dump=1.0, outside=-8.0),
        20 * HOUR,
    )
    assert state.coolant == pytest.approx(-8.0, abs=0.05)
    assert state.zones[0].air == pytest.approx(-8.0, abs=0.05)


def test_the_burner_lights_after_its_ignition_and_cools_before_it_starts_again(
    home: Home,
) -> None:
    """Start, stop and start again as a diesel heater does."""
    on = a_drive(home, valve=1.0, burner=1.0, pump=True)
    off = a_drive(home, valve=1.0, pump=True)
    state = advance(home, a_state(home), on, home.burner.ignition - 5.0)
    assert not state.burner.flame
    state = advance(home, state, on, 10.0)
    assert state.burner.flame
    state = advance(home, state, on, 10 * home.burner.ramp)
    assert state.burner.heat == pytest.approx(home.burner.power, rel=0.01)
    state = advance(home, state, off, 1.0)
    assert not state.burner.flame
    state = advance(home, state, on, home.burner.cooling - 5.0)
    assert not state.burner.running
    state = advance(home, state, on, 10.0)
    assert state.burner.running


def test_a_burner_without_a_way_for_its_heat_is_cut_by_its_limiter(home: Home) -> None:
    """Every valve shut, the pump dead: the coolant stops below boiling."""
    state, limited, hottest = a_state(home), False, 0.0
    for _ in range(60):
        state = advance(home, state, a_drive(home, burner=1.0), 60.0)
        limited |= state.burner.limited
        hottest = max(hottest, state.coolant)
    assert limited
    assert hottest < home.coolant.boiling


def test_a_burner_without_fuel_gives_no_heat(home: Home) -> None:
    """It runs, but never lights."""
    state = advance(home, a_state(home), a_drive(home, burner=1.0, fuel=False), HOUR)
    assert state.burner == BurnerState(running=True, phase=pytest.approx(HOUR - 1.0))


def test_the_flow_grows_with_the_valves_and_needs_the_pump(home: Home) -> None:
    """A pump against valves in parallel."""
    flows = [
        loop_flow(home, (valve,) * len(home.zone), 0.0, pump=True)
        for valve in (0.0, 0.3, 1.0)
    ]
    assert flows == sorted(flows)
    assert flows[-1] < home.pump.flow
    still = loop_flow(home, (1.0,) * len(home.zone), 0.0, pump=False)
    assert still < 0.05 * flows[-1]


def test_a_valve_takes_its_time_and_a_jammed_one_stays(home: Home) -> None:
    """Half the travel opens half; no order moves a jammed valve."""
    travel = home.zone[0].valve_travel
    state = advance(home, a_state(home), a_drive(home, valve=1.0), travel / 2)
    assert state.zones[0].valve == pytest.approx(0.5)
    jammed = msgspec.structs.replace(
        a_drive(home), valves=tuple(None for _ in home.zone)
    )
    assert advance(home, state, jammed, travel).zones[0].valve == pytest.approx(0.5)
