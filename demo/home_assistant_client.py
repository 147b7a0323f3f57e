"""Speak to Home Assistant as its frontend does: REST, flows and the WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import time
from typing import Any, Self

import aiohttp

type Json = dict[str, Any]

CLIENT_NAME = "Hearthward demo"


class HomeAssistantError(Exception):
    """Home Assistant refused or did not answer as expected."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of a subscription and when it arrived (seconds, monotonic)."""

    at: float
    event: Json


class HomeAssistantClient:
    """A logged-in user of a running Home Assistant."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """Prepare; `connect` opens the connection."""
        self.url = url
        self.states: dict[str, Json] = {}
        self.token: Json = {}
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._last_id = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._subscriptions: dict[int, Callable[[Arrival], None]] = {}
        self._changed = asyncio.Condition()

    @classmethod
    async def connect(cls, url: str, username: str, password: str) -> Self:
        """Log in and follow all states; raise HomeAssistantError when refused."""
        client = cls(url, aiohttp.ClientSession())
        try:
            await client._log_in(username, password)
            await client._open()
        except BaseException:
            await client.close()
            raise
        return client

    async def close(self) -> None:
        """Close the connection."""
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()
        await self._session.close()

    # REST

    async def get(self, path: str) -> Any:
        """Return the JSON at a path of Home Assistant."""
        return await self.request("GET", path)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON to a path of Home Assistant and return its answer."""
        return await self.request("POST", path, json=body)

    async def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Make a request as the user; raise HomeAssistantError unless it succeeds."""
        headers = (
            {"Authorization": f"Bearer {self.token['access_token']}"}
            if self.token
            else {}
        )
        async with self._session.request(
            method, f"{self.url}{path}", headers=headers, **arguments
        ) as response:
            if not response.ok:
                raise HomeAssistantError(
                    f"{method} {path}: {response.status} {await response.text()}"
                )
            return await response.json()

    async def flow(
        self, path: str, start: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> Json:
        """Walk through a flow, answering each step by its id; return the last result."""
        step: Json = await self.post(path, start)
        while step["type"] in ("form", "menu"):
            if step.get("errors"):
                raise HomeAssistantError(f"{step['step_id']}: {step['errors']}")
            if (step_id := step["step_id"]) not in answers:
                raise HomeAssistantError(f"No answer for step {step_id} of {start}")
            step = await self.post(f"{path}/{step['flow_id']}", answers[step_id])
        return step

    async def add_integration(self, domain: str, answers: Mapping[str, Any]) -> Json:
        """Set an integration up as a user would; return the config entry."""
        result = await self.flow(
            "/api/config/config_entries/flow", {"handler": domain}, answers
        )
        if result["type"] != "create_entry":
            raise HomeAssistantError(f"{domain} was not set up: {result}")
        entry: Json = result["result"]
        return entry

    # WebSocket

    async def command(self, kind: str, **arguments: Any) -> Any:
        """Send a WebSocket command and return its result."""
        _, result = await self._send({"type": kind, **arguments})
        return await result

    async def call_action(
        self,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        entity: str | None = None,
        response: bool = False,
    ) -> Any:
        """Call an action such as `climate.set_temperature`; return its response."""
        domain, service = action.split(".", 1)
        arguments: Json = {
            "domain": domain,
            "service": service,
            "service_data": dict(data or {}),
        }
        if entity:
            arguments["target"] = {"entity_id": entity}
        if response:
            arguments["return_response"] = True
        result = await self.command("call_service", **arguments)
        return result.get("response")

    @asynccontextmanager
    async def subscription(
        self, kind: str, **arguments: Any
    ) -> AsyncIterator[asyncio.Queue[Arrival]]:
        """Subscribe by a WebSocket command; yield the queue that the messages go to."""
        queue: asyncio.Queue[Arrival] = asyncio.Queue()
        number = await self._subscribe(queue.put_nowait, kind, **arguments)
        try:
            yield queue
        finally:
            del self._subscriptions[number]
            if self._socket is not None and not self._socket.closed:
                await self.command("unsubscribe_events", subscription=number)

    async def wait_for_state(
        self,
        entity_id: str,
        condition: Callable[[Json], bool],
        timeout: float = 60,
    ) -> Json:
        """Wait until the state of an entity meets the condition; return the state."""

        def met() -> bool:
            state = self.states.get(entity_id)
            return state is not None and condition(state)

        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(met)
        except TimeoutError:
            raise HomeAssistantError(
                f"{entity_id} did not come to the expected state within "
                f"{timeout:.0f} s; it is {self.states.get(entity_id)}"
            ) from None
        return self.states[entity_id]

    async def _log_in(self, username: str, password: str) -> None:
        client_id = f"{self.url}/"
        result = await self.flow(
            "/auth/login_flow",
            {
                "client_id": client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": client_id,
            },
            {
                "init": {
                    "client_id": client_id,
                    "username": username,
                    "password": password,
                }
            },
        )
        self.token = await self.request(
            "POST",
            "/auth/token",
            data={
                "client_id": client_id,
                "grant_type": "authorization_code",
                "code": result["result"],
            },
        )

    async def _open(self) -> None:
        self._socket = await self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        )
        await self._socket.receive_json()
        await self._socket.send_json(
            {"type": "auth", "access_token": self.token["access_token"]}
        )
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise HomeAssistantError(f"The WebSocket refused the login: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._subscribe(
            self._on_state_changed, "subscribe_events", event_type="state_changed"
        )
        for state in await self.command("get_states"):
            self.states.setdefault(state["entity_id"], state)

    async def _subscribe(
        self, deliver: Callable[[Arrival], None], kind: str, **arguments: Any
    ) -> int:
        number, result = await self._send({"type": kind, **arguments}, deliver)
        await result
        return number

    async def _send(
        self, message: Json, deliver: Callable[[Arrival], None] | None = None
    ) -> tuple[int, asyncio.Future[Any]]:
        if self._socket is None or self._socket.closed:
            raise HomeAssistantError("The WebSocket is closed")
        self._last_id += 1
        number = self._last_id
        result = self._results[number] = asyncio.get_running_loop().create_future()
        if deliver is not None:
            self._subscriptions[number] = deliver
        await self._socket.send_json({"id": number, **message})
        return number, result

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for received in socket:
            at = time.monotonic()
            message = received.json()
            match message["type"]:
                case "result":
                    self._on_result(message)
                case "event":
                    if deliver := self._subscriptions.get(message["id"]):
                        deliver(Arrival(at, message["event"]))
            async with self._changed:
                self._changed.notify_all()
        for result in self._results.values():
            if not result.done():
                result.set_exception(HomeAssistantError("The WebSocket was closed"))

    def _on_result(self, message: Json) -> None:
        result = self._results.pop(message["id"])
        if result.done():
            return
        if message["success"]:
            result.set_result(message["result"])
        else:
            result.set_exception(HomeAssistantError(message["error"]["message"]))

    def _on_state_changed(self, arrival: Arrival) -> None:
        data = arrival.event["data"]
        if data["new_state"] is None:
            self.states.pop(data["entity_id"], None)
        else:
            self.states[data["entity_id"]] = data["new_state"]
