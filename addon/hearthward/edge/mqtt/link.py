"""One MQTT 5 connection in the event loop, on paho's protocol machine.

paho parses and packs; the bytes come and go in the loop, some packets a turn, so that nothing else
waits long. Measured against paho's own thread that is faster (half the time a message: no lock and
no wake-up between two threads), and nothing is handed over. Only connecting (name, TCP, TLS) has
a thread.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
import logging
import ssl
import time
from typing import Any, NamedTuple

from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from .sockets import BufferedClient

_LOGGER = logging.getLogger(__name__)

# Packets a turn of the loop: some milliseconds.
_TURN = 64

_TICK = 1.0
_ANSWER = 15.0
_FAREWELL = 0.5

# No packet that a home needs is larger.
_LARGEST = 16 * 1024 * 1024

_NOBODY = 0x10


class LinkError(Exception):
    """The broker cannot be reached, or refuses; the message says why."""


class UnheardError(LinkError):
    """Nobody listens to what was published."""


class Address(NamedTuple):
    """Where the broker is and how to enter."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None


class Will(NamedTuple):
    """What the broker tells for us when we are gone without a word."""

    topic: str
    payload: bytes


class Session(NamedTuple):
    """What the broker keeps for a client that is away; `hours` long.

    With `retained_once` it gives what it retains to a session that is new, and not at every connection.
    """

    client_id: str
    keep_alive: int
    receive_maximum: int
    hours: float
    will: Will | None = None
    retained_once: bool = False


class Received(NamedTuple):
    """A message; `mid` is what it is acknowledged by, on its own link.

    `received` is when it arrived, however long it has to wait here; one that is `retained` was
    published before, nobody knows when.
    """

    topic: str
    payload: bytes
    received: float
    mid: int
    qos: int
    link: Link
    retained: bool = False


