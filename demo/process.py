"""Child processes that never outlive the one that started them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
import os
from pathlib import Path
import random
import shutil
import signal
import socket

TAIL_LINES = 15


class ProcessError(Exception):
    """A process did not do what it was started for."""


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on.

    It is below those that the kernel gives to outgoing connections, one of which could take it
    before it is used.
    """
    while not port_is_free(port := random.randrange(15_000, 32_000)):
        continue
    return port


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Process:
    """A child process; what it prints goes to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the process; `start` runs it."""
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Tell whether the process runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        if self._process is None:
            raise ProcessError(f"{self.name} was not started")
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the process in a session of its own."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *dies_with_parent(),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )

    async def stop(self, timeout: float = 30) -> None:
        """Ask the process to end and wait; kill it when it takes too long."""
        if not self.running:
            return
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), timeout)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self.running:
            self.signal(signal.SIGKILL)
            await self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and those it started."""
        if self.running:
            os.killpg(self.pid, number)

    async def wait(self) -> int:
        """Wait until the process has ended; return its exit code."""
        if self._process is None:
            raise ProcessError(f"{self.name} was not started")
        return await self._process.wait()

    async def ready(
        self, condition: Callable[[], Awaitable[bool]], timeout: float = 120
    ) -> None:
        """Wait until the condition holds; raise ProcessError with the log's end if not."""
        try:
            async with asyncio.timeout(timeout):
                while not await condition():
                    if not self.running:
                        raise ProcessError(
                            f"{self.name} ended with code {self.returncode}. "
                            f"The end of {self.log}:\n{self.tail()}"
                        )
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ProcessError(
                f"{self.name} was not ready within {timeout:.0f} s. "
                f"The end of {self.log}:\n{self.tail()}"
            ) from None

    def tail(self) -> str:
        """Return the last lines that the process printed."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


async def accepts_connections(port: int) -> bool:
    """Tell whether somebody listens on this loopback port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def dies_with_parent() -> list[str]:
    """Return the prefix that ends a child when its parent dies, however it dies."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
