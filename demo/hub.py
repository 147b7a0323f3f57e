"""Run the hub as a process of its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import sys
from typing import Any

import aiohttp

from .process import Process, ProcessError


@dataclass(slots=True)
class Hub:
    """A hub process on loopback; `nodes` are the API ports of its ESPHome nodes."""

    directory: Path
    port: int
    nodes: Mapping[str, int] = field(default_factory=dict)
    name: str = "Hearthward"
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Describe the process."""
        self.process = Process(
            "The hub",
            [_hearthward(), "hub"],
            log=self.directory / "hub.log",
            environment=self.environment,
        )

    @property
    def url(self) -> str:
        """Return the address of the hub."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings of the hub as it reads them."""
        nodes = [{"address": "127.0.0.1", "port": port} for port in self.nodes.values()]
        return {
            "HEARTHWARD_DATA_DIR": str(self.directory),
            "HEARTHWARD_HOST": "127.0.0.1",
            "HEARTHWARD_PORT": str(self.port),
            "HEARTHWARD_NAME": self.name,
            "HEARTHWARD_ESPHOME": json.dumps(nodes),
            "HEARTHWARD_DISCOVERY": "false",
            "HEARTHWARD_ANNOUNCE": "false",
        }

    async def start(self) -> None:
        """Start the hub and wait until it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await self.process.start()
        await self.process.ready(self.is_ready)

    async def stop(self) -> None:
        """Ask the hub to end and wait for it."""
        await self.process.stop()

    async def kill(self) -> None:
        """End the hub at once, as a power cut would."""
        await self.process.kill()

    async def is_ready(self) -> bool:
        """Tell whether the hub serves."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/health/ready") as response,
            ):
                return response.ok
        except aiohttp.ClientError:
            return False

    async def pairing_code(self) -> str:
        """Return a new pairing code, as the hub shows it to people."""
        return await self.run("pair")

    async def get(self, path: str, token: str, **query: str | int) -> Any:
        """Return the JSON at a path of the hub's API."""
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.get(
                f"{self.url}/api/v1/{path}",
                params=query,
                headers={"Authorization": f"Bearer {token}"},
            ) as response,
        ):
            return await response.json()

    async def run(self, *arguments: str) -> str:
        """Run a command of the hub's command line; return what it prints."""
        process = await asyncio.create_subprocess_exec(
            _hearthward(),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        output, errors = await process.communicate()
        if process.returncode:
            raise ProcessError(f"hearthward {arguments[0]}: {errors.decode().strip()}")
        return output.decode().strip()


def _hearthward() -> str:
    return str(Path(sys.executable).with_name("hearthward"))
