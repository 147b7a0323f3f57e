"""What the commands share: settings, the hub of this machine, how they end."""

import argparse
import asyncio
from pathlib import Path
import sys
from typing import NoReturn, Protocol

from hearthward.config import Settings, load

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
    from hearthward import local
    from hearthward.lifelog import LifelogError

    try:
        return asyncio.run(local.ask(settings(arguments), method, path, kind, body))
    except (local.RefusedError, LifelogError) as error:
        fail(error, REFUSED)


def fail(error: Exception | str, code: int) -> NoReturn:
    """End with a message and an exit code."""
    print(error, file=sys.stderr)
    sys.exit(code)
