"""Ask the hub of this machine through its local socket; the hub need not run."""

import asyncio
from contextlib import suppress
from functools import partial
import logging
import time
from typing import Any

import aiohttp
import msgspec

from .config import Settings
from .hub import FolderInUseError, open_parts, reachable, serve
from .model.security import ErrorBody

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_PATIENCE = 15.0
_PAUSE = 0.1

_LOGGER = logging.getLogger(__name__)


class RefusedError(Exception):
    """The hub refused; the message says why."""


async def ask[T](
    settings: Settings, method: str, path: str, kind: type[T], body: object = None
) -> T:
    """Make a request as the administrator of the machine and return its result.

    When no hub runs on the data folder, one is opened for this request alone. When one
    is about to start or to stop, it is waited for.

    Raises:
        RefusedError: The hub refused the request.
        ConfigError: The data folder cannot be used.

    """
    request = partial(_ask, settings, method, path, kind, body)
    give_up = time.monotonic() + _PATIENCE
    while True:
        with suppress(FileNotFoundError, aiohttp.ClientConnectorError):
            return await request()
        try:
            async with (
                open_parts(settings, patience=0.0) as parts,
                serve(parts, network=False),
            ):
                _LOGGER.warning("No hub runs on %s: used its files", settings.data_dir)
                return await request()
        except FolderInUseError:
            if time.monotonic() > give_up:
                raise
        await asyncio.sleep(_PAUSE)


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
