"""Nodes come, go and come back, and nothing is lost or told twice."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
import signal

import pytest

from hearthward.config import ConfigError, EsphomeNode
from hearthward.edge.esphome.adapter import InvalidNodeError, UnreachableNodeError
from hearthward.model.command import CommandStatus
from hearthward.model.device import DeviceStatus
from hearthward.model.entry import EntryKind

from .home import PATIENCE, Home, NodeProcess
from .relay import Disguise, relay


async def test_pending_until_approved(home: Home, node: NodeProcess) -> None:
    """A pending device is described, but neither heard nor commanded."""
    device = await home.parts.esphome.add("127.0.0.1", node.port)
    assert device.status is DeviceStatus.PENDING
    assert device.online
    assert device.project == "hearthward.test_node"
    assert (device.manufacturer, device.model) == ("Hearthward", "Test node")
    assert (device.version, device.mac) == ("1.2.3", "02:00:00:00:00:01")
    assert device.area == "Workshop"
    assert [zone.id for zone in device.zones] == ["hot_water"]
    result = await home.command("all-kinds", "level", value=25)
    assert result.status is CommandStatus.REJECTED
    assert result.detail == "All kinds is pending: approve it first"
    assert await home.entries(EntryKind.STATE, "all-kinds") == ()

    await home.parts.registry.approve("all-kinds", "test")
    await home.says("all-kinds", "level", value=20.0)
    await home.device("all-kinds", lambda found: found.status is DeviceStatus.ACTIVE)


async def test_revoked_is_silent(home: Home, node: NodeProcess) -> None:
    """A revoked device is disconnected; it may come back after it was deleted."""
    await home.add(node.port)
    await home.says("all-kinds", "presses", value=0.0)
    await home.parts.registry.revoke("all-kinds", "test")
    result = await home.command("all-kinds", "press")
    assert result.status is CommandStatus.REJECTED
    with pytest.raises(UnreachableNodeError, match="revoked: delete it"):
        await home.parts.esphome.add("127.0.0.1", node.port)
    await home.parts.registry.delete("all-kinds", "test")
    device = await home.parts.esphome.add("127.0.0.1", node.port)
    assert device.status is DeviceStatus.PENDING


async def test_node_restarts(home: Home, node: NodeProcess) -> None:
    """A node that loses power is offline, and back without telling old news again."""
    await home.add(node.port)
    await home.says("all-kinds", "level", value=20.0)
    await home.command("all-kinds", "level", value=25)
    await home.says("all-kinds", "level", value=25.0)
    node.kill()
    await home.online("all-kinds", False)
    result = await home.command("all-kinds", "level", value=26)
    assert result.status is CommandStatus.OFFLINE
    assert result.detail == "All kinds is offline"

    node.start()
    await home.online("all-kinds")
    # The node forgot its level; nothing else changed.
    await home.says("all-kinds", "level", value=20.0)
    await home.says("all-kinds", "temperature", value=20.0)
    notes = await home.entries(EntryKind.STATE, "all-kinds", "note")
    assert [entry.text for entry in notes] == ["hello"]
    statuses = await home.entries(EntryKind.STATUS, "all-kinds")
    assert [entry.text for entry in statuses] == ["online", "offline", "online"]


async def test_network_cut(home: Home, node: NodeProcess) -> None:
    """A cut cable is noticed, and what happened meanwhile is seen afterwards."""
    async with relay(node.port) as network:
        await home.add(network.port)
        await home.says("all-kinds", "level", value=20.0)
        count = len(await home.entries(EntryKind.STATE, "all-kinds"))
        await network.cut()
        await home.online("all-kinds", False)
        await network.mend()
        await home.online("all-kinds")
        await home.command("all-kinds", "level", value=22)
        await home.says("all-kinds", "temperature", value=22.0)
        entries = await home.entries(EntryKind.STATE, "all-kinds")
        assert {entry.point for entry in entries[count:]} == {
            "level",
            "temperature",
            "hot_water.zone",
        }


@pytest.mark.usefixtures("quick_return")
async def test_frozen_node(home: Home, node: NodeProcess) -> None:
    """A node that hangs answers no command in time, and is given up."""
    await home.add(node.port)
    await home.says("all-kinds", "level", value=20.0)
    node.signal(signal.SIGSTOP)
    try:
        result = await home.command("all-kinds", "level", value=25)
        assert result.status is CommandStatus.TIMEOUT
        await home.online("all-kinds", False)
    finally:
        node.signal(signal.SIGCONT)
    await home.online("all-kinds")


@pytest.mark.usefixtures("quick_return")
async def test_sleeping_node(
    home: Home, node: NodeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that sleeps is not away, unless it does not wake up again."""
    async with relay(node.port, disguise=Disguise(sleeps=True)) as network:
        await home.add(network.port)
        node.stop()
        result = await home.command("all-kinds", "level", value=25)
        assert result.status is CommandStatus.OFFLINE
        device = home.parts.registry.get("all-kinds")
        assert device is not None
        assert device.online
        node.start()
        await home.says("all-kinds", "presses", value=0.0)
        async with asyncio.timeout(PATIENCE):
            while (await home.command("all-kinds", "press")).status is (
                CommandStatus.OFFLINE
            ):
                await asyncio.sleep(0.2)
        statuses = await home.entries(EntryKind.STATUS, "all-kinds")
        assert [entry.text for entry in statuses] == ["online"]
        monkeypatch.setattr("hearthward.edge.esphome.node._LONGEST_SLEEP", 0.1)
        node.stop()
        await home.online("all-kinds", False)


