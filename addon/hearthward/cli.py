"""The command line, `hearthward …`.

Everything heavy is imported by the command that needs it.
"""

import argparse
import asyncio
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
import sys
from typing import NoReturn, Protocol

from .config import ConfigError, Settings, load
from .model.security import Role

# Exit codes: the hub refused; something must be changed first; interrupted (as a shell does).
_REFUSED = 1
_WRONG = 2
_INTERRUPTED = 130

_HEALTH_TIMEOUT = 5.0


def main() -> None:
    """Run the command line."""
    try:
        arguments = _parser(sys.argv[1:2]).parse_args()
        arguments.run(arguments)
    except ConfigError as error:
        _fail(error, _WRONG)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _parser(asked: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearthward", description="Keep a home warm and the people in it safe."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_hub(commands)
    _add_pair(commands)
    _add_health(commands)
    _add_key(commands)
    _add_openapi(commands)
    # Commands of other packages cost their import only when ours do not do.
    if not set(asked) & set(commands.choices):
        for extension in entry_points(group="hearthward.commands"):
            extension.load()(commands)
    return parser


class Commands(Protocol):
    """What a command is added to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:
        """Add a command and return its parser."""


def _add_hub(commands: Commands) -> None:
    hub = commands.add_parser("hub", help="run the hub")
    _add_settings(hub)
    hub.add_argument("--host", help="address to listen on")
    hub.add_argument("--port", type=int, help="port to listen on")
    hub.set_defaults(run=_run_hub)


def _run_hub(arguments: argparse.Namespace) -> None:
    settings = _settings(arguments, host=arguments.host, port=arguments.port)
    from .hub import run
    from .lifelog import LifelogError
    from .ops import logs

    listener = logs.start(settings.log_level, settings.log_format)
    try:
        asyncio.run(run(settings))
    except LifelogError as error:
        _fail(error, _REFUSED)
    finally:
        listener.stop()


def _add_health(commands: Commands) -> None:
    health = commands.add_parser("health", help="ask whether the hub lives")
    _add_settings(health)
    health.set_defaults(run=_run_health)


def _run_health(arguments: argparse.Namespace) -> None:
    settings = _settings(arguments)
    from http import HTTPStatus
    from http.client import HTTPConnection, HTTPException

    # What listens everywhere listens here too.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    connection = HTTPConnection(host, settings.port, timeout=_HEALTH_TIMEOUT)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        _fail(f"The hub does not answer on {host}:{settings.port}: {error}", _REFUSED)
    if answer.status != HTTPStatus.OK:
        _fail(f"The hub is not well: {answer.status} {answer.reason}", _REFUSED)


def _add_pair(commands: Commands) -> None:
    pair = commands.add_parser("pair", help="print a new pairing code")
    _add_settings(pair)
    pair.set_defaults(run=_run_pair)


def _run_pair(arguments: argparse.Namespace) -> None:
    from .model.security import PairingCode

    code = _ask(arguments, "POST", "/api/v1/pairing-code", PairingCode)
    until = datetime.fromtimestamp(code.expires).astimezone()
    print(f"It can be used once, until {until:%H:%M}:", file=sys.stderr)
    print(code.code)


def _add_key(commands: Commands) -> None:
    key = commands.add_parser("key", help="make, list and revoke access keys")
    actions = key.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print its token once")
    create.add_argument("--name", required=True, help="who will hold the key")
    create.add_argument("--role", required=True, choices=[str(role) for role in Role])
    create.set_defaults(run=_run_key_create)
    listing = actions.add_parser("list", help="list the keys")
    listing.set_defaults(run=_run_key_list)
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", help="the id that `key list` prints")
    revoke.set_defaults(run=_run_key_revoke)
    for action in (create, listing, revoke):
        _add_settings(action)


def _run_key_create(arguments: argparse.Namespace) -> None:
    from .model.security import KeyRequest, NewKey

    request = KeyRequest(name=arguments.name, role=Role(arguments.role))
    new = _ask(arguments, "POST", "/api/v1/keys", NewKey, request)
    print(f"Key {new.key.id}; its token is shown this once:", file=sys.stderr)
    print(new.token)


def _run_key_list(arguments: argparse.Namespace) -> None:
    from .model.security import Key

    for key in _ask(arguments, "GET", "/api/v1/keys", list[Key]):
        standing = "revoked" if key.revoked else "valid"
        print(f"{key.id}  {key.role:<9}  {standing:<7}  {key.name}")


def _run_key_revoke(arguments: argparse.Namespace) -> None:
    from .model.security import Key

    key = _ask(arguments, "DELETE", f"/api/v1/keys/{arguments.id}", Key)
    print(f"The key of {key.name} is revoked")


def _add_openapi(commands: Commands) -> None:
    openapi = commands.add_parser("openapi", help="print the API as OpenAPI 3.1")
    openapi.set_defaults(run=_run_openapi)


def _run_openapi(arguments: argparse.Namespace) -> None:
    import msgspec

    from .api.app import openapi

    print(msgspec.json.format(msgspec.json.encode(openapi()), indent=2).decode())


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file")
    parser.add_argument("--data-dir", type=Path, help="folder of the hub's data")


def _settings(arguments: argparse.Namespace, **overrides: object) -> Settings:
    return load(
        arguments.config, overrides={"data_dir": arguments.data_dir} | overrides
    )


def _ask[T](
    arguments: argparse.Namespace,
    method: str,
    path: str,
    kind: type[T],
    body: object = None,
) -> T:
    settings = _settings(arguments)
    from .lifelog import LifelogError
    from .local import RefusedError, ask

    try:
        return asyncio.run(ask(settings, method, path, kind, body))
    except (RefusedError, LifelogError) as error:
        _fail(error, _REFUSED)


def _fail(error: Exception | str, code: int) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(code)
