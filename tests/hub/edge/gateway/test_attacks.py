"""What a sender on the home's network could try with a key of its own."""

import pytest

from hearthward.edge.parcel import BusyError

from .conftest import Gate, air

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
