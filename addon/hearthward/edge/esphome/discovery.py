"""Find ESPHome nodes that announce themselves on the local network (mDNS)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import logging

from zeroconf import BadTypeInNameException, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from hearthward.edge.guard import guarded

from .endpoint import format_mac

_LOGGER = logging.getLogger(__name__)

SERVICE_TYPE = "_esphomelib._tcp.local."

_REQUEST_MS = 3_000


@dataclass(frozen=True, slots=True)
class Found:
    """A node as it announces itself; a `keyless` one waits for an encryption key."""

    device: str
    name: str
    host: str
    port: int
    encrypted: bool
    keyless: bool
    mac: str | None = None
    project: str | None = None
    version: str | None = None


async def browse(zeroconf: AsyncZeroconf, found: Callable[[Found], None]) -> None:
    """Call `found` for every node that announces itself, until cancelled."""
    async with asyncio.TaskGroup() as group:

        async def look(service_type: str, name: str) -> None:
            try:
                info = AsyncServiceInfo(service_type, name)
            except BadTypeInNameException as error:
                # Anybody on the network can announce anything.
                _LOGGER.debug("Not a node: %r: %s", name, error)
                return
            if await info.async_request(zeroconf.zeroconf, _REQUEST_MS):
                node = read(info)
                if node is not None:
                    found(node)

        def changed(
            zeroconf: Zeroconf,
            service_type: str,
            name: str,
            state_change: ServiceStateChange,
        ) -> None:
            if state_change is not ServiceStateChange.Removed:
                work = look(service_type, name)
                group.create_task(guarded("Looking at an announcement", work))

        browser = AsyncServiceBrowser(
            zeroconf.zeroconf, SERVICE_TYPE, handlers=[changed]
        )
        try:
            await asyncio.Event().wait()
        finally:
            await browser.async_cancel()


def read(info: AsyncServiceInfo) -> Found | None:
    """Read a node's announcement; None if it tells no address."""
    addresses = info.parsed_scoped_addresses()
    if not addresses or info.port is None:
        return None
    properties = info.decoded_properties
    device = info.name.removesuffix(f".{SERVICE_TYPE}")
    return Found(
        device=device,
        name=properties.get("friendly_name") or device,
        host=addresses[0],
        port=info.port,
        encrypted="api_encryption" in properties,
        keyless=properties.get("api_provisioning") == "zero-psk",
        mac=format_mac(properties.get("mac")),
        project=properties.get("project_name"),
        version=properties.get("project_version") or properties.get("version"),
    )
