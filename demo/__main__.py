"""Run the demo: `script/demo`."""

import argparse
import asyncio
from pathlib import Path
import shutil
import signal
import sys

from . import dashboard, habits, integration
from .home import NODES, build_firmware
from .home_assistant import PASSWORD, RESTART_EXIT_CODE, USER
from .home_assistant_client import HomeAssistantError
from .process import ProcessError, port_is_free
from .progress import step
from .stack import Ports, Stack

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / ".cache/demo"
# Without this file an earlier run was stopped before it had set everything up.
READY = "ready"
FASTEST = 600


class DemoError(Exception):
    """The demo cannot run; the message says what to do."""


def main() -> int:
    """Run the demo until it is stopped; return the exit code."""
    options = _arguments()
    code = 0
    try:
        asyncio.run(_run(options))
    except* (DemoError, ProcessError, HomeAssistantError) as group:
        for error in group.exceptions:
            print(f"\nThe demo stopped: {error}", file=sys.stderr)
        code = 1
    return code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/demo",
        description="Watch Home Assistant heat a simulated home through the real hub,"
        " integration and firmware.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8123,
        help="port of Home Assistant on this machine (default: %(default)s)",
    )
    parser.add_argument(
        "--fast",
        type=_speed,
        default=1,
        metavar="N",
        help="let the time of the home run N times as fast (default: real time)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget what earlier runs have kept"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DIRECTORY,
        help="where to keep what the parts of the demo remember (default: .cache/demo)",
    )
    return parser.parse_args()


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed <= FASTEST:
        raise argparse.ArgumentTypeError(
            f"{text} is not a speed above 0 and up to {FASTEST}"
        )
    return speed


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    directory = options.directory.resolve()
    if options.fresh or not (directory / READY).exists():
        _forget(directory)
    stack = Stack(directory, _ports(directory, options.port), speed=options.fast)
    running = asyncio.create_task(_prepare_and_watch(stack))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    finally:
        running.cancel()
        stopped.cancel()
        await asyncio.gather(running, stopped, return_exceptions=True)
        async with step("Stopping everything"):
            await stack.stop()


async def _prepare_and_watch(stack: Stack) -> None:
    print("Hearthward: a warm home to try out\n")
    async with step("Building the firmware") as shown:
        await build_firmware(shown.tell)
    async with step("Starting the home, its hub and Home Assistant"):
        await stack.start()
    client = stack.home_assistant.client
    ready = stack.directory / READY
    if not ready.exists():
        async with step("Pairing Home Assistant with the hub"):
            await integration.pair(client, stack.hub)
        async with step("Letting the three devices into the home"):
            await integration.approve(client, NODES)
        async with step("Giving the zones a schedule, and you a dashboard"):
            await habits.follow(client, await stack.wait_for_entities())
            await dashboard.install(client)
        ready.touch()
    print(
        f"\n  Open      {stack.home_assistant.url}"
        f"\n  User      {USER}"
        f"\n  Password  {PASSWORD}\n\n"
        f"Everything runs on this machine only. Ctrl-C stops it;"
        f" what it learned stays in {stack.directory}."
    )
    await _watch(stack)


async def _watch(stack: Stack) -> None:
    """Wait for a process to end; start Home Assistant again when it asked for that."""
    while True:
        ended = await stack.wait_until_one_ends()
        if ended.returncode != RESTART_EXIT_CODE:
            raise DemoError(
                f"{ended.name} ended with code {ended.returncode}."
                f" The end of {ended.log}:\n{ended.tail()}"
            )
        async with step("Starting Home Assistant again, as it asked for"):
            await stack.home_assistant.start()


def _forget(directory: Path) -> None:
    """Remove what an earlier run has kept; refuse a directory that is not a demo's."""
    if directory.exists() and any(directory.iterdir()):
        if Ports.load(directory) is None:
            raise DemoError(
                f"{directory} holds something else than a demo. Choose an empty one."
            )
        shutil.rmtree(directory)


def _ports(directory: Path, port: int) -> Ports:
    """Return the ports, the same as last time but for Home Assistant's."""
    if not 1 <= port <= 65535 - len(NODES) - 1:
        raise DemoError(f"{port} is not a port; choose one with --port, e.g. 8123.")
    ports = Ports.load(directory) or Ports.following(port)
    ports = ports.with_home_assistant(port)
    taken = [number for number in ports.all if not port_is_free(number)]
    if port in taken:
        raise DemoError(
            f"Port {port} is taken by another program."
            f" Choose another one: script/demo --port {port + 100}"
        )
    if taken:
        raise DemoError(
            f"Port {taken[0]} is taken by another program. Stop that program, or start"
            f" afresh on other ports: script/demo --fresh --port {port + 100}"
        )
    ports.save(directory)
    return ports


if __name__ == "__main__":
    sys.exit(main())
