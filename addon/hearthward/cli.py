"""The command line, `hearthward …`.

Everything heavy is imported by the command that needs it.
"""

import argparse
import asyncio
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
import sys
from typing import NoReturn

from .config import ConfigError, Settings, load
from .model.security import Role

# Exit codes: the hub refused; something must be changed first; interrupted (as a shell does).
_REFUSED = 1
_WRONG = 2
_INTERRUPTED = 130


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
    _add_key(commands)
    _add_openapi(commands)
    # Commands of other packages cost their import only when ours do not do.
    if not set(asked) & set(commands.choices):
        for extension in entry_points(group="hearthward.commands"):
            extension.load()(commands)
    return parser


type Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def _add_hub(commands: Commands) -> None:
    hub = commands.add_parser("hub", help="run the hub")
    _add_settings(hub)
    hub.add_argument("--host", help="address to listen on")
    hub.add_argument("--port", type=int, help="port to listen on")
    hub.set_defaults(run=_run_hub)


def _run_hub(arguments: argparse.Namespace) -> None:
    settings = _settings(arguments, host=arguments.host, port=arguments.port)
    from .hub import run  # noqa: PLC0415
    from .lifelog import LifelogError  # noqa: PLC0415
    from .ops import logs  # noqa: PLC0415

    listener = logs.start(settings.log_level, settings.log_format)
    try:
        asyncio.run(run(settings))
    except* ConfigError as group:
        listener.stop()
        _fail(group.exceptions[0], _WRONG)
    except* LifelogError as group:
        listener.stop()
        _fail(group.exceptions[0], _REFUSED)
    finally:
        listener.stop()


def _add_pair(commands: Commands) -> None:
    pair = commands.add_parser("pair", help="print a new pairing code")
    _add_settings(pair)
    pair.set_defaults(run=_run_pair)


def _run_pair(arguments: argparse.Namespace) -> None:
    from .model.security import PairingCode  # noqa: PLC0415

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
    from .model.security import KeyRequest, NewKey  # noqa: PLC0415

    request = KeyRequest(name=arguments.name, role=Role(arguments.role))
    new = _ask(arguments, "POST", "/api/v1/keys", NewKey, request)
    print(f"Key {new.key.id}; its token is shown this once:", file=sys.stderr)
    print(new.token)


def _run_key_list(arguments: argparse.Namespace) -> None:
    from .model.security import Key  # noqa: PLC0415

    for key in _ask(arguments, "GET", "/api/v1/keys", list[Key]):
        standing = "revoked" if key.revoked else "valid"
        print(f"{key.id}  {key.role:<9}  {standing:<7}  {key.name}")


def _run_key_revoke(arguments: argparse.Namespace) -> None:
    from .model.security import Key  # noqa: PLC0415

    key = _ask(arguments, "DELETE", f"/api/v1/keys/{arguments.id}", Key)
    print(f"The key of {key.name} is revoked")


def _add_openapi(commands: Commands) -> None:
    openapi = commands.add_parser("openapi", help="print the API as OpenAPI 3.1")
    openapi.set_defaults(run=_run_openapi)


def _run_openapi(arguments: argparse.Namespace) -> None:
    import msgspec  # noqa: PLC0415

    from .api.app import openapi  # noqa: PLC0415

    print(msgspec.json.format(msgspec.json.encode(openapi()), indent=2).decode())


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file")
    parser.add_argument("--data-dir", type=Path, help="folder of the hub's data")


def _settings(arguments: argparse.Namespace, **overrides: object) -> Settings:
    return load(arguments.config, data_dir=arguments.data_dir, **overrides)


def _ask[T](
    arguments: argparse.Namespace,
    method: str,
    path: str,
    kind: type[T],
    body: object = None,
) -> T:
    settings = _settings(arguments)
    from .lifelog import LifelogError  # noqa: PLC0415
    from .local import RefusedError, ask  # noqa: PLC0415

    try:
        return asyncio.run(ask(settings, method, path, kind, body))
    except (RefusedError, LifelogError) as error:
        _fail(error, _REFUSED)


def _fail(error: Exception, code: int) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(code)