async def test_strange_name(home: Home, node: NodeProcess) -> None:
    """A name that ESPHome would not give does not become a device."""
    async with relay(node.port, disguise=Disguise(name="../heater")) as network:
        with pytest.raises(UnreachableNodeError, match="is no name that ESPHome"):
            await home.parts.esphome.add("127.0.0.1", network.port)
        assert home.parts.registry.devices() == ()


async def test_other_entities(home: Home, node: NodeProcess) -> None:
    """New firmware with other entities changes the device's points."""
    async with relay(node.port) as network:
        device = await home.add(network.port)
        assert "note" in {point.id for point in device.points}
        network.disguise.hidden = {"Note", "Secret"}
        await network.cut()
        await home.online("all-kinds", False)
        await network.mend()
        device = await home.online("all-kinds")
        assert "note" not in {point.id for point in device.points}
        assert device.status is DeviceStatus.ACTIVE
        network.disguise.hidden = set()
        await network.cut()
        await network.mend()
        await home.device(
            "all-kinds",
            lambda found: "note" in {point.id for point in found.points},
        )


async def test_same_name_other_mac(home: Home, node: NodeProcess) -> None:
    """Another board under a known name must be approved anew."""
    async with relay(node.port) as network:
        await home.add(network.port)
        await home.says("all-kinds", "level", value=20.0)
        network.disguise.mac = "02:00:00:00:00:99"
        await network.cut()
        await home.online("all-kinds", False)
        count = len(await home.entries(EntryKind.STATE, "all-kinds"))
        await network.mend()
        device = await home.online("all-kinds")
        assert device.status is DeviceStatus.PENDING
        assert device.mac == "02:00:00:00:00:99"
        result = await home.command("all-kinds", "level", value=25)
        assert result.status is CommandStatus.REJECTED
        assert len(await home.entries(EntryKind.STATE, "all-kinds")) == count


async def test_same_node_twice(home: Home, node: NodeProcess) -> None:
    """A node that is added at a second address is spoken to there from then on."""
    async with relay(node.port) as first, relay(node.port) as second:
        await home.add(first.port)
        device = await home.parts.esphome.add("127.0.0.1", second.port)
        assert device.status is DeviceStatus.ACTIVE
        assert device.address == f"127.0.0.1:{second.port}"
        result = await home.command("all-kinds", "level", value=25)
        assert result.status is CommandStatus.ACKNOWLEDGED


