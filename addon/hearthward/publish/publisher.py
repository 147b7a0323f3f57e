"""A device, as the program that speaks for it sees it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
import logging
from pathlib import Path
import random
import time
from typing import Self
from urllib.parse import urlsplit
import uuid

import msgspec

from hearthward.model.command import CommandBody, CommandStatus
from hearthward.model.message import (
    AckBody,
    CommandMessage,
    Event,
    EventBody,
    Hello,
    HelloBody,
    Observation,
    State,
    StateBody,
)

from .buffer import Buffer
from .errors import LostError, PublishError
from .outbox import Outbox

_LOGGER = logging.getLogger(__name__)

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0

type Value = float | str | bool | Observation | None
type Command = Callable[[str, CommandBody], Awaitable[None]]
type Transport = Callable[[str, str | None, Outbox], Awaitable[None]]


class Publisher:
    """Speaks for one device; use it as a context manager.

    Connections come and go by themselves. `file` is where messages wait (in memory without
    it), `command` is called with the point and the body of each command: what it raises
    rejects the command with that text.
    """

    def __init__(
        self,
        url: str,
        device: str,
        *,
        token: str | None = None,
        file: Path | None = None,
        command: Command | None = None,
    ) -> None:
        """Speak to the hub at `url`, or over the broker there.

        Raises:
            PublishError: The address has no transport.

        """
        self.device = device
        self._url = url
        self._token = token
        self._transport = _transport(url)
        self._command = command
        self._buffer = Buffer(file)
        self._outbox = Outbox(self._buffer, device, self._obey)

    async def __aenter__(self) -> Self:
        """Open the buffer and begin to send what waits in it."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._buffer)
            self._running = asyncio.create_task(self._run())
            self._settling = asyncio.create_task(self._outbox.settle())
            stack.push_async_callback(self._stop)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop; what waits is sent the next time."""
        await self._stack.aclose()

    @property
    def problem(self) -> str | None:
        """What keeps messages from being sent now."""
        return self._outbox.problem

    async def hello(self, body: HelloBody) -> None:
        """Say who the device is and what it offers."""
        await self._put(Hello(device=self.device, ts=time.time(), body=body))

    async def state(
        self, values: Mapping[str, Value], *, ts: float | None = None
    ) -> None:
        """Say what points measure; None is no valid value. `ts` is when, now if left out."""
        seen = tuple(_observation(point, value) for point, value in values.items())
        now = time.time() if ts is None else ts
        await self._put(
            State(device=self.device, ts=now, body=StateBody(observations=seen))
        )

    async def event(
        self,
        point: str,
        event: str,
        data: dict[str, object] | None = None,
        *,
        ts: float | None = None,
    ) -> None:
        """Say that something happened."""
        now = time.time() if ts is None else ts
        body = EventBody(point=point, event=event, data=data)
        await self._put(Event(device=self.device, ts=now, body=body))

    async def message(self, fields: Mapping[str, object]) -> None:
        """Say a message as it is; `device`, `ts` and `id` are filled in.

        Raises:
            PublishError: It is none of version 1.

        """
        given = {"device": self.device, "ts": time.time(), **fields}
        try:
            message = msgspec.convert(given, Hello | State | Event)
        except msgspec.ValidationError as error:
            raise PublishError(f"Correct the message: {error}") from None
        await self._put(message)

    async def flush(self) -> None:
        """Wait until the hub (by MQTT: the broker) has everything that was said.

        Raises:
            PublishError: It never will, unless something is changed.

        """
        drained = asyncio.create_task(self._outbox.drained())
        await asyncio.wait(
            (drained, self._running), return_when=asyncio.FIRST_COMPLETED
        )
        drained.cancel()
        if self._running.done():
            self._running.result()

    async def waiting(self) -> int:
        """Return how many messages wait to be sent."""
        return await self._buffer.count()

    async def _put(self, message: Hello | State | Event) -> None:
        if message.id is None:
            message = msgspec.structs.replace(message, id=uuid.uuid4().hex)
        kind = str(type(message).__name__).lower()
        await self._buffer.put(kind, msgspec.json.encode(message))
        self._outbox.wake()

    async def _run(self) -> None:
        wait = _FIRST_WAIT
        while True:
            self._outbox.reset()
            began = time.monotonic()
            try:
                await self._transport(self._url, self._token, self._outbox)
            except LostError as error:
                if time.monotonic() - began > _LONGEST_WAIT:
                    wait = _FIRST_WAIT
                self._outbox.problem = str(error)
                pause = error.wait or wait * random.uniform(0.5, 1.0)
                _LOGGER.warning("Messages wait, next try in %.1f s: %s", pause, error)
                await asyncio.sleep(pause)
                wait = min(2 * wait, _LONGEST_WAIT)

    async def _stop(self) -> None:
        self._running.cancel()
        self._settling.cancel()
        # What went wrong was told to who flushed.
        await asyncio.gather(self._running, self._settling, return_exceptions=True)

    async def _obey(self, message: CommandMessage) -> AckBody:
        """Have a command done and say what became of it."""
        command = message.id or ""
        status, detail = CommandStatus.ACKNOWLEDGED, None
        if self._command is None:
            status, detail = CommandStatus.REJECTED, "The device takes no commands"
        else:
            try:
                await self._command(message.body.point, message.body.body)
            except Exception as error:  # noqa: BLE001 - whatever it is, it was not done
                status = CommandStatus.REJECTED
                detail = str(error) or type(error).__name__
        return AckBody(command=command, status=status, detail=detail)


def _observation(point: str, value: Value) -> Observation:
    if isinstance(value, Observation):
        return msgspec.structs.replace(value, point=point)
    if isinstance(value, str):
        return Observation(point=point, text=value)
    return Observation(point=point, value=None if value is None else float(value))


def _transport(url: str) -> Transport:
    scheme = urlsplit(url).scheme
    if scheme in ("http", "https"):
        from .http import send
    elif scheme in ("ws", "wss"):
        from .websocket import send
    elif scheme in ("mqtt", "mqtts"):
        from .mqtt import send
    else:
        raise PublishError(
            f"Begin the address with http, ws or mqtt (or https, wss, mqtts), not {url!r}"
        )
    return send
