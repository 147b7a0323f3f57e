"""What a sender on the home's network could try with a key of its own."""

import asyncio

from msgspec.structs import replace
import pytest

from hearthward.config import QuotaSettings, Settings
from hearthward.edge.parcel import BusyError
from hearthward.model.entry import EntryKind, EntryQuery
from hearthward.model.security import Role
from tests.hub.conftest import running

from .conftest import Gate, air, hello

CORD = {"type": "event", "device": "shed", "body": {"point": "cord", "event": "pulled"}}
FEINT = {"type": "event", "device": "shed", "body": {"point": "air", "event": "pulled"}}


async def exhaust(gate: Gate, sender: str) -> None:
    """Tell as much of the shed as the sender may tell, and more."""
    await gate.tell([air(20.0)] * 40_000, device=sender)
    with pytest.raises(BusyError, match=sender):
        await gate.tell(air(20.0), device=sender)


async def test_nobody_uses_up_the_quota_of_another(gate: Gate) -> None:
    """What a bound sender says of another device counts for the sender."""
    await exhaust(gate, "thief")
    assert (await gate.tell(air(21.0))).accepted == 1


async def test_nobody_passes_by_the_alarm_of_another(gate: Gate) -> None:
    """Only an alarm that the sender may raise is taken above its quota."""
    await exhaust(gate, "thief")
    with pytest.raises(BusyError, match="thief"):
        await gate.tell(air(21.0), CORD, device="thief")


async def test_an_event_of_no_event_point_is_no_alarm(gate: Gate) -> None:
    """A thermometer has nothing to raise."""
    await exhaust(gate, "shed")
    with pytest.raises(BusyError, match="shed"):
        await gate.tell(FEINT, device="shed")
    assert (await gate.tell(CORD, device="shed")).accepted == 1


async def test_an_alarm_does_not_wait_for_the_quota_of_its_connection(
    settings: Settings,
) -> None:
    """A device in debt for hours still calls for help over the same socket."""
    quotas = QuotaSettings(device_rate=0.01, device_burst=20)
    async with running(replace(settings, quotas=quotas)) as hub:
        headers = await hub.headers(Role.DEVICE)
        async with hub.session.ws_connect(
            f"{hub.url}/api/v1/edge", headers=headers
        ) as socket:
            assert (await socket.receive_json())["type"] == "welcome"
            await socket.send_json(hello())
            assert (await socket.receive_json())["type"] == "stored"
            await hub.parts.registry.approve("shed", "test")
            await socket.send_json([air(20.0)] * 100)
            for _ in range(100):
                assert (await socket.receive_json())["type"] == "stored"
            await socket.send_json(air(21.0))
            await socket.send_json(CORD)
            async with asyncio.timeout(60):
                for _ in range(2):
                    assert (await socket.receive_json())["type"] == "stored"
        found = await hub.parts.lifelog.history(EntryQuery(kind=EntryKind.EVENT))
        assert len(found.entries) == 1
