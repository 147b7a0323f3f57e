"""The figures of the simulated home, read from one TOML file."""

from pathlib import Path

import msgspec

HOME_FILE = Path(__file__).parents[1] / "home.toml"


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table: a misspelled figure is an error, not a default."""


class Coolant(Figures, frozen=True):
    """The loop between burner and zones."""

    heat_capacity: float
    specific_heat: float
    loss: float
    boiling: float


class Burner(Figures, frozen=True):
    """What makes the heat."""

    power: float
    minimum: float
    ignition: float
    ramp: float
    cooling: float
    limiter: float


class Pump(Figures, frozen=True):
    """What moves the coolant."""

    flow: float
    resistance: float
    leak: float
    thermosiphon: float


class Dump(Figures, frozen=True):
    """The radiator outside that takes excess heat."""

    radiator: float
    valve_share: float


class Fan(Figures, frozen=True):
    """The fan of a room's coil."""

    still: float


class Room(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="room",
    forbid_unknown_fields=True,
):  # fmt: skip
    """A zone of air, building mass and floor."""

    id: str
    air_capacity: float
    mass_capacity: float
    floor_capacity: float
    air_mass: float
    mass_outside: float
    floor_air: float
    volume: float
    leakage: float
    window: float
    coil: float
    loop: float
    valve_share: float
    valve_travel: float
    neighbour: str
    wall: float


class Tank(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="tank",
    forbid_unknown_fields=True,
):  # fmt: skip
    """A zone of stored hot water."""

    id: str
    water_capacity: float
    coil: float
    loss: float
    cold: float
    valve_share: float
    valve_travel: float


type Zone = Room | Tank


class Sensors(Figures, frozen=True):
    """How well the node can see."""

    noise: float
    resolution: float
    flow_noise: float
    flow_resolution: float


class Weather(Figures, frozen=True):
    """The outside."""

    mean: float
    swing: float
    noise: float
    wind: float
    wind_leakage: float


class WindowHabit(Figures, frozen=True):
    """A window that is opened every day."""

    zone: str
    at: str
    minutes: float


class DrawHabit(Figures, frozen=True):
    """Hot water that is taken every day."""

    at: str
    minutes: float
    liters_per_minute: float


class People(Figures, frozen=True):
    """What people do on an ordinary day."""

    windows: tuple[WindowHabit, ...] = ()
    draws: tuple[DrawHabit, ...] = ()


class Home(Figures, frozen=True):
    """Everything that is known of the simulated home."""

    timezone: str
    gains: float
    coolant: Coolant
    burner: Burner
    pump: Pump
    dump: Dump
    fan: Fan
    zone: tuple[Zone, ...]
    sensors: Sensors
    weather: Weather
    people: People


def load_home(path: Path = HOME_FILE) -> Home:
    """Read the home.

    Raises ValueError with the file's name and the figure at fault.
    """
    try:
        home = msgspec.toml.decode(path.read_bytes(), type=Home)
    except msgspec.DecodeError as err:
        raise ValueError(f"{path}: {err}") from err
    if not home.zone or not isinstance(home.zone[0], Room):
        raise ValueError(
            f"{path}: the first zone must be a room; pipes and people warm it"
        )
    rooms = {zone.id for zone in home.zone if isinstance(zone, Room)}
    for zone in home.zone:
        if isinstance(zone, Room) and zone.neighbour not in rooms:
            raise ValueError(
                f"{path}: {zone.id} has an unknown neighbour {zone.neighbour}"
            )
    return home
