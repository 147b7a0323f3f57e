"""`hearthward pair` and `key`: let clients in, and shut them out."""

import argparse
from datetime import datetime
import sys

from hearthward.model.security import Role

from .common import Commands, add_settings, ask


def register(commands: Commands) -> None:
    """Add the commands."""
    _add_pair(commands)
    _add_key(commands)


def _add_pair(commands: Commands) -> None:
    pair = commands.add_parser("pair", help="print a new pairing code")
    add_settings(pair)
    pair.set_defaults(run=_run_pair)


def _run_pair(arguments: argparse.Namespace) -> None:
    from hearthward.model.security import PairingCode

    code = ask(arguments, "POST", "/api/v1/pairing-code", PairingCode)
    until = datetime.fromtimestamp(code.expires).astimezone()
    print(f"It can be used once, until {until:%H:%M}:", file=sys.stderr)
    print(code.code)


def _add_key(commands: Commands) -> None:
    key = commands.add_parser("key", help="make, list and revoke access keys")
    actions = key.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print its token once")
    create.add_argument("--name", required=True, help="who will hold the key")
    create.add_argument("--role", required=True, choices=[str(role) for role in Role])
    create.add_argument("--device", help="the only device the key may speak for")
    create.set_defaults(run=_run_key_create)
    listing = actions.add_parser("list", help="list the keys")
    listing.set_defaults(run=_run_key_list)
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", help="the id that `key list` prints")
    revoke.set_defaults(run=_run_key_revoke)
    for action in (create, listing, revoke):
        add_settings(action)


def _run_key_create(arguments: argparse.Namespace) -> None:
    from hearthward.model.security import KeyRequest, NewKey

    request = KeyRequest(
        name=arguments.name, role=Role(arguments.role), device=arguments.device
    )
    new = ask(arguments, "POST", "/api/v1/keys", NewKey, request)
    print(f"Key {new.key.id}; its token is shown this once:", file=sys.stderr)
    print(new.token)


def _run_key_list(arguments: argparse.Namespace) -> None:
    from hearthward.model.security import Key

    for key in ask(arguments, "GET", "/api/v1/keys", list[Key]):
        standing = "revoked" if key.revoked else "valid"
        bound = f"  ({key.device})" if key.device else ""
        print(f"{key.id}  {key.role:<9}  {standing:<7}  {key.name}{bound}")


def _run_key_revoke(arguments: argparse.Namespace) -> None:
    from hearthward.model.security import Key

    key = ask(arguments, "DELETE", f"/api/v1/keys/{arguments.id}", Key)
    print(f"The key of {key.name} is revoked")
