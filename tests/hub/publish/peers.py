"""What a publisher speaks to."""

import asyncio
from typing import Any, NamedTuple

import aiohttp

from demo.broker import Broker
from demo.hub import Hub
from hearthward.model.device import Point, PointKind
from hearthward.model.message import HelloBody

PATIENCE = 60.0

HELLO = HelloBody(
    name="Shed",
    points=(
        Point(
            id="temperature",
            object_id="temperature",
            kind=PointKind.SENSOR,
            name="Temperature",
            device_class="temperature",
            unit="°C",
        ),
        Point(id="lamp", object_id="lamp", kind=PointKind.SWITCH, name="Lamp"),
        Point(id="bell", object_id="bell", kind=PointKind.EVENT, name="Bell"),
    ),
)


class Peers(NamedTuple):
    """A hub, its broker, the token of its owner and that of a device."""

    hub: Hub
    broker: Broker
    admin: str
    token: str

    def url(self, scheme: str) -> str:
        """Return where a publisher speaks to."""
        port = self.broker.port if scheme == "mqtt" else self.hub.port
        return f"{scheme}://127.0.0.1:{port}"

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Make a request as the owner."""
        headers = {"Authorization": f"Bearer {self.admin}"}
        async with (
            aiohttp.ClientSession(headers=headers, raise_for_status=True) as session,
            session.request(
                method, f"{self.hub.url}/api/v1/{path}", json=body
            ) as response,
        ):
            return await response.json()

    async def approve(self) -> None:
        """Let the device into the home, as soon as it has said who it is."""
        async with asyncio.timeout(PATIENCE):
            while not await self.ask("GET", "devices"):
                await asyncio.sleep(0.05)
        await self.ask("POST", "devices/shed/approve", {})

    async def values(self, kind: str = "state") -> list[object]:
        """Return what the lifelog holds of the device: values, or else words."""
        page = await self.ask("GET", f"entries?kind={kind}&device=shed&limit=1000")
        return [entry.get("value", entry.get("text")) for entry in page["entries"]]

    async def wait_for(self, *values: object, kind: str = "state") -> None:
        """Wait until the lifelog holds just these."""
        found: list[object] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.values(kind)) != list(values):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{found} is not {list(values)}") from None
