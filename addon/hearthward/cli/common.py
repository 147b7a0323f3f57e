"""What the commands share: settings, the hub of this machine, how they end."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import sys
from typing import TYPE_CHECKING, NoReturn, Protocol

from hearthward.config import Settings, load

if TYPE_CHECKING:
    from hearthward.local import Local

# Exit codes: the hub refused; something must be changed first; interrupted (as a shell does).
REFUSED = 1
WRONG = 2
INTERRUPTED = 130


class Commands(Protocol):
    """What a command is added to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:
        """Add a command and return its parser."""


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the hub's settings and data are."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file")
    parser.add_argument("--data-dir", type=Path, help="folder of the hub's data")


def settings(arguments: argparse.Namespace, **overrides: object) -> Settings:
    """Return the settings that a command line leads to."""
    return load(
        arguments.config, overrides={"data_dir": arguments.data_dir} | overrides
    )


def ask[T](
    arguments: argparse.Namespace,
    method: str,
    path: str,
    kind: type[T],
    body: object = None,
) -> T:
    """Ask the hub of this machine, which need not run, and return what it answers."""
    return with_hub(arguments, lambda hub: hub.ask(method, path, kind, body))


def patiently[T](
    arguments: argparse.Namespace,
    method: str,
    path: str,
    kind: type[T],
    body: object = None,
) -> T:
    """Ask as `ask` does, for what takes as long as it takes."""
    return with_hub(
        arguments, lambda hub: hub.ask(method, path, kind, body, patient=True)
    )


def with_hub[T](
    arguments: argparse.Namespace, work: Callable[[Local], Awaitable[T]]
) -> T:
    """Make several requests of the hub of this machine, which need not run."""
    from hearthward import local
    from hearthward.lifelog import LifelogError

    async def run() -> T:
        async with local.connect(settings(arguments)) as hub:
            return await work(hub)

    try:
        return asyncio.run(run())
    except (local.RefusedError, LifelogError, OSError) as error:
        fail(error, REFUSED)


def fail(error: Exception | str, code: int) -> NoReturn:
    """End with a message and an exit code."""
    print(error, file=sys.stderr)
    sys.exit(code)
