"""Ask the hub of this machine through its local socket; the hub need not run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import logging
from pathlib import Path
import time
from typing import Any

import aiohttp
import msgspec

from .config import Settings
from .hub import open_parts, reachable, serve
from .model.security import ErrorBody
from .ops.lock import FolderInUseError

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_PATIENCE = 15.0
_PAUSE = 0.1
_CHUNK = 1024 * 1024

# Files take as long as they take.
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)

_LOGGER = logging.getLogger(__name__)


class RefusedError(Exception):
    """The hub refused; the message says why."""


class Local:
    """The hub of this machine, asked as the administrator of the machine."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Ask through a session of the local socket."""
        self._session = session

    async def ask[T](
        self,
        method: str,
        path: str,
        kind: type[T],
        body: object = None,
        *,
        patient: bool = False,
    ) -> T:
        """Make a request and return its result; a patient one may take any time.

        Raises:
            RefusedError: The hub refused the request.

        """
        data = msgspec.json.encode(body)
        timeout = _NO_TIMEOUT if patient else _TIMEOUT
        async with self._session.request(
            method, _url(path), data=data, timeout=timeout
        ) as response:
            answer = await _answer(response)
        return msgspec.json.decode(answer, type=kind) if answer else kind()

    async def upload[T](
        self, path: str, kind: type[T], chunks: AsyncIterable[bytes]
    ) -> T:
        """Send bytes and return the result.

        Raises:
            RefusedError: The hub refused them.

        """
        async with self._session.post(
            _url(path), data=chunks, timeout=_NO_TIMEOUT
        ) as response:
            return msgspec.json.decode(await _answer(response), type=kind)

    async def download(self, path: str, file: Path) -> None:
        """Write what a path holds to a file, which is whole or not there.

        Raises:
            RefusedError: The hub refused the request.

        """
        draft = file.with_name(f"{file.name}.part")
        async with self._session.get(_url(path), timeout=_NO_TIMEOUT) as response:
            if not response.ok:
                await _answer(response)
            with draft.open("wb") as stream:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    await asyncio.to_thread(stream.write, chunk)
        draft.rename(file)


@asynccontextmanager
async def connect(settings: Settings) -> AsyncGenerator[Local]:
    """Connect to the hub of this machine.

    When no hub runs on the data folder, one is opened meanwhile. When one is about to start
    or to stop, it is waited for.

    Raises:
        ConfigError: The data folder cannot be used.

    """
    give_up = time.monotonic() + _PATIENCE
    async with AsyncExitStack() as stack:
        while not await _answers(settings):
            try:
                parts = await stack.enter_async_context(
                    open_parts(settings, patience=0.0)
                )
                await stack.enter_async_context(serve(parts, network=False))
                _LOGGER.warning("No hub runs on %s: used its files", settings.data_dir)
            except FolderInUseError:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(_PAUSE)
        near = stack.enter_context(reachable(settings.data_dir))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(near))
        )
        yield Local(session)


async def _answers(settings: Settings) -> bool:
    """Tell whether a hub listens on the local socket."""
    with suppress(OSError):
        with reachable(settings.data_dir) as near:
            _, writer = await asyncio.open_unix_connection(near)
        writer.close()
        return True
    return False


async def _answer(response: aiohttp.ClientResponse) -> bytes:
    answer: Any = await response.read()
    if response.ok:
        return bytes(answer)
    raise RefusedError(msgspec.json.decode(answer, type=ErrorBody).error)


def _url(path: str) -> str:
    return f"http://hub{path}"
