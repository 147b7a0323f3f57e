"""Messages over an MQTT broker (MQTT 5, QoS 1), and commands back."""

import asyncio
from collections.abc import Callable
import time
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hearthward.model.message import Ack, CommandMessage

from .errors import LostError, PublishError
from .outbox import Outbox, numbered

_WINDOW = 200
_KEEPALIVE = 30

# What the broker says to a wrong name or password, and to who may not do that (MQTT 5, 2.4).
_REFUSED = frozenset({0x86, 0x87, 0x8C})

# What the broker took and gave to nobody (MQTT 5, 3.4.2.1): it has forgotten it already.
_NOBODY = 0x10

_decode = msgspec.json.Decoder(CommandMessage).decode


class _Kind(msgspec.Struct):
    type: str


async def send(url: str, token: str | None, outbox: Outbox) -> None:
    """Publish what is in the outbox and obey commands until cancelled.

    Name and password stand in the address (`mqtt://name:<password>@host`), or the token is the
    device's password. The path is the home, `home` if it is left out.

    Raises:
        LostError: The broker cannot be reached.
        PublishError: It refuses.

    """
    link = _Link(urlsplit(url), token, outbox)
    try:
        await link.open()
        async with asyncio.TaskGroup() as group:
            group.create_task(link.publish())
            await link.listen(group)
    except ExceptionGroup as group_error:
        error = group_error.exceptions[0]
        raise LostError(str(error) or type(error).__name__) from error
    finally:
        await link.close()


class _Link:
    """One connection to the broker; paho's thread calls into the loop."""

    def __init__(self, parts: SplitResult, token: str | None, outbox: Outbox) -> None:
        """Prepare the client."""
        self._outbox = outbox
        self._loop = asyncio.get_running_loop()
        self._happened: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._sent: dict[int, int] = {}
        self._commands: list[bytes] = []
        self._connected: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._parts = parts
        self._topic = f"hearthward/{parts.path.strip('/') or 'home'}/{outbox.device}"
        self._client = self._make(token)

    async def open(self) -> None:
        """Connect, subscribe to commands and say that the device is online."""
        secure = self._parts.scheme == "mqtts"
        host = self._parts.hostname or "localhost"
        port = self._parts.port or (8883 if secure else 1883)
        try:
            await asyncio.to_thread(
                self._client.connect, host, port, _KEEPALIVE, clean_start=True
            )
        except (OSError, ValueError) as error:
            raise LostError(str(error)) from error
        self._client.loop_start()
        async with asyncio.timeout(_KEEPALIVE):
            code = await self._connected
        if code.is_failure:
            kind = PublishError if code.value in _REFUSED else LostError
            raise kind(f"The broker says: {code}")
        self._client.subscribe(f"{self._topic}/command", qos=1)
        self._say("online")

    async def publish(self) -> None:
        """Publish what waits."""
        while True:
            for message in await self._outbox.take(_WINDOW):
                kind = msgspec.json.decode(message.body, type=_Kind).type
                info = self._client.publish(
                    f"{self._topic}/{kind}",
                    numbered(message),
                    qos=1,
                    # A hub that comes later shall know the device too.
                    retain=kind == "hello",
                )
                self._sent[info.mid] = message.seq
                if kind == "hello":
                    # Until then nobody knew who is online.
                    self._say("online")

    async def listen(self, group: asyncio.TaskGroup) -> None:
        """Handle what the broker says."""
        while True:
            (await self._happened.get())()
            while not self._happened.empty():
                self._happened.get_nowait()()
            commands, self._commands = self._commands, []
            for payload in commands:
                group.create_task(self._obey(_decode(payload)))

    async def close(self) -> None:
        """Say goodbye; the last will is for who could not."""
        if self._client.is_connected():
            self._say("offline")
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _say(self, status: str) -> None:
        self._client.publish(f"{self._topic}/status", status, qos=1, retain=True)

    async def _obey(self, command: CommandMessage) -> None:
        body = await self._outbox.commanded(command)
        ack = Ack(device=self._outbox.device, ts=time.time(), body=body)
        self._client.publish(f"{self._topic}/ack", msgspec.json.encode(ack), qos=1)

    def _make(self, token: str | None) -> mqtt.Client:
        device = self._outbox.device
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"hearthward-{device}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        name, password = self._parts.username, self._parts.password
        if name is not None:
            client.username_pw_set(unquote(name), unquote(password or token or ""))
        elif token is not None:
            client.username_pw_set(device, token)
        if self._parts.scheme == "mqtts":
            client.tls_set()
        client.will_set(f"{self._topic}/status", "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _tell(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(self._happened.put_nowait, work)

    def _on_connect(
        self, _: object, __: object, ___: object, code: ReasonCode, ____: object
    ) -> None:
        self._loop.call_soon_threadsafe(self._open, code)

    def _open(self, code: ReasonCode) -> None:
        if not self._connected.done():
            self._connected.set_result(code)

    def _on_disconnect(
        self, _: object, __: object, ___: object, code: ReasonCode, ____: object
    ) -> None:
        def lose() -> None:
            raise LostError(f"The broker is gone: {code}")

        self._tell(lose)

    def _on_publish(
        self, _: object, __: object, mid: int, code: ReasonCode, ___: Properties
    ) -> None:
        def note() -> None:
            seq = self._sent.pop(mid, None)
            if seq is None:
                return
            if code.value == _NOBODY:
                raise LostError("No hub listens at the broker")
            if code.is_failure:
                self._outbox.rejected(seq, f"the broker says: {code}")
            self._outbox.stored([seq])

        self._tell(note)

    def _on_message(self, _: object, __: object, message: Any) -> None:
        payload = message.payload
        self._tell(lambda: self._commands.append(payload))
