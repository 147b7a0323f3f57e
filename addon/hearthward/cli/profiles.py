"""`hearthward profile`: check profile files before the hub reads them."""

import argparse
from pathlib import Path

from .common import WRONG, Commands, fail


def register(commands: Commands) -> None:
    """Add the command."""
    profile = commands.add_parser("profile", help="check profile files")
    profile.add_argument("files", nargs="+", type=Path, metavar="FILE")
    profile.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from hearthward.edge import profiles

    for file in arguments.files:
        try:
            found = profiles.check(file)
        except profiles.ProfileError as error:
            fail(error, WRONG)
        print(f"{file}: the profile {found.name} is well")
        for topic in found.subscriptions:
            print(f"  listens to {topic}")
