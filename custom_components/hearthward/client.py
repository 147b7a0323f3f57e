"""Client of the Hearthward hub; knows nothing of Home Assistant."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
import json
from typing import Any, Final
from uuid import uuid4

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWSTimeout,
    WSServerHandshakeError,
)
from yarl import URL

from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardConnectionError,
    HearthwardDeviceOfflineError,
    HearthwardDeviceTimeoutError,
    HearthwardError,
    HearthwardPairingError,
    HearthwardRateLimitError,
    HearthwardRejectedError,
    HearthwardRequestError,
    HearthwardResponseError,
    HearthwardStreamEndedError,
)
from .models import (
    CommandResult,
    Device,
    HubInfo,
    Result,
    Snapshot,
    Statistics,
    StreamMessage,
)
from .stream import Stream

API: Final = "api/v1"

# A command waits for the device's acknowledgement, which the hub itself limits.
REQUEST_TIMEOUT: Final = ClientTimeout(total=30, connect=10)

# A file may take long, but not stand still.
FILE_TIMEOUT: Final = ClientTimeout(total=None, connect=10, sock_read=30)

ACKNOWLEDGED: Final = "acknowledged"

_REQUEST_ERRORS: Final[Mapping[str, type[HearthwardRequestError]]] = {
    "rejected": HearthwardRejectedError,
    "offline": HearthwardDeviceOfflineError,
    "timeout": HearthwardDeviceTimeoutError,
}

# What a hub says over the stream where it would answer a request with 401, 403, 429, 500 or 503.
_CODES: Final[Mapping[str, type[HearthwardError]]] = {
    "unauthorized": HearthwardAuthenticationError,
    "forbidden": HearthwardAuthenticationError,
    "busy": HearthwardRateLimitError,
    "internal": HearthwardConnectionError,
    "lifelog_unavailable": HearthwardConnectionError,
}

type Schedule = Mapping[str, Sequence[Mapping[str, str]]]
"""The slots of each day of the week: `{"monday": [{"time": "06:30", "preset": "normal"}]}`."""


class HearthwardClient:
    """Speak to one hub."""

    def __init__(
        self, url: str | URL, session: ClientSession, token: str | None = None
    ) -> None:
        """Remember where the hub is and how to sign in; nothing is sent."""
        self.url = URL(url)
        self._session = session
        self._token = token
        self._stream: Stream | None = None

    async def pair(self, code: str, name: str) -> str:
        """Trade the pairing code that the hub shows for a token, which is shown this once."""
        try:
            answer = await self.request(
                "POST", "pair", body={"code": code, "name": name}
            )
        except (HearthwardAuthenticationError, HearthwardRequestError) as error:
            raise HearthwardPairingError(str(error)) from error
        if not isinstance(answer, Mapping) or not isinstance(
            token := answer.get("token"), str
        ):
            raise HearthwardResponseError("The hub sent no token")
        return token

    async def hub(self) -> HubInfo:
        """Return who the hub is."""
        return HubInfo.from_dict(await self.request("GET", "hub"))

    async def snapshot(self) -> Snapshot:
        """Return all current state."""
        return Snapshot.from_dict(await self.request("GET", "snapshot"))

    async def statistics(self) -> Statistics:
        """Return how the hub does."""
        return Statistics.from_dict(await self.request("GET", "statistics"))

    async def approve(self, device: str, name: str, area: str | None) -> Device:
        """Let a pending device into the home."""
        body = {"name": name} | ({"area": area} if area else {})
        return Device.from_dict(
            await self.request("POST", f"devices/{device}/approve", body=body)
        )

    async def revoke(self, device: str) -> Device:
        """Turn a device away for good."""
        return Device.from_dict(await self.request("POST", f"devices/{device}/revoke"))

    async def command(
        self, device: str, point: str, body: Mapping[str, Any]
    ) -> CommandResult:
        """Ask something of a point and wait until its device has acknowledged.

        Over the stream while it is open, as that is faster. When it ends before the answer, the
        question is repeated with the same key, so that the device is not told twice.
        """
        key = uuid4().hex
        with suppress(HearthwardStreamEndedError):
            result = await self._ask(
                "command", key, device=device, point=point, body=body
            )
            if result is not None:
                return _acknowledged(result)
        return CommandResult.from_dict(
            await self.request(
                "POST",
                f"devices/{device}/points/{point}/commands",
                body=body,
                headers={"Idempotency-Key": key},
            )
        )

    async def set_schedule(self, device: str, zone: str, days: Schedule) -> Schedule:
        """Write some days of a zone's schedule; return the week as the node keeps it."""
        answer = await self.request(
            "PUT", _zone(device, zone, "schedule"), body={"days": days}
        )
        if not isinstance(answer, Mapping) or not isinstance(
            stored := answer.get("days"), Mapping
        ):
            raise HearthwardResponseError("The hub sent no schedule")
        return stored

    async def boost(
        self, device: str, zone: str, minutes: float | None
    ) -> float | None:
        """Boost a zone; return when it ends, in seconds since the epoch, when known."""
        answer = await self.request(
            "POST",
            _zone(device, zone, "boost"),
            body={} if minutes is None else {"minutes": minutes},
        )
        until = answer.get("until") if isinstance(answer, Mapping) else None
        return float(until) if isinstance(until, int | float) else None

    async def expose(self, entity_ids: Iterable[str]) -> None:
        """Say which Home Assistant entities the hub may see."""
        await self.request("PUT", "exposed", body={"entities": sorted(entity_ids)})

    async def send_states(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Send the states of Home Assistant entities; return once they are stored."""
        if await self._ask("states", uuid4().hex, states=states) is None:
            await self.request("POST", "homeassistant/states", body=states)

    @asynccontextmanager
    async def stream(
        self, after: int | None, epoch: str | None, silence: float
    ) -> AsyncIterator[AsyncIterator[StreamMessage]]:
        """Follow the home from `after` on, if the hub is in that `epoch` still.

        Raises HearthwardConnectionError when the connection is lost, or when nothing at all, not
        even a heartbeat, was heard for `silence` seconds, and HearthwardResponseError when the hub
        does not understand from where.
        """
        url = self.url / API / "stream"
        if after is not None:
            url = url.update_query(after=after)
            if epoch is not None:
                url = url.update_query(epoch=epoch)
        try:
            async with self._session.ws_connect(
                url,
                headers=self._headers(),
                max_msg_size=0,
                timeout=ClientWSTimeout(ws_receive=silence, ws_close=5),
            ) as socket:
                self._stream = stream = Stream(socket)
                try:
                    yield stream.messages()
                finally:
                    self._stream = None
                    stream.end()
        except WSServerHandshakeError as error:
            if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise HearthwardAuthenticationError(error.message) from error
            if error.status == HTTPStatus.BAD_REQUEST:
                # An older hub, of a backup perhaps, knows no epoch.
                raise HearthwardResponseError(error.message) from error
            raise HearthwardConnectionError(
                f"{error.status} {error.message}"
            ) from error
        except (ClientError, TimeoutError, OSError) as error:
            raise HearthwardConnectionError(_reason(error)) from error

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> object:
        """Send a request and return the JSON of the answer."""
        try:
            async with self._session.request(
                method,
                self.url / API / path,
                json=body,
                params=query,
                headers={**self._headers(), **(headers or {})},
                timeout=REQUEST_TIMEOUT,
            ) as response:
                answer = await _json(response)
        except (ClientError, TimeoutError, OSError) as error:
            raise HearthwardConnectionError(_reason(error)) from error
        if response.ok:
            return answer
        raise _error(response.status, answer)

    @asynccontextmanager
    async def open(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[ClientResponse]:
        """Open a file of the hub to read it piece by piece, however large it is."""
        try:
            async with self._session.get(
                self.url / API / path,
                headers={**self._headers(), **(headers or {})},
                timeout=FILE_TIMEOUT,
            ) as response:
                if not response.ok:
                    raise _error(response.status, await _json(response))
                yield response
        except (ClientError, TimeoutError, OSError) as error:
            raise HearthwardConnectionError(_reason(error)) from error

    async def _ask(self, kind: str, key: str, **fields: Any) -> Result | None:
        """Ask over the stream, None when there is none that answers."""
        if (stream := self._stream) is None or not stream.answers:
            return None
        result = await stream.request(kind, key, **fields)
        if result.code is not None or result.error is not None:
            raise _refusal(result.error or "", result.code or "")
        return result

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _zone(device: str, zone: str, what: str) -> str:
    return f"devices/{device}/zones/{zone}/{what}"


def _reason(error: Exception) -> str:
    """Return what a person can read; some exceptions have no text of their own."""
    return str(error) or type(error).__name__


async def _json(response: ClientResponse) -> object:
    """Return the JSON of an answer, None when it has none."""
    text = await response.text()
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise HearthwardResponseError(
            f"{response.status}: the answer is not JSON; is this a Hearthward hub?"
        ) from error


def _error(status: int, answer: object) -> HearthwardError:
    """Return the exception for an error body."""
    body = answer if isinstance(answer, Mapping) else {}
    message = str(body.get("error", f"HTTP {status}"))
    code = str(body.get("code", ""))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return HearthwardAuthenticationError(message)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return HearthwardRateLimitError(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and code not in _REQUEST_ERRORS:
        return HearthwardConnectionError(message)
    return _refusal(message, code)


def _refusal(message: str, code: str) -> HearthwardError:
    """Return the exception for what the hub refused, by its code."""
    if (error := _CODES.get(code)) is not None:
        return error(message)
    return _REQUEST_ERRORS.get(code, HearthwardRequestError)(message, code)


def _acknowledged(result: Result) -> CommandResult:
    """Return what became of a command; raise what it means when it was not acknowledged."""
    if (command := result.command) is None:
        raise HearthwardResponseError("The hub did not say what became of the command")
    if command.status != ACKNOWLEDGED:
        message = command.detail or f"The command was not done: {command.status}"
        raise _refusal(message, command.status)
    return command
