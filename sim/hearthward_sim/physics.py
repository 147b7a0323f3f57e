"""The thermal plant: lumped heat capacities, integrated by small explicit steps.

Per room the model of Bacher and Madsen (doi:10.1016/j.enbuild.2011.02.005) with air, building
mass and heated floor; a well-mixed tank; one coolant loop with the burner in it. Heat from the
loop follows the effectiveness-NTU method. The figures and their sources are in home.toml.

Everything here is a pure function over frozen state. Temperatures in °C, heat in W and J,
flow in L/min, time in s.
"""

from math import exp

import msgspec

from .parameters import Home, Room, Tank, Zone

# Smallest time constant of the home is that of the coolant with every valve open, some 50 s;
# explicit steps of a second follow it within a percent.
MAX_STEP = 1.0
KG_PER_LITER = 1.0
WATER_HEAT = 4186.0
# EN 12831: heat that a cubic metre of air carries, Wh/(m³ K).
AIR_HEAT = 0.34


class ZoneState(msgspec.Struct, frozen=True, gc=False):
    """What a zone holds. A tank has only water; `valve` is the opening 0..1."""

    air: float = 0.0
    mass: float = 0.0
    floor: float = 0.0
    water: float = 0.0
    valve: float = 0.0


class BurnerState(msgspec.Struct, frozen=True, gc=False):
    """The burner: seconds in its present phase, whether it burns, its heat in W."""

    running: bool = False
    flame: bool = False
    limited: bool = False
    phase: float = 1e9
    heat: float = 0.0


class PlantState(msgspec.Struct, frozen=True, gc=False):
    """The home at one moment. `gained` and `lost` sum the heat that crossed its border, J."""

    zones: tuple[ZoneState, ...]
    coolant: float
    burner: BurnerState = BurnerState()
    flow: float = 0.0
    gained: float = 0.0
    lost: float = 0.0


class Drive(msgspec.Struct, frozen=True, gc=False):
    """What acts on the plant: the node's outputs (0..1), the weather and the people.

    `valves` and `windows` go with the home's zones in order. A valve of None does not move.
    """

    valves: tuple[float | None, ...]
    windows: tuple[float, ...]
    burner: float = 0.0
    pump: bool = False
    fan: float = 0.0
    dump: float = 0.0
    outside: float = 0.0
    wind: float = 0.0
    draw: float = 0.0
    fuel: bool = True


def advance(home: Home, state: PlantState, drive: Drive, seconds: float) -> PlantState:
    """Return the state after `seconds` under a constant drive."""
    steps = max(1, round(seconds / MAX_STEP + 0.499))
    for _ in range(steps):
        state = _step(home, state, drive, seconds / steps)
    return state


def stored_heat(home: Home, state: PlantState) -> float:
    """Return the heat in every capacity of the home, J above 0 °C."""
    total = home.coolant.heat_capacity * state.coolant
    for zone, now in zip(home.zone, state.zones, strict=True):
        if isinstance(zone, Tank):
            total += zone.water_capacity * now.water
        else:
            total += (
                zone.air_capacity * now.air
                + zone.mass_capacity * now.mass
                + zone.floor_capacity * now.floor
            )
    return total


def loop_flow(
    home: Home, valves: tuple[float, ...], dump: float, *, pump: bool
) -> float:
    """Return the flow of the loop in L/min: a pump against its valves in parallel."""
    opening = _opening(home, valves, dump)
    flow = home.pump.flow * opening / (opening + home.pump.resistance)
    return flow if pump else flow * home.pump.thermosiphon


def air_exchange(home: Home, room: Room, window: float, wind: float) -> float:
    """Return the loss of a room's air to the outside in W/K (EN 12831)."""
    leakage = room.leakage * (1.0 + home.weather.wind_leakage * wind)
    return AIR_HEAT * room.volume * (leakage + room.window * window)


class _Around(msgspec.Struct, frozen=True, gc=False):
    """What surrounds a zone in one step: temperatures, conductances in W/K, heat in W.

    `share` is the heat capacity flow of its branch of the loop, W/K.
    """

    coolant: float
    outside: float
    share: float
    fan: float
    leak: float
    inside: float
    drawn: float


def _step(home: Home, state: PlantState, drive: Drive, dt: float) -> PlantState:
    valves = tuple(
        _move_valve(zone, now.valve, target, dt)
        for zone, now, target in zip(home.zone, state.zones, drive.valves, strict=True)
    )
    flow = loop_flow(home, valves, drive.dump, pump=drive.pump)
    # Heat capacity flow that passes a valve opened by one, W/K.
    branch = flow / 60.0 * KG_PER_LITER * home.coolant.specific_heat
    branch /= _opening(home, valves, drive.dump)
    burner = _burn(home, state, drive, dt)
    pipes = home.coolant.loss * (state.coolant - state.zones[0].air)
    dumped = _exchanged(
        branch * home.dump.valve_share * drive.dump,
        home.dump.radiator,
        state.coolant - drive.outside,
    )
    taken, lost = pipes + dumped, dumped
    zones: list[ZoneState] = []
    shares = tuple(
        branch * zone.valve_share * valve
        for zone, valve in zip(home.zone, valves, strict=True)
    )
    for index, around in enumerate(_surroundings(home, state, drive, shares, pipes)):
        zone, now = home.zone[index], state.zones[index]
        if isinstance(zone, Tank):
            after, heat, out = _tank(zone, now, around, valves[index], dt)
        else:
            after, heat, out = _room(zone, now, around, valves[index], dt)
        zones.append(after)
        taken += heat
        lost += out

    capacity = home.coolant.heat_capacity
    coolant = state.coolant + dt * (burner.heat - taken) / capacity
    if coolant > home.coolant.boiling:
        lost += (coolant - home.coolant.boiling) * capacity / dt
        coolant = home.coolant.boiling
    gained = burner.heat + home.gains
    return PlantState(
        tuple(zones),
        coolant,
        burner,
        flow,
        state.gained + dt * gained,
        state.lost + dt * lost,
    )


