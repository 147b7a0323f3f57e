"""Client of the Hearthward hub; knows nothing of Home Assistant."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
import json
from typing import Any, Final
from uuid import uuid4

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
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
)
from .models import (
    CommandResult,
    Device,
    HubInfo,
    Snapshot,
    StreamMessage,
    stream_message,
)

API: Final = "api/v1"

# A command waits for the device's acknowledgement, which the hub itself limits.
REQUEST_TIMEOUT: Final = ClientTimeout(total=30, connect=10)

_REQUEST_ERRORS: Final[Mapping[str, type[HearthwardRequestError]]] = {
    "rejected": HearthwardRejectedError,
    "offline": HearthwardDeviceOfflineError,
    "timeout": HearthwardDeviceTimeoutError,
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

    async def pair(self, code: str, name: str) -> str:
        """Trade the pairing code that the hub shows for a token, which is shown this once."""
        try:
            answer = await self._request(
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
        return HubInfo.from_dict(await self._request("GET", "hub"))

    async def snapshot(self) -> Snapshot:
        """Return all current state."""
        return Snapshot.from_dict(await self._request("GET", "snapshot"))

    async def approve(self, device: str, name: str, area: str | None) -> Device:
        """Let a pending device into the home."""
        body = {"name": name} | ({"area": area} if area else {})
        return Device.from_dict(
            await self._request("POST", f"devices/{device}/approve", body=body)
        )

    async def revoke(self, device: str) -> Device:
        """Turn a device away for good."""
        return Device.from_dict(await self._request("POST", f"devices/{device}/revoke"))

    async def command(
        self, device: str, point: str, body: Mapping[str, Any]
    ) -> CommandResult:
        """Ask something of a point and wait until its device has acknowledged."""
        return CommandResult.from_dict(
            await self._request(
                "POST",
                f"devices/{device}/points/{point}/commands",
                body=body,
                headers={"Idempotency-Key": uuid4().hex},
            )
        )

    async def set_schedule(self, device: str, zone: str, days: Schedule) -> Schedule:
        """Write some days of a zone's schedule; return the week as the node keeps it."""
        answer = await self._request(
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
        answer = await self._request(
            "POST",
            _zone(device, zone, "boost"),
            body={} if minutes is None else {"minutes": minutes},
        )
        until = answer.get("until") if isinstance(answer, Mapping) else None
        return float(until) if isinstance(until, int | float) else None

    async def expose(self, entity_ids: Iterable[str]) -> None:
        """Say which Home Assistant entities the hub may see."""
        await self._request("PUT", "exposed", body={"entities": sorted(entity_ids)})

    async def send_states(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Send the states of Home Assistant entities."""
        await self._request("POST", "homeassistant/states", body=states)

    @asynccontextmanager
    async def stream(
        self, after: int | None, silence: float
    ) -> AsyncIterator[AsyncIterator[StreamMessage]]:
        """Follow the home from `after` on.

        Raises HearthwardConnectionError when the connection is lost, or when nothing at all, not
        even a heartbeat, was heard for `silence` seconds.
        """
        url = self.url / API / "stream"
        if after is not None:
            url = url.update_query(after=after)
        try:
            async with self._session.ws_connect(
                url,
                headers=self._headers(),
                max_msg_size=0,
                timeout=ClientWSTimeout(ws_receive=silence, ws_close=5),
            ) as socket:
                yield _messages(socket)
        except WSServerHandshakeError as error:
            if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise HearthwardAuthenticationError(error.message) from error
            raise HearthwardConnectionError(
                f"{error.status} {error.message}"
            ) from error
        except (ClientError, TimeoutError, OSError) as error:
            raise HearthwardConnectionError(_reason(error)) from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def _request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> object:
        """Send a request and return the JSON of the answer."""
        try:
            async with self._session.request(
                method,
                self.url / API / path,
                json=body,
                headers={**self._headers(), **(headers or {})},
                timeout=REQUEST_TIMEOUT,
            ) as response:
                answer = await _json(response)
        except (ClientError, TimeoutError, OSError) as error:
            raise HearthwardConnectionError(_reason(error)) from error
        if response.ok:
            return answer
        raise _error(response.status, answer)


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
    if (request_error := _REQUEST_ERRORS.get(code)) is not None:
        return request_error(message, code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HearthwardConnectionError(message)
    return HearthwardRequestError(message, code)


async def _messages(socket: ClientWebSocketResponse) -> AsyncIterator[StreamMessage]:
    """Yield what the hub says until the connection ends."""
    while True:
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise HearthwardConnectionError(
                f"The hub closed the stream ({message.type.name.lower()})"
            )
        try:
            data = json.loads(message.data)
        except ValueError as error:
            raise HearthwardResponseError("Stream message is not JSON") from error
        if (parsed := stream_message(data)) is not None:
            yield parsed
