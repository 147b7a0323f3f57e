"""What happened in a run: the plant second by second, what the node said, what was done to it."""

from array import array
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hearthward.model.message import Observation

from .parameters import Home, Room
from .plant import Plant

type Series = NDArray[np.float32]


class Said(NamedTuple):
    """What the node said of a point at a moment of home time."""

    at: float
    observation: Observation


class Done(NamedTuple):
    """What was done to the home at a moment of home time, in words."""

    at: float
    text: str


_COMMON = (
    "outside",
    "wind",
    "coolant",
    "flow",
    "burner_heat",
    "burner",
    "pump",
    "fan",
    "dump",
)


class Trace:
    """The record of one run; times in seconds of home time."""

    def __init__(self, home: Home, tick: float) -> None:
        """Start an empty record with a row every `tick` seconds."""
        self.tick = tick
        self.boots = 0
        self.said: list[Said] = []
        self.done: list[Done] = []
        self.columns = _columns(home)
        self._home = home
        self._rows = array("f")

    def record(self, plant: Plant) -> None:
        """Add the plant as it is now."""
        self._rows.extend(_row(self._home, plant))

    def say(self, at: float, observation: Observation) -> None:
        """Add what the node said."""
        self.said.append(Said(at, observation))

    def do(self, at: float, text: str) -> None:
        """Add what was done to the home."""
        self.done.append(Done(at, text))

    @property
    def length(self) -> float:
        """Return the recorded time, s."""
        return len(self._rows) // len(self.columns) * self.tick

    def times(self) -> NDArray[np.floating]:
        """Return the times of the rows, s; a row tells how things are at the end of its tick."""
        return np.arange(1, len(self._rows) // len(self.columns) + 1) * self.tick

    def series(self, column: str) -> Series:
        """Return a column. Raise KeyError naming the columns that there are."""
        if column not in self.columns:
            raise KeyError(f"'{column}' is not recorded; {', '.join(self.columns)} are")
        rows = np.frombuffer(self._rows, dtype=np.float32)
        return rows.reshape(-1, len(self.columns))[:, self.columns.index(column)]

    def point(self, point: str) -> Iterator[Said]:
        """Return what the node said of a point, in order."""
        return (said for said in self.said if said.observation.point == point)

    def digest(self) -> str:
        """Return a hash over everything recorded; the same run twice gives the same."""
        whole = sha256(self._rows.tobytes())
        whole.update(msgspec.json.encode(self.said))
        whole.update(msgspec.json.encode(self.done))
        return whole.hexdigest()


def _columns(home: Home) -> tuple[str, ...]:
    columns = list(_COMMON)
    for zone in home.zone:
        parts = ("air", "mass", "floor") if isinstance(zone, Room) else ("water",)
        columns += [f"{zone.id}.{part}" for part in (*parts, "valve", "command")]
        if isinstance(zone, Room):
            columns.append(f"{zone.id}.window")
    return tuple(columns)


def _row(home: Home, plant: Plant) -> list[float]:
    state, outputs = plant.state, plant.outputs
    row = [
        plant.outside.temperature,
        plant.outside.wind,
        state.coolant,
        state.flow,
        state.burner.heat,
        outputs.get("burner", 0.0),
        outputs.get("pump", 0.0),
        outputs.get("fan", 0.0),
        outputs.get("dump", 0.0),
    ]
    for zone, now, window in zip(home.zone, state.zones, plant.windows, strict=True):
        command = outputs.get(f"{zone.id}.valve", 0.0)
        if isinstance(zone, Room):
            row += (now.air, now.mass, now.floor, now.valve, command, window)
        else:
            row += (now.water, now.valve, command)
    return row
