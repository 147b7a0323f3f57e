"""Quotas, back-pressure, and that an alarm waits for neither."""

import asyncio
import threading
import time

import msgspec
import pytest

from hearthward.config import QuotaSettings, Settings
from hearthward.edge.parcel import BusyError
from hearthward.edge.quotas import Bucket, Quotas
from hearthward.lifelog import Transaction
from hearthward.model.entry import EntryKind
from tests.hub.conftest import running

from .conftest import DEVICE, Gate, air, state

EVERYTHING = QuotaSettings(
    device_rate=1e9, device_burst=1e9, home_rate=1e9, home_burst=1e9
)

CORD = {"type": "event", "device": DEVICE, "body": {"point": "cord", "event": "pulled"}}


def test_a_bucket_lends() -> None:
    """A burst of any size passes once; then the debt is waited for."""
    bucket = Bucket(rate=10.0, burst=100.0, now=0.0)
    assert bucket.wait(0.0) == 0.0
    bucket.take(300.0)
    assert bucket.wait(0.0) == 20.0
    assert bucket.wait(15.0) == 5.0
    assert bucket.wait(20.0) == 0.0
    assert bucket.wait(1000.0) == 0.0
    bucket.take(101.0)
    assert bucket.wait(1000.0) == pytest.approx(0.1)


def test_one_device_does_not_use_up_the_others() -> None:
    """Whoever tells too much waits, the rest goes on until the home has had enough."""
    now = 0.0
    quotas = Quotas(
        QuotaSettings(device_rate=1, device_burst=10, home_rate=10, home_burst=100),
        lambda: now,
    )
    quotas.check({"loud": 50})
    quotas.charge({"loud": 50})
    with pytest.raises(BusyError, match="loud") as caught:
        quotas.check({"loud": 1})
    assert caught.value.retry_after == 40.0
    quotas.check({"quiet": 1})
    quotas.charge({f"d{n}": 10 for n in range(6)})
    with pytest.raises(BusyError, match="home"):
        quotas.check({"quiet": 1})
    now = 40.0
    quotas.check({"loud": 1})


async def test_busy(settings: Settings) -> None:
    """Over its quota nothing is taken of a device but alarms, which are owed for."""
    quotas = QuotaSettings(device_rate=0.001, device_burst=10)
    settings = msgspec.structs.replace(settings, quotas=quotas)
    async with running(settings) as hub:
        gate = Gate(hub, None)  # type: ignore[arg-type]  # it is not restarted
        await gate.join()
        await gate.tell(*(air(20.0 + n / 10) for n in range(5)))
        with pytest.raises(BusyError) as caught:
            await gate.tell(air(22.0), b"junk")
        assert caught.value.retry_after > 0
        assert len(await gate.entries()) == 5
        assert await gate.letters() == ()
        await gate.tell(CORD)
        await gate.tell(state({"point": "smoke", "value": 1.0}), air(23.0))
        assert len(await gate.entries(EntryKind.EVENT)) == 1
        smoke = gate.parts.lifelog.state(DEVICE, "smoke")
        assert smoke is not None
        with pytest.raises(BusyError):
            await gate.tell(air(22.0))


async def test_a_backlog_is_bounded(settings: Settings) -> None:
    """While the disk is slow, more than so many bytes are not taken; an alarm is."""
    quotas = msgspec.structs.replace(EVERYTHING, backlog=2**20)
    settings = msgspec.structs.replace(settings, quotas=quotas)
    async with running(settings) as hub:
        gate = Gate(hub, None)  # type: ignore[arg-type]  # it is not restarted
        await gate.join()
        release = threading.Event()
        held = gate.parts.lifelog.transact(lambda _: release.wait(120))
        text = "x" * 200_000
        waiting = [
            asyncio.create_task(
                gate.tell(state({"point": "mode", "text": f"{n}{text}"}))
            )
            for n in range(5)
        ]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="waits"):
            await gate.tell(state({"point": "mode", "text": text}))
        alarm = asyncio.create_task(gate.tell(CORD))
        await asyncio.sleep(0)
        assert not alarm.done()
        release.set()
        await asyncio.gather(held, alarm, *waiting)
        assert len(await gate.entries()) == 5
        receipt = await gate.tell(state({"point": "mode", "text": text}))
        assert receipt.stored == 1


async def test_an_alarm_passes_fifty_thousand(settings: Settings) -> None:
    """What was queued before an alarm is stored after it."""
    settings = msgspec.structs.replace(settings, quotas=EVERYTHING)
    async with running(settings) as hub:
        gate = Gate(hub, None)  # type: ignore[arg-type]  # it is not restarted
        devices = [DEVICE, "d1", "d2", "d3", "d4"]
        for device in devices:
            await gate.join(device)
            await gate.tell(air(19.0, device=device))
        lifelog = gate.parts.lifelog
        release = threading.Event()

        def hold(_: Transaction) -> None:
            release.wait(240)

        held = lifelog.transact(hold)
        now = time.time()
        waiting = [
            asyncio.create_task(
                gate.tell(
                    *(
                        air(20.0 + n % 9, device=device, ts=now + n / 1000, seq=n)
                        for n in range(part, part + 1000)
                    )
                )
            )
            for device in devices
            for part in range(0, 10_000, 1000)
        ]
        while lifelog.backlog < 50_000:
            await asyncio.sleep(0.01)
        last = lifelog.last
        alarms = [
            asyncio.create_task(gate.tell(CORD | {"id": "a1"})),
            asyncio.create_task(gate.tell(state({"point": "smoke", "value": 1.0}))),
        ]
        while lifelog.backlog < 50_002:
            await asyncio.sleep(0.01)
        release.set()
        await asyncio.gather(held, *alarms)
        [event] = await gate.entries(EntryKind.EVENT)
        smoke = lifelog.state(DEVICE, "smoke")
        assert smoke is not None
        assert {event.seq, smoke.seq} == {last + 1, last + 2}
        receipts = await asyncio.gather(*waiting)
        assert sum(receipt.stored for receipt in receipts) == 50_000
        assert lifelog.last == last + 50_002
