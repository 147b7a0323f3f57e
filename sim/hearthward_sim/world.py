"""Plant and nodes in one time, moved on step by step.

In virtual time every step grants the nodes their time and waits until they have used it. In real
time the nodes live by themselves and a step only moves the plant. Either way a step takes what
the nodes asked for at its beginning, and tells them what their sensors read then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import singledispatchmethod
from pathlib import Path

from .actions import Clock, NodeAction, Power, Reboot
from .clock import INVALID_WALL
from .node import Node, Program
from .parameters import Home
from .plant import Plant
from .wire import Wires

# From the end of a program to its new start, as a microcontroller needs it.
BOOT_SECONDS = 2.0


class World:
    """The simulated home and the programs that run it."""

    def __init__(
        self,
        home: Home,
        programs: Sequence[Program],
        directory: Path,
        *,
        start: datetime,
        seed: int = 1,
        virtual: bool,
    ) -> None:
        """Build the home; nothing is switched on yet.

        `start` is the wall clock at the start, with its time zone.
        """
        directory.mkdir(parents=True, exist_ok=True)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        self.start = start
        self.plant = Plant(
            home, seed=seed, local_start=(start - midnight).total_seconds()
        )
        plant_socket = directory / "plant"
        self._wires = Wires(plant_socket)
        self.nodes = {
            program.name: Node(program, plant_socket, virtual=virtual)
            for program in programs
        }
        self._switch_on_at: dict[str, float] = dict.fromkeys(self.nodes, 0.0)
        self._clock_lost = False

    @property
    def now(self) -> float:
        """Return the seconds of home time since the start."""
        return self.plant.now

    def local_time(self, at: float | None = None) -> datetime:
        """Return the wall clock of the home, now or at a moment of home time."""
        return self.start + timedelta(seconds=self.now if at is None else at)

    def step(self, seconds: float) -> None:
        """Let time pass for everyone."""
        plant = self.plant
        self._switch_on()
        self._wires.collect(plant.drive, plant.release)
        self._wires.publish(plant.read)
        until = plant.now + seconds
        wall = INVALID_WALL if self._clock_lost else self.start.timestamp()
        living = [node for node in self.nodes.values() if node.running]
        for node in living:
            node.grant(until, wall)
        # While the nodes compute their time, the plant computes its own.
        plant.tick(seconds)
        for node in living:
            if not node.finish(until):
                node.stop()
                self._switch_on_at[node.program.name] = until + BOOT_SECONDS

    def node(self, name: str) -> Node:
        """Return a node. Raise ValueError when there is none of that name."""
        if name not in self.nodes:
            known = ", ".join(self.nodes)
            raise ValueError(f"There is no node '{name}' here; there is {known}")
        return self.nodes[name]

    @singledispatchmethod
    def apply(self, action: NodeAction) -> None:
        """Do something to the nodes. Raise ValueError for a node that is not there."""
        raise TypeError(f"The nodes cannot {action}")

    @apply.register
    def _(self, action: Power) -> None:
        node = self.node(action.node)
        self._switch_on_at.pop(action.node, None)
        if action.on:
            self._switch_on_at[action.node] = self.now
        else:
            node.cut()

    @apply.register
    def _(self, action: Reboot) -> None:
        self.node(action.node).cut()
        self._switch_on_at[action.node] = self.now + action.seconds

    @apply.register
    def _(self, action: Clock) -> None:
        self._clock_lost = action.lost

    def close(self) -> None:
        """Stop every program and give everything back."""
        for node in self.nodes.values():
            node.close()
        self._wires.close()

    def _switch_on(self) -> None:
        due = [name for name, at in self._switch_on_at.items() if at <= self.now]
        for name in due:
            del self._switch_on_at[name]
            if not self.nodes[name].running:
                self.nodes[name].switch_on(self.now)
