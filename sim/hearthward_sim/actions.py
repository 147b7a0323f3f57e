"""What can be done to the simulated home, in scenarios and over the control channel alike.

Each action is a small table or JSON object whose `do` names it, for example
`{"do": "window", "zone": "bathroom", "open": 1}`.
"""

from enum import StrEnum
from typing import Any

import msgspec

from hearthward.model.command import CommandBody


class SensorFault(StrEnum):
    """How a sensor can mislead."""

    NONE = "none"
    BROKEN = "broken"  # The wire is cut: the node reads NaN.
    SILENT = "silent"  # It does not answer: nothing is published.
    FROZEN = "frozen"  # It repeats what it measured when the fault began.
    STUCK = "stuck"  # It reads `value`.
    OFFSET = "offset"  # It reads `value` too much.


class Action(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True
):  # fmt: skip
    """Base of every action."""


class Window(Action, frozen=True, tag="window"):
    """Open a zone's windows (0..1), or leave them to habit again (no `open`)."""

    zone: str
    open: float | None = None


class Draw(Action, frozen=True, tag="draw"):
    """Take hot water, or leave it to habit again (no figure)."""

    liters_per_minute: float | None = None


class Sensor(Action, frozen=True, tag="sensor"):
    """Let a sensor fail, or mend it (`fault = "none"`)."""

    channel: str
    fault: SensorFault
    value: float = 0.0


class Valve(Action, frozen=True, tag="valve"):
    """Jam a valve where it stands or at `at_opening` (0..1), or free it (`stuck = false`)."""

    zone: str
    stuck: bool = True
    at_opening: float | None = None


class Relay(Action, frozen=True, tag="relay"):
    """Weld an output (burner, pump, dump, fan) at a level, or mend it (no `stuck`)."""

    channel: str
    stuck: float | None = None


class Fuel(Action, frozen=True, tag="fuel"):
    """Run out of fuel, or refuel."""

    on: bool


class Press(Action, frozen=True, tag="press"):
    """Hold a button or cord for a while."""

    channel: str
    seconds: float = 0.3


class Set(Action, frozen=True, tag="set"):
    """Set what a channel reads (motion, contact, battery, …), or let it be (no `value`)."""

    channel: str
    value: float | None = None


class Weather(Action, frozen=True, tag="weather"):
    """Change the weather; figures left out stay."""

    mean: float | None = None
    swing: float | None = None
    noise: float | None = None
    wind: float | None = None


class Temperatures(Action, frozen=True, tag="temperatures"):
    """Put zones or the coolant at temperatures, e.g. `{"bathroom.air": 16, "coolant": 70}`."""

    values: dict[str, float]


class Power(Action, frozen=True, tag="power"):
    """Cut or restore a node's power."""

    node: str
    on: bool


class Reboot(Action, frozen=True, tag="reboot"):
    """Cut a node's power for `seconds`."""

    node: str
    seconds: float = 5.0


class Clock(Action, frozen=True, tag="clock"):
    """Lose the wall clock of the nodes, as after a power cut without network, or find it."""

    lost: bool


class Hub(Action, frozen=True, tag="hub"):
    """Let the hub, that is every API client of the run, go away or come back."""

    away: bool


class Command(Action, frozen=True, tag="command"):
    """Command a point over the node's own API, as the hub does."""

    point: str
    value: bool | float | str | None = None
    mode: str | None = None
    preset: str | None = None
    target_temperature: float | None = None

    @property
    def body(self) -> CommandBody:
        """Return it as the hub's model says it."""
        return CommandBody(
            value=self.value,
            mode=self.mode,
            preset=self.preset,
            target_temperature=self.target_temperature,
        )


class Speed(Action, frozen=True, tag="speed"):
    """Change the speed of a paced home."""

    times: float


class Status(Action, frozen=True, tag="status"):
    """Ask for the state of the home; changes nothing."""


type PlantAction = (
    Window | Draw | Sensor | Valve | Relay | Fuel | Press | Set | Weather | Temperatures
)
type NodeAction = Power | Reboot | Clock
type AnyAction = PlantAction | NodeAction | Hub | Command | Speed | Status


def parse_action(value: Any) -> AnyAction:
    """Read an action from a decoded table or JSON object.

    Raise ValueError with what is wrong with it.
    """
    try:
        action: AnyAction = msgspec.convert(value, AnyAction)
    except msgspec.ValidationError as err:
        raise ValueError(str(err)) from err
    return action
