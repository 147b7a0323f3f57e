"""Nodes are found, and the hub is found, by real multicast DNS on the loopback."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import secrets

import pytest
from zeroconf import DNSOutgoing, DNSPointer, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from hearthward.edge.announce import SERVICE_TYPE, announce, describe, open_mdns
from hearthward.edge.esphome.discovery import SERVICE_TYPE as NODE_TYPE
from hearthward.model.command import CommandStatus
from hearthward.model.device import DeviceStatus
from hearthward.model.stream import HubInfo

from .home import PATIENCE, Home, NodeProcess
from .relay import Disguise, relay

LOOPBACK = "127.0.0.1"

# Of the DNS: a response, a pointer, the internet (RFC 1035).
RESPONSE = 0x8400
POINTER = 12
INTERNET = 1


@pytest.fixture
async def network() -> AsyncGenerator[AsyncZeroconf]:
    """Return the multicast DNS that announces nodes."""
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
    yield zeroconf
    await zeroconf.async_close()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home]:
    """Return a home whose hub looks for nodes."""
    async with (
        open_mdns(LOOPBACK) as mdns,
        Home(tmp_path / "hub", zeroconf=mdns) as opened,
    ):
        yield opened


@pytest.fixture
def name() -> str:
    """Return a name that no other test on this machine announces at the same time."""
    return f"node-{secrets.token_hex(4)}"


def service(name: str, port: int, **properties: str) -> AsyncServiceInfo:
    """Describe a node as ESPHome announces it."""
    return AsyncServiceInfo(
        NODE_TYPE,
        f"{name}.{NODE_TYPE}",
        port=port,
        server=f"{name}.local.",
        parsed_addresses=[LOOPBACK],
        properties={
            "friendly_name": name.title(),
            "mac": "020000000001",
            "version": "2026.10.0",
            **properties,
        },
    )


async def test_ours_is_found(
    home: Home, network: AsyncZeroconf, node: NodeProcess, name: str
) -> None:
    """A node of one of our projects becomes a pending device by itself."""
    async with relay(node.port, disguise=Disguise(name=name)) as place:
        ours = service(name, place.port, project_name="hearthward.test_node")
        await network.async_register_service(ours)
        device = await home.device(name, lambda found: found.online)
        assert device.status is DeviceStatus.PENDING
        assert device.points


async def test_found_at_another_place(
    home: Home, network: AsyncZeroconf, node: NodeProcess, name: str
) -> None:
    """A known node that moved is followed."""
    disguise = Disguise(name=name)
    async with (
        relay(node.port, disguise=disguise) as before,
        relay(node.port, disguise=disguise) as after,
    ):
        ours = {"project_name": "hearthward.test_node"}
        await network.async_register_service(service(name, before.port, **ours))
        await home.device(name, lambda found: found.online)
        await before.cut()
        await home.online(name, False)
        await network.async_update_service(service(name, after.port, **ours))
        device = await home.online(name)
        assert device.address == f"{LOOPBACK}:{after.port}"


async def test_foreign_is_left_alone(
    home: Home, network: AsyncZeroconf, node: NodeProcess, name: str
) -> None:
    """Any other node is spoken to when a person adds it, and found from then on."""
    disguise = Disguise(name=name)
    async with (
        relay(node.port, disguise=disguise) as before,
        relay(node.port, disguise=disguise) as after,
    ):
        await network.async_register_service(service(name, after.port))
        ours = f"{name}-ours"
        await network.async_register_service(
            service(ours, 1, project_name="hearthward.heater", api_encryption="x")
        )
        # What is ours was handled, so what is foreign was seen too.
        await home.device(ours, lambda found: bool(found.problem))
        assert home.parts.registry.get(name) is None
        await home.add(before.port)
        await before.cut()
        await home.online(name, False)
        await network.async_update_service(
            service(name, after.port, version="2026.11.0")
        )
        await home.online(name)
        result = await home.command(name, "level", value=22)
        assert result.status is CommandStatus.ACKNOWLEDGED


async def test_encrypted_without_a_key(
    home: Home, network: AsyncZeroconf, name: str
) -> None:
    """An encrypted node is seen with what it announces, and asks for its key."""
    await network.async_register_service(
        service(
            name,
            6053,
            project_name="hearthward.heater",
            project_version="1.0.0",
            api_encryption="Noise_NNpsk0_25519_ChaChaPoly_SHA256",
        )
    )
    device = await home.device(name, lambda found: bool(found.problem))
    assert device.problem == "encryption_key_missing"
    assert (device.name, device.model, device.version) == (
        name.title(),
        "Heater",
        "1.0.0",
    )
    assert device.mac == "02:00:00:00:00:01"
    assert not device.online


async def test_announcement_of_nonsense(
    home: Home, network: AsyncZeroconf, name: str
) -> None:
    """What is no name of a node is passed by, and nodes are found as before."""
    ours = {"project_name": "hearthward.heater", "api_encryption": "x"}
    await network.async_register_service(service(name, 1, **ours))
    await home.device(name, lambda found: bool(found.problem))
    out = DNSOutgoing(RESPONSE)
    for nonsense in (f"{name}._http._tcp.local.", f"{name}\x01.{NODE_TYPE}", "local."):
        pointer = DNSPointer(NODE_TYPE, POINTER, INTERNET, 120, nonsense)
        out.add_answer_at_time(pointer, 0)
    network.zeroconf.async_send(out)
    await network.async_register_service(service(f"{name}-2", 2, **ours))
    await home.device(f"{name}-2", lambda found: bool(found.problem))


async def find(
    zeroconf: AsyncZeroconf, name: str, kind: str = SERVICE_TYPE
) -> AsyncServiceInfo:
    """Wait until a service is announced."""
    info = AsyncServiceInfo(kind, f"{name}.{kind}")
    async with asyncio.timeout(PATIENCE):
        while not await info.async_request(zeroconf.zeroconf, 500):
            pass
    return info


async def test_hub_is_found(network: AsyncZeroconf, name: str) -> None:
    """The hub announces who it is, and takes that back when it stops."""
    hub = HubInfo(
        id="0123456789abcdef", name=f"Oma's {name}", version="1.2", home="home"
    )
    async with open_mdns(LOOPBACK) as mdns, open_mdns(LOOPBACK) as other_mdns:
        task = asyncio.create_task(announce(mdns, hub, LOOPBACK, 8737, supervised=True))
        info = await find(network, f"Oma's {name}")
        assert info.port == 8737
        assert info.parsed_addresses(IPVersion.V4Only) == [LOOPBACK]
        assert info.decoded_properties == {
            "id": hub.id,
            "version": "1.2",
            "api": "v1",
            "supervised": "1",
        }
        # A second hub of the same name gets a name of its own.
        second = HubInfo(
            id="fedcba9876", name=f"Oma's {name}", version="1.2", home="home"
        )
        other = asyncio.create_task(
            announce(other_mdns, second, LOOPBACK, 8738, supervised=False)
        )
        info = await find(network, f"Oma's {name} fedcba")
        assert "supervised" not in info.decoded_properties
        for each in (task, other):
            each.cancel()
        await asyncio.wait([task, other])
        async with asyncio.timeout(PATIENCE):
            while await AsyncServiceInfo(
                SERVICE_TYPE, f"Oma's {name}.{SERVICE_TYPE}"
            ).async_request(network.zeroconf, 500):
                await asyncio.sleep(0.1)


def test_long_name() -> None:
    """A name that DNS would not take is cut, not refused."""
    hub = HubInfo(id="0123456789", name="暖" * 64, version="1", home="home")
    info = describe(hub, [LOOPBACK], 8737, supervised=False, distinct=True)
    label = info.name.removesuffix(f".{SERVICE_TYPE}")
    assert len(label.encode()) <= 63
    assert label.startswith("暖暖")
