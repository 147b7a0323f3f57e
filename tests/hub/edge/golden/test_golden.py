"""Every adapter and every layout gives the same entries for the same story."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
import time

import msgspec
import pytest

from hearthward.config import Settings
from hearthward.model.deadletter import DeadLetterQuery
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Entry, EntryQuery
from tests.hub.conftest import Hub

from . import cases
from .carriers import CARRIERS, Deliver
from .cases import Case, Expected, Saying
from .layouts import LAYOUTS, NATIVE, POINTS, Layout

# Stories begin some minutes ago, so that all of them are in the past.
AGO = 600.0

# The WebSocket closes on a larger frame, as it must: nobody can read what follows.
FRAME = 4 * 1024 * 1024 - 1024

PATIENCE = 60.0


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_golden(
    settings: Settings, tmp_path: Path, carrier: str, layout: Layout
) -> None:
    """Tell all stories on one way in, and read what came of them."""
    stories = [case for case in cases.load() if layout.name not in case.unless]
    begin = round(time.time() - AGO)
    too_large = carrier == "websocket" and layout.limit > FRAME
    async with CARRIERS[carrier](settings, layout.profile, tmp_path) as (hub, deliver):
        for case in stories:
            await _admit(hub, deliver, layout, case.case, carrier)
        for case in stories:
            for saying in case.says:
                if saying.too_large and too_large:
                    continue
                await deliver(*layout.message(case.case, saying, begin))
        for case in stories:
            await _settle(hub, layout, case, begin)
        await _check_letters(hub, stories, but="too_large" if too_large else None)


async def _admit(
    hub: Hub, deliver: Deliver, layout: Layout, device: str, adapter: str
) -> None:
    """Let a device in; a profile's is made known as its first message would."""
    if layout is NATIVE:
        hello = {
            "type": "hello",
            "device": device,
            "ts": time.time(),
            "body": {"name": device, "points": POINTS},
        }
        await deliver(f"hearthward/home/{device}/hello", msgspec.json.encode(hello))
        async with asyncio.timeout(PATIENCE):
            while hub.parts.registry.get(device) is None:
                await asyncio.sleep(0.01)
    else:
        address, _ = layout.message(device, Saying(), time.time())
        await hub.parts.registry.hello(
            Device(
                id=device,
                name=device,
                status=DeviceStatus.PENDING,
                adapter=adapter,
                address=address,
            )
        )
    await hub.parts.registry.approve(device, "test")


async def _settle(hub: Hub, layout: Layout, case: Case, begin: float) -> None:
    """Wait until the story has come out as it must."""
    expected = sorted(case.entries, key=lambda each: (str(each.at), each.point))
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await _told(hub, layout, case, begin) != expected:
                await asyncio.sleep(0.05)
    assert await _told(hub, layout, case, begin) == expected, case.case
    for point, value in case.now.items():
        state = hub.parts.lifelog.state(case.case, layout.points.get(point, point))
        assert state is not None and state.value == value, case.case
    extra = cases.kept(await _entries(hub, case.case))
    assert case.kept.items() <= extra.items(), case.case


async def _check_letters(hub: Hub, stories: Sequence[Case], but: str | None) -> None:
    """Find the dead letters of all stories; one that cannot be read names no device."""
    expected = Counter(reason for case in stories for reason in case.letters)
    if but is not None:
        del expected[but]
    async with asyncio.timeout(PATIENCE):
        while (await hub.parts.dead_letters.count()) < expected.total():
            await asyncio.sleep(0.05)
    page = await hub.parts.dead_letters.page(DeadLetterQuery(limit=1000))
    assert Counter(letter.reason.value for letter in page.letters) == expected


async def _told(
    hub: Hub, layout: Layout, case: Case, begin: float
) -> Sequence[Expected]:
    """Return what the lifelog holds of the points that the story is about."""
    named = {each.point for each in case.entries}
    found = cases.shown(await _entries(hub, case.case), begin, layout.points)
    return [each for each in found if each.point in named]


async def _entries(hub: Hub, device: str) -> Sequence[Entry]:
    return (await hub.parts.lifelog.history(EntryQuery(device=device))).entries
