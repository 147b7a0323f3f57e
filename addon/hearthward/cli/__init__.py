"""The command line, `hearthward …`.

Everything heavy is imported by the command that needs it.
"""

import argparse
from importlib.metadata import entry_points
import sys

from hearthward.config import ConfigError

from . import (
    backup,
    deadletters,
    hub,
    keys,
    lifelog,
    profiles,
    publish,
    schema,
    search,
    transfer,
)
from .common import INTERRUPTED, WRONG, fail

_GROUPS = (
    hub,
    keys,
    deadletters,
    lifelog,
    publish,
    profiles,
    schema,
    transfer,
    search,
    backup,
)


def main() -> None:
    """Run the command line."""
    try:
        arguments = _parser(sys.argv[1:2]).parse_args()
        arguments.run(arguments)
    except ConfigError as error:
        fail(error, WRONG)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _parser(asked: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearthward", description="Keep a home warm and the people in it safe."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.register(commands)
    # Commands of other packages cost their import only when ours do not do.
    if not set(asked) & set(commands.choices):
        for extension in entry_points(group="hearthward.commands"):
            extension.load()(commands)
    return parser
