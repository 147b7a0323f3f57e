"""The programs of the home's nodes: ESPHome firmware compiled for its host platform."""

from dataclasses import dataclass
import os
from pathlib import Path
import signal
import socket
import subprocess
from typing import IO

from .clock import ClockListener, NodeClock, NodeStopped

STOP_PATIENCE = 10.0
RESTART_PATIENCE = 5.0
_WAIT = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A node's compiled firmware and where it lives while it runs.

    `directory` keeps its preferences and its log; `preload` is the compiled sim/vclock.
    """

    name: str
    binary: Path
    preload: Path
    directory: Path
    api_port: int
    ota_port: int
    seed: int = 1


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Node:
    """One node: its power, its program and, in virtual time, its clock."""

    def __init__(self, program: Program, plant_socket: Path, *, virtual: bool) -> None:
        """Prepare the node without switching it on."""
        self.program = program
        self.boots = 0
        program.directory.mkdir(parents=True, exist_ok=True)
        self._plant_socket = plant_socket
        self._clock_socket = program.directory / "clock"
        self._listener = ClockListener(self._clock_socket) if virtual else None
        self._process: subprocess.Popen[bytes] | None = None
        self._clock: NodeClock | None = None
        self._log: IO[bytes] | None = None

    @property
    def running(self) -> bool:
        """Tell whether the program runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Return the program's process id while it runs."""
        return self._process.pid if self._process and self.running else None

    def switch_on(self, now: float) -> None:
        """Start the program at `now`, s of home time."""
        if self._log is None:
            self._log = (self.program.directory / "node.log").open("ab")
        self._process = subprocess.Popen(
            [self.program.binary],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=self._environment(),
        )
        self.boots += 1
        if self._listener is not None:
            self._clock = self._listener.accept(now)

    def cut(self) -> None:
        """Cut the power: what the program has not saved is lost."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the program to save and end, and see that it does."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """Stop the program and give everything back."""
        self.stop()
        if self._listener is not None:
            self._listener.close()
        if self._log is not None:
            self._log.close()
            self._log = None

    def grant(self, until: float, wall: float) -> bool:
        """Grant time in virtual time. Return False when the program has ended."""
        if self._clock is None:
            return self.running
        try:
            self._clock.grant(until, wall)
        except NodeStopped:
            return False
        return True

    def finish(self, now: float) -> bool:
        """Wait for the granted time to be used up. Return False when the program has ended."""
        if self._clock is None:
            return self.running
        try:
            self._clock.finish()
        except NodeStopped:
            return self._started_over(now)
        return True

    def _started_over(self, now: float) -> bool:
        """Meet a program that replaced itself, as after an update over the air."""
        if self._listener is None or self._process is None:
            return False
        waited = 0.0
        while waited < RESTART_PATIENCE:
            if self._listener.waiting(_WAIT):
                self._clock = self._listener.accept(now)
                self.boots += 1
                return True
            if self._process.poll() is not None:
                break
            waited += _WAIT
        self._clock = None
        return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        if self._clock is not None:
            # Without its clock the program runs free, so that it can save and end.
            self._clock.close()
            self._clock = None
        try:
            process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _environment(self) -> dict[str, str]:
        program = self.program
        environment = {
            **os.environ,
            "LD_PRELOAD": str(program.preload),
            "ESPHOME_PREFDIR": str(program.directory),
            "HEARTHWARD_PLANT": str(self._plant_socket),
            "HEARTHWARD_API_PORT": str(program.api_port),
            "HEARTHWARD_OTA_PORT": str(program.ota_port),
            "HEARTHWARD_SEED": str(program.seed),
            "HEARTHWARD_TIED": "1",
        }
        if self._listener is not None:
            environment["HEARTHWARD_CLOCK"] = str(self._clock_socket)
        return environment
