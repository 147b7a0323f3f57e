"""Run the simulated home: the house and the firmware of its nodes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
import sys
from typing import Any

from .process import Process, ProcessError, accepts_connections

NODES = ("heater", "care-button", "sensor-node")
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
                *(COMMAND, "sim", "home"),
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

    async def control(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request to the house's control socket; return its answer."""
        reader, writer = await asyncio.open_unix_connection(
            self.directory / "control.sock"
        )
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
        if "error" in answer:
            raise ProcessError(f"The simulated home refused {request}: {answer}")
        return answer

    async def _all_listen(self) -> bool:
        listening = [await accepts_connections(port) for port in self.ports.values()]
        return all(listening)


async def build_firmware() -> None:
    """Compile the nodes' firmware; seconds when nothing has changed."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "sim",
        "build",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise ProcessError(f"The firmware did not compile:\n{output.decode()}")