async def test_many_nodes(home: Home, start_node: Callable[[], NodeProcess]) -> None:
    """Nodes are spoken to side by side: one that hangs holds up nobody."""
    processes = [start_node() for _ in range(3)]
    names = [f"node-{index}" for index in range(3)]
    async with AsyncExitStack() as stack:
        for index, process in enumerate(processes):
            disguise = Disguise(name=names[index], mac=f"02:00:00:00:01:{index:02d}")
            network = relay(process.port, disguise=disguise)
            await home.add((await stack.enter_async_context(network)).port)
        processes[0].signal(signal.SIGSTOP)
        hanging = asyncio.create_task(home.command(names[0], "level", value=21))
        results = await asyncio.gather(
            *(home.command(name, "level", value=22) for name in names[1:])
        )
        assert not hanging.done()
        assert {result.status for result in results} == {CommandStatus.ACKNOWLEDGED}
        processes[0].signal(signal.SIGCONT)
        assert (await hanging).status is CommandStatus.ACKNOWLEDGED


async def test_hub_restarts(home: Home, node: NodeProcess) -> None:
    """A restarted hub knows its nodes and does not repeat their states."""
    await home.add(node.port)
    await home.says("all-kinds", "level", value=20.0)
    before = len(await home.entries(EntryKind.STATE, "all-kinds"))
    await home.restart()
    await home.online("all-kinds")
    await home.command("all-kinds", "level", value=23)
    await home.says("all-kinds", "level", value=23.0)
    changed = (await home.entries(EntryKind.STATE, "all-kinds"))[before:]
    assert {entry.point for entry in changed} <= {
        "level",
        "temperature",
        "hot_water.zone",
    }


async def test_configured_node(tmp_path: Path, node: NodeProcess) -> None:
    """A node of the settings is met without discovery, also when it comes later."""
    node.kill()
    configured = EsphomeNode(address="127.0.0.1", port=node.port)
    async with Home(tmp_path / "hub", [configured]) as home:
        node.start()
        device = await home.device("all-kinds", lambda found: found.online)
        assert device.status is DeviceStatus.PENDING


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (EsphomeNode(address="no such host"), "is no address"),
        (EsphomeNode(address="192.0.2.1:99999"), "port between 1 and 65535"),
        (EsphomeNode(address="192.0.2.1", noise_psk="abc"), "32 bytes in base64"),
    ],
)
async def test_wrong_settings(tmp_path: Path, node: EsphomeNode, sentence: str) -> None:
    """A node that cannot be configured so stops the start, with a sentence."""
    with pytest.raises(ConfigError, match=sentence):
        async with Home(tmp_path / "hub", [node]):
            pass


async def test_add_nothing(home: Home, unused_tcp_port: int) -> None:
    """What is not there, or no address, is said to whoever adds it."""
    with pytest.raises(UnreachableNodeError, match="refuses the connection"):
        await home.parts.esphome.add("127.0.0.1", unused_tcp_port)
    with pytest.raises(UnreachableNodeError, match="not known on the network"):
        await home.parts.esphome.add("no-such-node.invalid")
    with pytest.raises(InvalidNodeError, match="32 bytes in base64"):
        await home.parts.esphome.add("127.0.0.1", 6053, "secret")
    with pytest.raises(InvalidNodeError, match="is no address"):
        await home.parts.esphome.add("http://127.0.0.1")
    assert home.parts.registry.devices() == ()


async def test_deleted_while_it_speaks(home: Home, node: NodeProcess) -> None:
    """A device that is deleted takes its key along and is not heard any more."""
    await home.add(node.port)
    await home.parts.vault.put("esphome/all-kinds", "key")
    await home.parts.registry.revoke("all-kinds", "test")
    await home.parts.registry.delete("all-kinds", "test")
    assert home.parts.registry.get("all-kinds") is None
    async with asyncio.timeout(PATIENCE):
        while await home.parts.vault.get("esphome/all-kinds") is not None:
            await asyncio.sleep(0.01)
