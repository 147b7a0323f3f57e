"""Run the simulated home: the house and the firmware of its nodes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import os
from pathlib import Path
import signal
import sys
from typing import Any

from hearthward_sim.build import NODES
from hearthward_sim.control import SOCKET, inject

from .process import Process, ProcessError, accepts_connections, dies_with_parent

__all__ = ["NODES", "SimulatedHome", "build_firmware"]

COMMAND = Path(sys.executable).with_name("hearthward")


@dataclass(slots=True)
class SimulatedHome:
    """The process of the house and its nodes, which listen on the given ports."""

    directory: Path
    ports: Mapping[str, int]
    speed: float = 1
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Describe the process."""
        nodes = [f"--node={name}={port}" for name, port in self.ports.items()]
        self.process = Process(
            "The simulated home",
            [
                *(COMMAND, "sim", "home", "--with-parent"),
                *(f"--directory={self.directory}", f"--speed={self.speed}"),
                *nodes,
            ],
            log=self.directory / "home.log",
        )

    async def start(self) -> None:
        """Start the house and wait until its nodes can be spoken to."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await self.process.start()
        await self.process.ready(self._all_listen)

    async def stop(self) -> None:
        """Ask the house to end and wait for it."""
        await self.process.stop()

    async def control(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do something to the house; see `hearthward_sim.actions`."""
        return await inject(self.directory / SOCKET, action)

    async def _all_listen(self) -> bool:
        listening = [await accepts_connections(port) for port in self.ports.values()]
        return all(listening)


async def build_firmware(tell: Callable[[str], None] = lambda _: None) -> None:
    """Compile the nodes' firmware; seconds when nothing has changed.

    Raises ProcessError with the compiler's last words.
    """
    process = await asyncio.create_subprocess_exec(
        *dies_with_parent(),
        *(COMMAND, "sim", "build"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    words = []
    try:
        async for line in process.stderr:
            words.append(line.decode(errors="replace"))
            tell(words[-1].strip())
        await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()
    if process.returncode:
        raise ProcessError(f"The firmware did not compile:\n{''.join(words)}")