class Link:
    """A connection from its start to its end; a new one is a new object.

    So nothing is sent twice by a reconnect, and no acknowledgement goes to another connection.
    """

    def __init__(
        self, address: Address, session: Session, deliver: Callable[[Received], None]
    ) -> None:
        """Hand what arrives to `deliver`, in the loop."""
        self._address = address
        self._session = session
        self._deliver = deliver
        self.farewell: Will | None = None
        self.name = session.client_id
        self._loop = asyncio.get_running_loop()
        self._published: dict[int, asyncio.Future[None]] = {}
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        self._welcome: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._writing = False
        self._descriptor: int | None = None
        self._client = self._make()

    async def open(self) -> None:
        """Connect.

        Raises:
            LinkError: The broker is not there or does not let us in.

        """
        properties = _properties(
            PacketTypes.CONNECT,
            SessionExpiryInterval=int(self._session.hours * 3600),
            ReceiveMaximum=self._session.receive_maximum,
            MaximumPacketSize=_LARGEST,
        )
        address = self._address
        try:
            await asyncio.to_thread(
                self._client.connect,
                address.host,
                address.port,
                self._session.keep_alive,
                clean_start=False,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise LinkError(
                f"{address.host}:{address.port} cannot be reached: {error}"
            ) from None
        wire = self._client.wire
        assert wire is not None
        self._descriptor = wire.fileno()
        self._loop.add_reader(self._descriptor, self._read)
        self._write()
        try:
            async with asyncio.timeout(_ANSWER):
                await self._welcome
        except TimeoutError:
            self.close()
            raise LinkError(
                f"{address.host}:{address.port} does not answer as an MQTT broker"
            ) from None

    async def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1; retained messages come as the session wants them.

        Raises:
            LinkError: The broker refuses one of them.

        """
        handling = (
            SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            if self._session.retained_once
            else SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        )
        wanted: list[tuple[str, SubscribeOptions]] = [
            (name, SubscribeOptions(qos=1, retainHandling=handling)) for name in filters
        ]
        if not wanted:
            return
        _, mid = self._client.subscribe(wanted)
        if mid is None:
            raise LinkError("The connection is lost")
        done = self._subscribed[mid] = self._loop.create_future()
        self._write()
        await done

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry: float | None = None,
    ) -> asyncio.Future[None]:
        """Publish with QoS 1; the result comes when the broker has it.

        What nobody fetched within `expiry` seconds is dropped by the broker.

        Raises:
            LinkError: The connection is lost; also as the future's result.
            UnheardError: Nobody listens; as the future's result.

        """
        properties = None
        if expiry is not None:
            properties = _properties(
                PacketTypes.PUBLISH, MessageExpiryInterval=max(1, int(expiry))
            )
        info = self._client.publish(topic, payload, 1, retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError("There is no connection to the broker")
        done = self._published[info.mid] = self._loop.create_future()
        self._write()
        return done

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Tell the broker that messages are safe."""
        if self._ended.done():
            return
        for mid in mids:
            self._client.ack(mid, 1)
        self._write()

    async def run(self) -> str:
        """Keep the connection until it ends; return why it did."""
        while not self._ended.done():
            self._client.loop_misc()
            self._write()
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await asyncio.shield(self._ended)
        return self._ended.result()

    async def leave(self) -> None:
        """Say goodbye: what the last will says, in our own words, and why it is not needed."""
        if not self._ended.done():
            if self.farewell is not None:
                with suppress(LinkError, TimeoutError):
                    async with asyncio.timeout(_FAREWELL):
                        await self.publish(*self.farewell, retain=True)
            self._client.disconnect()
            self._write()
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await asyncio.shield(self._ended)
        self.close()

    def close(self) -> None:
        """End the connection at once."""
        self._end("The connection was closed")

    def _make(self) -> BufferedClient:
        session, address = self._session, self._address
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=session.client_id,
            protocol=MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages = 0
        client.suppress_exceptions = False
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls is not None:
            client.tls_set_context(address.tls)
        if session.will is not None:
            client.will_set(session.will.topic, session.will.payload, 1, retain=True)
        client.on_socket_close = self._forget
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _read(self) -> None:
        """Let paho handle some packets, then let the others have their turn."""
        wire = self._client.wire
        if wire is None or not self._is_open():
            return
        for _ in range(_TURN):
            self._client.loop_read()
            if not self._is_open():
                return
            if not wire.holds:
                break
        else:
            self._loop.call_soon(self._read)
        self._write()

    def _write(self) -> None:
        """Send what paho has packed."""
        wire = self._client.wire
        if wire is None or not self._is_open():
            return
        if self._client.want_write():
            self._client.loop_write()
        if not self._is_open():
            return
        try:
            done = wire.flush()
        except OSError as error:
            self._end(str(error))
            return
        if done and self._writing:
            self._loop.remove_writer(wire.fileno())
        elif not done and not self._writing:
            self._loop.add_writer(wire.fileno(), self._write)
        self._writing = not done

    def _end(self, reason: str) -> None:
        if self._ended.done():
            return
        self._ended.set_result(reason)
        self._forget()
        if self._client.wire is not None:
            self._client.wire.close()
        lost = LinkError(reason)
        for waiting in (self._welcome, *self._published.values()):
            _fail(waiting, lost)
        for waiting in self._subscribed.values():
            _fail(waiting, lost)
        self._published.clear()
        self._subscribed.clear()

    def _is_open(self) -> bool:
        return self._descriptor is not None

    def _forget(self, *_: object) -> None:
        """Stop watching the socket, before it is closed and its number is another's."""
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._descriptor = None

    def _on_connect(
        self,
        client: object,
        userdata: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._welcome.done():
            return
        if reason.is_failure:
            address = self._address
            self._welcome.set_exception(
                LinkError(f"{address.host}:{address.port} refuses: {reason}")
            )
        else:
            self._welcome.set_result(None)

    def _on_disconnect(
        self,
        client: object,
        userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._end(str(reason))

    def _on_message(self, client: object, userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            # The broker should not have let it through; nobody can want it.
            self._client.ack(message.mid, message.qos)
            return
        payload, now = bytes(message.payload), time.time()
        self._deliver(
            Received(
                topic, payload, now, message.mid, message.qos, self, message.retain
            )
        )

    def _on_publish(
        self,
        client: object,
        userdata: object,
        mid: int,
        reason: ReasonCode,
        properties: Properties,
    ) -> None:
        done = self._published.pop(mid, None)
        if done is None or done.done():
            return
        if reason.value == _NOBODY:
            done.set_exception(UnheardError("Nobody listens to this topic"))
        elif reason.is_failure:
            done.set_exception(LinkError(f"The broker refuses the message: {reason}"))
        else:
            done.set_result(None)

    def _on_subscribe(
        self,
        client: object,
        userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties,
    ) -> None:
        done = self._subscribed.pop(mid, None)
        if done is None or done.done():
            return
        refused = next((reason for reason in reasons if reason.is_failure), None)
        if refused is None:
            done.set_result(None)
        else:
            done.set_exception(LinkError(f"The broker refuses to tell: {refused}"))


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call] # paho has no types here
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _fail(waiting: asyncio.Future[None], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        # Nobody may wait for it any more.
        waiting.exception()
