"""A device on MQTT: paho in its own thread, as most devices' libraries work."""

import asyncio
from collections.abc import Callable
import ssl
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE = 60.0


class RefusedError(Exception):
    """The broker refused."""


class Peer:
    """A client of the broker; use it as a context manager."""

    def __init__(
        self,
        port: int,
        name: str,
        *,
        will: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        password: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Name the client; `will` is its last will."""
        self._patience = patience
        self.heard: list[tuple[str, bytes]] = []
        self._port = port
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5
        )
        if password is not None:
            self._client.username_pw_set(name, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        if will is not None:
            self._client.will_set(will[0], will[1], 1)
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._answers: dict[int, Any] = {}
        self._welcome: Any = None

    async def __aenter__(self) -> Self:
        """Connect."""
        await asyncio.to_thread(self._client.connect, "localhost", self._port, 10)
        self._client.loop_start()
        try:
            await until(lambda: self._welcome is not None, self._patience)
        except TimeoutError:
            await self.__aexit__()
            raise
        if self._welcome.is_failure:
            await self.__aexit__()
            raise RefusedError(str(self._welcome))
        return self

    async def __aexit__(self, *error: object) -> None:
        """Say goodbye."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def vanish(self) -> None:
        """Go without a word: the broker tells the last will."""
        sock = self._client.socket()
        assert sock is not None
        self._client.loop_stop()
        sock.close()

    async def publish(
        self, topic: str, message: object, *, retain: bool = False
    ) -> None:
        """Publish and wait until the broker has it."""
        payload = (
            message if isinstance(message, bytes) else msgspec.json.encode(message)
        )
        info = self._client.publish(topic, payload, 1, retain)
        await self._answered(info.mid)

    async def subscribe(self, topic: str) -> None:
        """Subscribe and wait until the broker has agreed."""
        _, mid = self._client.subscribe(topic, 1)
        assert mid is not None
        await self._answered(mid)

    async def wait_for(self, topic: str) -> bytes:
        """Return the first payload on a topic."""
        await until(lambda: any(heard == topic for heard, _ in self.heard))
        return next(payload for heard, payload in self.heard if heard == topic)

    async def _answered(self, mid: int) -> None:
        await until(lambda: mid in self._answers)
        reason = self._answers.pop(mid)
        if reason.is_failure:
            raise RefusedError(str(reason))

    def _on_connect(
        self, client: object, data: object, flags: object, reason: Any, _: object
    ) -> None:
        self._welcome = reason

    def _on_publish(
        self, client: object, data: object, mid: int, reason: Any, _: object
    ) -> None:
        self._answers[mid] = reason

    def _on_subscribe(
        self, client: object, data: object, mid: int, reasons: Any, _: object
    ) -> None:
        self._answers[mid] = reasons[0]

    def _on_message(self, client: object, data: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))


async def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.01)
