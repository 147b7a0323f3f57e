"""Encrypted nodes: whole Noise sessions to real firmware, and the wrong keys."""

import asyncio
import base64
from pathlib import Path

from aioesphomeapi import ZERO_NOISE_PSK
import pytest

from hearthward.config import EsphomeNode
from hearthward.edge.esphome.adapter import UnreachableNodeError
from hearthward.model.command import CommandStatus
from hearthward.model.device import DeviceStatus
from hearthward.model.entry import EntryKind

from .home import PATIENCE, Home, NodeProcess
from .relay import relay

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()

# Another name of this machine, which is not a loopback address to the hub.
ELSEWHERE = "0.0.0.0"


async def test_session(home: Home, node: NodeProcess) -> None:
    """States come and commands go through an encrypted session."""
    async with relay(node.port, psk=KEY) as network:
        await home.add(network.port, key=KEY)
        await home.command("all-kinds", "level", value=23)
        await home.says("all-kinds", "level", value=23.0)
        assert network.sessions == 1


async def test_key_is_kept_sealed(home: Home, node: NodeProcess) -> None:
    """The key survives a restart of the hub and stands nowhere in its files."""
    async with relay(node.port, psk=KEY) as network:
        await home.add(network.port, key=KEY)
        await home.restart()
        await home.online("all-kinds")
        folder = home.parts.settings.data_dir
        for file in folder.iterdir():
            if file.is_file():
                content = file.read_bytes()
                assert KEY.encode() not in content
                assert base64.b64decode(KEY) not in content


@pytest.mark.parametrize(
    ("key", "code"),
    [(OTHER, "encryption_key_invalid"), (None, "encryption_key_missing")],
)
async def test_add_without_the_key(
    home: Home, node: NodeProcess, key: str | None, code: str
) -> None:
    """Who adds a node with a wrong key or none is told what to do."""
    async with relay(node.port, psk=KEY) as network:
        with pytest.raises(
            UnreachableNodeError, match="api: encryption: key:"
        ) as raised:
            await home.parts.esphome.add("127.0.0.1", network.port, key)
        assert raised.value.code == code
        assert home.parts.registry.devices() == ()


async def test_key_changes(home: Home, node: NodeProcess) -> None:
    """A node with a new key shows the problem until it is given to the hub."""
    async with relay(node.port, psk=KEY) as network:
        await home.add(network.port, key=KEY)
        network.psk = OTHER
        await network.cut()
        await network.mend()
        device = await home.device("all-kinds", lambda found: bool(found.problem))
        assert device.problem == "encryption_key_invalid"
        assert not device.online
        device = await home.parts.esphome.add("127.0.0.1", network.port, OTHER)
        assert device.status is DeviceStatus.ACTIVE
        assert device.problem is None
        result = await home.command("all-kinds", "level", value=24)
        assert result.status is CommandStatus.ACKNOWLEDGED


async def test_configured_with_a_wrong_key(tmp_path: Path, node: NodeProcess) -> None:
    """A configured node that refuses the key is seen, with its problem."""
    async with relay(node.port, psk=KEY) as network:
        configured = EsphomeNode(
            address="127.0.0.1", port=network.port, noise_psk=OTHER
        )
        async with Home(tmp_path / "hub", [configured]) as home:
            device = await home.device("all-kinds", lambda found: bool(found.problem))
            assert device.status is DeviceStatus.PENDING
            assert device.problem == "encryption_key_invalid"
            assert device.mac == "02:00:00:00:00:01"


async def test_plain_text_stays_at_home(home: Home, node: NodeProcess) -> None:
    """A node elsewhere that does not encrypt is not spoken to."""
    async with relay(node.port, host=ELSEWHERE) as network:
        with pytest.raises(UnreachableNodeError, match="speaks plain text") as raised:
            await home.parts.esphome.add(ELSEWHERE, network.port)
        assert raised.value.code == "encryption_required"
        with pytest.raises(UnreachableNodeError) as raised:
            await home.parts.esphome.add(ELSEWHERE, network.port, KEY)
        assert raised.value.code == "encryption_required"


async def test_elsewhere_without_a_key(home: Home, node: NodeProcess) -> None:
    """A node elsewhere that encrypts is asked for its name only."""
    async with relay(node.port, host=ELSEWHERE, psk=KEY) as network:
        with pytest.raises(UnreachableNodeError) as raised:
            await home.parts.esphome.add(ELSEWHERE, network.port)
        assert raised.value.code == "encryption_key_missing"
        await home.add(network.port, host=ELSEWHERE, key=KEY)


async def test_ready_made_node(home: Home, node: NodeProcess) -> None:
    """A node without a key gets one of its own when it is approved, and not before."""
    async with relay(node.port, host=ELSEWHERE, psk=ZERO_NOISE_PSK) as network:
        device = await home.parts.esphome.add(ELSEWHERE, network.port)
        assert device.status is DeviceStatus.PENDING
        assert network.psk == ZERO_NOISE_PSK
        await home.parts.registry.approve("all-kinds", "test")
        await home.says("all-kinds", "level", value=20.0)
        assert network.psk is not None
        assert network.psk != ZERO_NOISE_PSK
        assert await home.parts.vault.get("esphome/all-kinds") == network.psk
        result = await home.command("all-kinds", "level", value=24)
        assert result.status is CommandStatus.ACKNOWLEDGED
        await home.restart()
        await home.online("all-kinds")


async def test_node_that_takes_no_key(home: Home, node: NodeProcess) -> None:
    """A node whose time for taking a key is over is not spoken to without one."""
    async with relay(node.port, host=ELSEWHERE, psk=ZERO_NOISE_PSK) as network:
        network.takes_key = False
        await home.parts.esphome.add(ELSEWHERE, network.port)
        await home.parts.registry.approve("all-kinds", "test")
        device = await home.device("all-kinds", lambda found: bool(found.problem))
        assert device.problem == "encryption_key_refused"
        # A refused key may be offered once more right away: it is kept until the answer.
        async with asyncio.timeout(PATIENCE):
            while await home.parts.vault.get("esphome/all-kinds") is not None:
                await asyncio.sleep(0.05)
        result = await home.command("all-kinds", "level", value=24)
        assert result.status is CommandStatus.OFFLINE
        assert await home.entries(EntryKind.STATE, "all-kinds") == ()
        network.takes_key = True
        await network.cut()
        await network.mend()
        await home.says("all-kinds", "level", value=20.0)


async def test_other_secret_file(home: Home, node: NodeProcess) -> None:
    """A hub that lost its secrets says which key is missing instead of failing."""
    async with relay(node.port, psk=KEY) as network:
        await home.add(network.port, key=KEY)
        await home.__aexit__()
        (home.parts.settings.data_dir / "secret.key").unlink()
        await home.__aenter__()
        await home.device(
            "all-kinds", lambda found: found.problem == "encryption_key_missing"
        )
