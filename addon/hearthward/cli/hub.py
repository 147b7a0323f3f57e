"""`hearthward hub`, `health` and `openapi`: run the hub, ask whether it lives, tell its API."""

import argparse
import asyncio

from .common import REFUSED, Commands, add_settings, fail, settings

_HEALTH_TIMEOUT = 5.0


def register(commands: Commands) -> None:
    """Add the commands."""
    _add_hub(commands)
    _add_health(commands)
    _add_openapi(commands)


def _add_hub(commands: Commands) -> None:
    hub = commands.add_parser("hub", help="run the hub")
    add_settings(hub)
    hub.add_argument("--host", help="address to listen on")
    hub.add_argument("--port", type=int, help="port to listen on")
    hub.set_defaults(run=_run_hub)


def _run_hub(arguments: argparse.Namespace) -> None:
    chosen = settings(arguments, host=arguments.host, port=arguments.port)
    from hearthward.hub import run
    from hearthward.lifelog import LifelogError
    from hearthward.ops import logs

    listener = logs.start(chosen.log_level, chosen.log_format)
    try:
        asyncio.run(run(chosen))
    except LifelogError as error:
        fail(error, REFUSED)
    finally:
        listener.stop()


def _add_health(commands: Commands) -> None:
    health = commands.add_parser("health", help="ask whether the hub lives")
    add_settings(health)
    health.set_defaults(run=_run_health)


def _run_health(arguments: argparse.Namespace) -> None:
    chosen = settings(arguments)
    from http import HTTPStatus
    from http.client import HTTPConnection, HTTPException

    # What listens everywhere listens here too.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)
    connection = HTTPConnection(host, chosen.port, timeout=_HEALTH_TIMEOUT)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        fail(f"The hub does not answer on {host}:{chosen.port}: {error}", REFUSED)
    if answer.status != HTTPStatus.OK:
        fail(f"The hub is not well: {answer.status} {answer.reason}", REFUSED)


def _add_openapi(commands: Commands) -> None:
    openapi = commands.add_parser("openapi", help="print the API as OpenAPI 3.1")
    openapi.set_defaults(run=_run_openapi)


def _run_openapi(arguments: argparse.Namespace) -> None:
    import msgspec

    from hearthward.api.app import openapi

    print(msgspec.json.format(msgspec.json.encode(openapi()), indent=2).decode())
