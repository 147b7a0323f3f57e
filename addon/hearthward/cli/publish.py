"""`hearthward publish`: speak for a device from a shell."""

import argparse
import asyncio
import logging
import os
from pathlib import Path
import sys
from typing import Any

from .common import REFUSED, WRONG, Commands, fail

TOKEN = "HEARTHWARD_TOKEN"

_WORDS = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0, "unknown": None}


def register(commands: Commands) -> None:
    """Add the command."""
    publish = commands.add_parser("publish", help="say what a device measures")
    publish.add_argument("device", help="the device's id")
    publish.add_argument(
        "values",
        nargs="*",
        metavar="POINT=VALUE",
        help='a number, with its unit if it is not the point\'s ("70 °F"); on, off, unknown; '
        "or words. Without any, messages are read from the standard input, one a line",
    )
    publish.add_argument(
        "--url",
        default="http://127.0.0.1:8737",
        help="http://HUB:PORT, ws://HUB:PORT or mqtt://NAME:<PASSWORD>@BROKER/HOME, or with TLS "
        "https, wss, mqtts (default: %(default)s)",
    )
    publish.add_argument(
        "--token", default=os.environ.get(TOKEN), help=f"the key's token (or {TOKEN})"
    )
    publish.add_argument(
        "--hello", type=Path, metavar="FILE", help="JSON of who the device is"
    )
    publish.add_argument(
        "--event",
        action="append",
        default=[],
        metavar="POINT=EVENT",
        help="what happened",
    )
    publish.add_argument(
        "--buffer", type=Path, metavar="FILE", help="where messages wait for the hub"
    )
    publish.add_argument(
        "--timeout", type=float, default=30.0, help="seconds to try (default: 30)"
    )
    publish.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from hearthward.publish import PublishError

    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        waiting, problem = asyncio.run(_publish(arguments))
    except PublishError as error:
        fail(error, WRONG)
    if waiting:
        kept = f"kept in {arguments.buffer}" if arguments.buffer else "lost"
        fail(f"{waiting} messages were not sent and are {kept}: {problem}", REFUSED)


async def _publish(arguments: argparse.Namespace) -> tuple[int, str | None]:
    """Say everything; return how much could not be sent in time, and why."""
    from hearthward.publish import Publisher

    async with Publisher(
        arguments.url,
        arguments.device,
        token=arguments.token,
        file=arguments.buffer,
    ) as publisher:
        await _say(publisher, arguments)
        try:
            async with asyncio.timeout(arguments.timeout):
                await publisher.flush()
        except TimeoutError:
            return await publisher.waiting(), publisher.problem
        return 0, None


async def _say(publisher: Any, arguments: argparse.Namespace) -> None:
    from hearthward.model.message import HelloBody

    if arguments.hello is not None:
        body = _read(arguments.hello.read_bytes(), arguments.hello, HelloBody)
        await publisher.hello(body)
    for text in arguments.event:
        point, event = _pair(text)
        await publisher.event(point, event)
    if arguments.values:
        await publisher.state(
            {point: _value(value) for point, value in map(_pair, arguments.values)}
        )
    elif arguments.hello is None and not arguments.event:
        async for line in _lines():
            await publisher.message(_read(line, "the standard input", dict[str, Any]))


async def _lines() -> Any:
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        if line.strip():
            yield line


def _read(text: bytes, source: object, kind: Any) -> Any:
    import msgspec

    from hearthward.publish import PublishError

    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise PublishError(f"Correct {source}: {error}") from None


def _pair(text: str) -> tuple[str, str]:
    from hearthward.publish import PublishError

    name, found, value = text.partition("=")
    if not found or not name:
        raise PublishError(f"Give {text!r} as NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    """Return what a person typed: a number, perhaps with a unit, on or off, or words."""
    from hearthward.model.message import Observation

    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number, _, unit = text.strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        return text
    return Observation(point="", value=value, unit=unit.strip() or None)
