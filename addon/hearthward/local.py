"""Ask the hub of this machine through its local socket; the hub need not run."""

from typing import Any

import aiohttp
import msgspec

from .config import Settings
from .hub import open_parts, reachable, serve
from .model.security import ErrorBody

_TIMEOUT = aiohttp.ClientTimeout(total=30)


class RefusedError(Exception):
    """The hub refused; the message says why."""


async def ask[T](
    settings: Settings, method: str, path: str, kind: type[T], body: object = None
) -> T:
    """Make a request as the administrator of the machine and return its result.

    When no hub runs on the data folder, one is opened for this request alone.

    Raises:
        RefusedError: The hub refused the request.
        ConfigError: The data folder cannot be used.

    """
    try:
        return await _ask(settings, method, path, kind, body)
    except FileNotFoundError, aiohttp.ClientConnectorError:
        async with open_parts(settings) as parts, serve(parts, network=False):
            return await _ask(settings, method, path, kind, body)


async def _ask[T](
    settings: Settings, method: str, path: str, kind: type[T], body: object
) -> T:
    with reachable(settings.data_dir) as near:
        connector = aiohttp.UnixConnector(near)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
            session.request(
                method, f"http://hub{path}", data=msgspec.json.encode(body)
            ) as response,
        ):
            answer: Any = await response.read()
            if response.ok:
                return msgspec.json.decode(answer, type=kind)
            raise RefusedError(msgspec.json.decode(answer, type=ErrorBody).error)
