"""Run a real Home Assistant with the integration in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
import re
import shutil
import sys
from typing import Any

import aiohttp
import yaml

from .home_assistant_client import HomeAssistantClient
from .process import Process, ProcessError

USER = "demo"
PASSWORD = "hearthward"  # pragma: allowlist secret

# What the demo shows; everything else that default_config loads costs start-up time.
CONFIGURATION: Mapping[str, Any] = {
    "homeassistant": {
        "name": "Hearthward",
        "latitude": 52.52,
        "longitude": 13.4,
        "elevation": 34,
        "unit_system": "metric",
        "currency": "EUR",
        "country": "DE",
        "language": "en",
    },
    "history": {},
    "logbook": {},
    "recorder": {"commit_interval": 1},
    "logger": {
        "default": "warning",
        "logs": {
            # Programs and libraries for media, which a machine may or may not have.
            "haffmpeg": "critical",
            "homeassistant.components.camera.img_util": "critical",
            "custom_components.hearthward": "info",
        },
    },
}

# Home Assistant says these about any installation like ours; they are no fault.
EXPECTED_PROBLEMS = (
    re.compile(r"\[homeassistant\.bootstrap\] Skipping pip installation"),
    re.compile(r"\[homeassistant\.loader\] We found a custom integration hearthward"),
    re.compile(r"\[aiohttp_fast_zlib\] zlib_ng and isal are not available"),
    re.compile(r"\[homeassistant\.components\.recorder\.util\] The system could not"),
    re.compile(r"\[homeassistant\.components\.recorder\.util\] Ended unfinished"),
)
PROBLEM = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
RESTART_EXIT_CODE = 100


@dataclass(slots=True)
class HomeAssistant:
    """A Home Assistant process on loopback, with one user who is logged in."""

    directory: Path
    port: int
    custom_components: Path | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = "Europe/Berlin"
    process: Process = field(init=False)
    _client: HomeAssistantClient | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Describe the process."""
        self.process = Process(
            "Home Assistant",
            [
                Path(sys.executable).with_name("hass"),
                *("-c", self.directory, "--skip-pip", "--log-no-color"),
            ],
            log=self.directory / "output.log",
        )

    @property
    def url(self) -> str:
        """Return the address of the frontend."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> HomeAssistantClient:
        """Return the logged-in client of the running process."""
        if self._client is None:
            raise ProcessError("Home Assistant was not started")
        return self._client

    async def start(self) -> None:
        """Start, create the user the first time, log in and wait until it runs."""
        await self._disconnect()
        self._write_configuration()
        await self.process.start()
        await self.process.ready(self._answers)
        await self._create_user()
        self._client = await HomeAssistantClient.connect(self.url, USER, PASSWORD)
        await self.process.ready(self._runs)

    async def stop(self) -> None:
        """Log out and end the process."""
        await self._disconnect()
        await self.process.stop()

    async def kill(self) -> None:
        """End the process at once."""
        await self._disconnect()
        await self.process.kill()

    def problems(self) -> list[str]:
        """Return the warnings and errors in the log that no one expects."""
        return [
            line
            for line in self.log_lines()
            if PROBLEM.match(line)
            and not any(expected.search(line) for expected in EXPECTED_PROBLEMS)
        ]

    def log_lines(self) -> list[str]:
        """Return what Home Assistant logged since it was first started here."""
        return self.process.log.read_text(errors="replace").splitlines()

    def _write_configuration(self) -> None:
        storage = self.directory / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        configuration = {**CONFIGURATION, **self.configuration}
        configuration["homeassistant"] = {
            **CONFIGURATION["homeassistant"],
            "time_zone": self.time_zone,
        }
        (self.directory / "configuration.yaml").write_text(
            yaml.safe_dump(configuration, sort_keys=False)
            # Where the editor of automations writes.
            + "automation: !include automations.yaml\n"
        )
        (self.directory / "automations.yaml").touch()
        _write_store(storage / "http", (2, 2), _http_config(self.port))
        if not (storage / "onboarding").exists():
            # The steps that would set up integrations of the internet are done;
            # creating the user remains.
            done = {"done": ["core_config", "analytics", "integration"]}
            _write_store(storage / "onboarding", (4, 1), done)
        if self.custom_components is not None:
            link = self.directory / "custom_components"
            link.unlink(missing_ok=True)
            link.symlink_to(self.custom_components)

    async def _answers(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/manifest.json") as response,
            ):
                return response.ok
        except aiohttp.ClientError:
            return False

    async def _runs(self) -> bool:
        config = await self.client.get("/api/config")
        return bool(config["state"] == "RUNNING")

    async def _create_user(self) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{self.url}/api/onboarding") as response:
                if response.status == 404:
                    return
            await session.post(
                f"{self.url}/api/onboarding/users",
                json={
                    "client_id": f"{self.url}/",
                    "name": "Demo",
                    "username": USER,
                    "password": PASSWORD,
                    "language": "en",
                },
                raise_for_status=True,
            )

    async def _disconnect(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


def erase(directory: Path) -> None:
    """Forget everything a Home Assistant in this directory knew."""
    shutil.rmtree(directory, ignore_errors=True)


def _http_config(port: int) -> dict[str, Any]:
    """Return the stored configuration of Home Assistant's server: loopback only."""
    return {
        "stable": {
            "server_host": ["127.0.0.1"],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": "2026-01-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _write_store(path: Path, version: tuple[int, int], data: dict[str, Any]) -> None:
    """Write one of Home Assistant's `.storage` files."""
    path.write_text(
        json.dumps(
            {
                "version": version[0],
                "minor_version": version[1],
                "key": path.name,
                "data": data,
            }
        )
    )
