"""How each transport carries a message: real ones, from outside the hub."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from demo.broker import Broker
from demo.process import free_port
from hearthward.config import Settings
from hearthward.model.security import Role
from tests.hub.conftest import Hub, running
from tests.hub.edge.mqtt.home import mqtt_home, settings_for
from tests.hub.edge.mqtt.peer import Peer

type Deliver = Callable[[str, bytes], Awaitable[None]]
type Carrier = tuple[Hub, Deliver]


@asynccontextmanager
async def by_mqtt(
    settings: Settings, profile: str | None, directory: Path
) -> AsyncIterator[Carrier]:
    """Publish on a real Mosquitto."""
    broker = Broker(directory / "broker", free_port())
    await broker.start()
    profiles = () if profile is None else (profile,)
    try:
        async with (
            mqtt_home(settings_for(settings, broker.port, *profiles), broker) as home,
            Peer(broker.port, "golden") as peer,
        ):

            async def deliver(address: str, payload: bytes) -> None:
                await peer.publish(address, payload)

            yield home.hub, deliver
    finally:
        await broker.stop()


@asynccontextmanager
async def by_http(
    settings: Settings, profile: str | None, directory: Path
) -> AsyncIterator[Carrier]:
    """Post to the hub's API."""
    async with running(settings) as hub:
        headers = await hub.headers(Role.DEVICE)

        async def deliver(address: str, payload: bytes) -> None:
            params = {"address": address}
            if profile is not None:
                params["profile"] = profile
            async with hub.session.post(
                f"{hub.url}/api/v1/messages",
                params=params,
                data=payload,
                headers=headers | {"Content-Type": "application/json"},
            ) as response:
                assert response.status == 200, await response.text()

        yield hub, deliver


@asynccontextmanager
async def by_websocket(
    settings: Settings, profile: str | None, directory: Path
) -> AsyncIterator[Carrier]:
    """Send over the hub's WebSocket, one for each address of a profile."""
    async with running(settings) as hub:
        headers = await hub.headers(Role.DEVICE)
        sockets: dict[str, aiohttp.ClientWebSocketResponse] = {}

        async def deliver(address: str, payload: bytes) -> None:
            key = address if profile is not None else ""
            socket = sockets.get(key)
            if socket is None:
                params = {"profile": profile, "address": address} if profile else {}
                socket = sockets[key] = await hub.session.ws_connect(
                    f"{hub.url}/api/v1/edge", params=params, headers=headers
                )
                assert (await socket.receive_json())["type"] == "welcome"
            await socket.send_bytes(payload)
            assert (await socket.receive_json())["type"] in ("stored", "rejected")

        yield hub, deliver
        for socket in sockets.values():
            await socket.close()


CARRIERS = {"mqtt": by_mqtt, "http": by_http, "websocket": by_websocket}
