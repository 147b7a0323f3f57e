"""Have the Supervisor tell Home Assistant about a hub that runs as its app."""

import asyncio
from collections.abc import Mapping
import logging
from typing import Any

import aiohttp
import msgspec

from hearthward.model.security import Role
from hearthward.model.stream import HubInfo
from hearthward.security.keys import Keys
from hearthward.security.vault import Vault, VaultError

_LOGGER = logging.getLogger(__name__)

URL = "http://supervisor"
SERVICE = "hearthward"

_SECRET = "supervisor/home_assistant"  # pragma: allowlist secret
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0


class _Answer(msgspec.Struct):
    """What the Supervisor wraps its answers in."""

    result: str
    message: str | None = None
    data: dict[str, Any] | None = None


async def publish(
    token: str, info: HubInfo, port: int, keys: Keys, vault: Vault, url: str = URL
) -> None:
    """Give the Supervisor the hub's address and a key; try until it takes them.

    `token` is the app's own, from the environment variable SUPERVISOR_TOKEN. Endpoints:
    `GET /addons/self/info` and `POST /discovery` of the Supervisor's API.
    """
    access = await _access(keys, vault)
    wait = _FIRST_WAIT
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
        while True:
            try:
                host = await _host(session, url)
                await _request(
                    session,
                    "POST",
                    f"{url}/discovery",
                    {
                        "service": SERVICE,
                        "config": {
                            "host": host,
                            "port": port,
                            "id": info.id,
                            "name": info.name,
                            "token": access,
                        },
                    },
                )
            except (aiohttp.ClientError, TimeoutError, RefusedError) as error:
                _LOGGER.warning(
                    "The Supervisor was not told of the hub, next try in %d s: %s",
                    wait,
                    error or type(error).__name__,
                )
            else:
                _LOGGER.info("The Supervisor tells Home Assistant of the hub")
                return
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)


async def service(token: str, name: str, url: str = URL) -> dict[str, Any]:
    """Return what the Supervisor knows of a service such as `mqtt`.

    Raises:
        RefusedError: It offers none.
        aiohttp.ClientError: It cannot be reached.
        TimeoutError: It does not answer.

    """
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
        return await _request(session, "GET", f"{url}/services/{name}")


class RefusedError(Exception):
    """The Supervisor refused; the message is its own."""


async def _access(keys: Keys, vault: Vault) -> str:
    """Return the token for Home Assistant: the same at every start while it is valid."""
    try:
        token = await vault.get(_SECRET)
    except VaultError as error:
        _LOGGER.warning("%s", error)
        token = None
    if token is not None and keys.verify(token) is not None:
        return token
    new = await keys.create("Home Assistant (Supervisor)", Role.SERVICE, None)
    await vault.put(_SECRET, new.token)
    return new.token


async def _host(session: aiohttp.ClientSession, url: str) -> str:
    """Return the address under which Home Assistant reaches this app."""
    data = await _request(session, "GET", f"{url}/addons/self/info")
    return str(data.get("ip_address") or data["hostname"])


async def _request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    async with session.request(method, url, json=body) as response:
        raw = await response.read()
        try:
            answer = msgspec.json.decode(raw, type=_Answer)
        except msgspec.MsgspecError:
            raise RefusedError(f"{method} {url}: HTTP {response.status}") from None
        if answer.result != "ok":
            raise RefusedError(answer.message or f"HTTP {response.status}")
        return answer.data or {}
