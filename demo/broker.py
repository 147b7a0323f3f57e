"""Run a Mosquitto broker as a process of its own."""

import asyncio
from pathlib import Path
import shutil

from .process import Process, ProcessError

# Debian puts it where only root looks.
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"

# An open broker for tests and benchmarks, which loses nothing and forgets nothing.
PLAIN = """\
allow_anonymous true
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 0
set_tcp_nodelay true
persistence true
persistence_location {directory}/
autosave_interval 1
sys_interval 1
listener {port} 127.0.0.1
"""


class Broker:
    """A broker on loopback."""

    def __init__(
        self, directory: Path, port: int, configuration: str | None = None
    ) -> None:
        """Write its configuration; `start` runs it in `directory`."""
        self.port = port
        self.password_port = port
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "mosquitto.conf"
        text = configuration or PLAIN.format(directory=directory, port=port)
        file.write_text(_as_this_user(text))
        self.process = Process(
            "The broker",
            ["/usr/bin/env", "-C", directory, _mosquitto(), "-c", file],
            log=directory / "mosquitto.log",
        )

    async def start(self) -> None:
        """Start the broker and wait until it listens."""
        await self.process.start()
        await self.process.ready(self._listens)

    async def stop(self) -> None:
        """Ask the broker to end, which saves its sessions, and wait for it."""
        await self.process.stop()

    async def kill(self) -> None:
        """End the broker at once."""
        await self.process.kill()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


def _mosquitto() -> str:
    found = shutil.which("mosquitto", path=_PLACES)
    if found is None:
        raise ProcessError(
            "Install mosquitto, for example with `apt install mosquitto`"
        )
    return found


def _as_this_user(text: str) -> str:
    """Keep root's broker from becoming `mosquitto`, who may not write here."""
    return text if "\nuser " in text else f"{text}\nuser root\n"