def _surroundings(
    home: Home, state: PlantState, drive: Drive, shares: tuple[float, ...], pipes: float
) -> list[_Around]:
    """Return what surrounds each zone; pipes, tank and people warm the first room."""
    drawn = drive.draw / 60.0 * KG_PER_LITER * WATER_HEAT
    fan = home.fan.still + (1.0 - home.fan.still) * drive.fan
    first = state.zones[0].air
    airs: dict[str, float] = {}
    inside = pipes + home.gains
    for zone, now in zip(home.zone, state.zones, strict=True):
        airs[zone.id] = now.air
        if isinstance(zone, Tank):
            inside += zone.loss * (now.water - first)
    around: list[_Around] = []
    for zone, now, share, window in zip(
        home.zone, state.zones, shares, drive.windows, strict=True
    ):
        if isinstance(zone, Tank):
            leak, given = 0.0, zone.loss * (now.water - first)
        else:
            leak = air_exchange(home, zone, window, drive.wind)
            given = inside + zone.wall * (airs[zone.neighbour] - now.air)
            inside = 0.0
        around.append(
            _Around(state.coolant, drive.outside, share, fan, leak, given, drawn)
        )
    return around


def _room(
    zone: Room, now: ZoneState, around: _Around, valve: float, dt: float
) -> tuple[ZoneState, float, float]:
    """Return the room after `dt`, the heat it took from the loop and what it lost, W."""
    coil = zone.coil * around.fan
    both = coil + zone.loop
    # Coil and floor loop are parallel branches behind one valve.
    to_air = _exchanged(around.share * coil / both, coil, around.coolant - now.air)
    to_floor = _exchanged(
        around.share * zone.loop / both, zone.loop, around.coolant - now.floor
    )
    from_mass = zone.air_mass * (now.mass - now.air)
    from_floor = zone.floor_air * (now.floor - now.air)
    aired = around.leak * (now.air - around.outside)
    shell = zone.mass_outside * (now.mass - around.outside)
    warming = to_air + from_mass + from_floor + around.inside - aired
    after = ZoneState(
        now.air + dt * warming / zone.air_capacity,
        now.mass - dt * (from_mass + shell) / zone.mass_capacity,
        now.floor + dt * (to_floor - from_floor) / zone.floor_capacity,
        0.0,
        valve,
    )
    return after, to_air + to_floor, aired + shell


def _tank(
    zone: Tank, now: ZoneState, around: _Around, valve: float, dt: float
) -> tuple[ZoneState, float, float]:
    """Return the tank after `dt`, the heat it took from the loop and what was drawn, W."""
    heat = _exchanged(around.share, zone.coil, around.coolant - now.water)
    drawn = around.drawn * (now.water - zone.cold)
    water = now.water + dt * (heat - around.inside - drawn) / zone.water_capacity
    return ZoneState(0.0, 0.0, 0.0, water, valve), heat, drawn


def _opening(home: Home, valves: tuple[float, ...], dump: float) -> float:
    return (
        home.pump.leak
        + home.dump.valve_share * dump
        + sum(
            zone.valve_share * valve
            for zone, valve in zip(home.zone, valves, strict=True)
        )
    )


def _move_valve(zone: Zone, valve: float, target: float | None, dt: float) -> float:
    if target is None:
        return valve
    reach = dt / zone.valve_travel
    return valve + min(reach, max(-reach, min(1.0, max(0.0, target)) - valve))


def _exchanged(capacity_flow: float, conductance: float, difference: float) -> float:
    """Return the heat in W that a flow leaves in an exchanger (effectiveness-NTU)."""
    if capacity_flow < 1e-6 or conductance <= 0.0:
        return 0.0
    effectiveness = 1.0 - exp(-conductance / capacity_flow)
    return capacity_flow * effectiveness * difference


def _burn(home: Home, state: PlantState, drive: Drive, dt: float) -> BurnerState:
    """Return the burner after `dt`: ignition, flame, its own limiter, cooling down."""
    figures, now = home.burner, state.burner
    wanted = drive.burner >= 0.05
    limited = state.coolant >= figures.limiter or (
        now.limited and state.coolant > figures.limiter - 25.0
    )
    running = now.running
    phase = now.phase + dt
    if running and not wanted:
        running, phase = False, 0.0
    elif not running and wanted and phase >= figures.cooling:
        running, phase = True, 0.0
    flame = running and phase >= figures.ignition and drive.fuel and not limited
    target = figures.power * max(figures.minimum, min(1.0, drive.burner))
    heat = now.heat + ((target if flame else 0.0) - now.heat) * min(
        1.0, dt / figures.ramp
    )
    return BurnerState(running, flame, limited, phase, heat)
