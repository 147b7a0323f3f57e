"""Make the hub findable on the local network (mDNS)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import ifaddr
from zeroconf import InterfaceChoice, NonUniqueNameException
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from hearthward.model.stream import HubInfo

SERVICE_TYPE = "_hearthward._tcp.local."

# How often the machine's addresses are looked at, in seconds.
_LOOK = 60.0

_UNSPECIFIED = ("0.0.0.0", "::")


@asynccontextmanager
async def open_mdns(host: str) -> AsyncGenerator[AsyncZeroconf]:
    """Open multicast DNS on the interfaces that a hub listening on `host` serves."""
    interfaces = InterfaceChoice.All if host in _UNSPECIFIED else [host]
    zeroconf = AsyncZeroconf(interfaces=interfaces)
    try:
        yield zeroconf
    finally:
        await zeroconf.async_close()


async def announce(
    zeroconf: AsyncZeroconf, info: HubInfo, host: str, port: int, *, supervised: bool
) -> None:
    """Announce the hub until cancelled, under the addresses that the machine has.

    `supervised` tells Home Assistant that the Supervisor announces this hub too.
    """
    service = describe(info, addresses(host), port, supervised=supervised)
    try:
        await zeroconf.async_register_service(service)
    except NonUniqueNameException:
        # Another hub of the same name: the id tells them apart.
        service = describe(
            info, addresses(host), port, supervised=supervised, distinct=True
        )
        await zeroconf.async_register_service(service, allow_name_change=True)
    try:
        while True:
            await asyncio.sleep(_LOOK)
            current = addresses(host)
            if current and set(current) != set(service.parsed_addresses()):
                service.addresses = [ip_address(each).packed for each in current]
                await zeroconf.async_update_service(service)
    finally:
        # The first wait starts the farewell, the second one is for its end.
        await (await zeroconf.async_unregister_service(service))


def describe(
    info: HubInfo,
    found: list[str],
    port: int,
    *,
    supervised: bool,
    distinct: bool = False,
) -> AsyncServiceInfo:
    """Return the announcement of a hub."""
    # A label of DNS has at most 63 bytes, and a dot would end it.
    name = info.name.replace(".", " ").encode()[:48].decode(errors="ignore").strip()
    if distinct:
        name = f"{name} {info.id[:6]}"
    properties = {"id": info.id, "version": info.version, "api": info.api}
    if supervised:
        properties["supervised"] = "1"
    return AsyncServiceInfo(
        SERVICE_TYPE,
        f"{name}.{SERVICE_TYPE}",
        port=port,
        properties=properties,
        server=f"hearthward-{info.id[:12]}.local.",
        parsed_addresses=found,
    )


def addresses(host: str) -> list[str]:
    """Return the addresses under which a hub listening on `host` is reached."""
    if host not in _UNSPECIFIED:
        return [host]
    found = (
        ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    )
    return sorted(
        str(address)
        for address in found
        if not address.is_loopback
        and not address.is_link_local
        and (address.version == 4 or host == "::")
    )
