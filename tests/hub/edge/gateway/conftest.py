"""A hub with a device, and adapters that hand in what the tests say."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
import time
from typing import Any

import msgspec
import pytest

from hearthward.api.parts import Parts
from hearthward.config import Settings
from hearthward.edge.parcel import Parcel, Receipt
from hearthward.model.deadletter import DeadLetter, DeadLetterQuery
from hearthward.model.entry import Entry, EntryKind
from tests.hub.conftest import Hub, running

DEVICE = "shed"

POINTS: Sequence[dict[str, object]] = (
    {"id": "air", "kind": "sensor", "device_class": "temperature", "unit": "°C"},
    {"id": "hall", "kind": "sensor", "device_class": "temperature", "unit": "F"},
    {"id": "power", "kind": "sensor", "device_class": "power", "unit": "W"},
    {"id": "level", "kind": "sensor", "device_class": "humidity", "unit": "%"},
    {"id": "smoke", "kind": "binary_sensor", "device_class": "smoke"},
    {"id": "motion", "kind": "binary_sensor", "device_class": "motion"},
    {"id": "cord", "kind": "event", "device_class": "button"},
    {"id": "mode", "kind": "sensor"},
)


def hello(device: str = DEVICE, **body: object) -> dict[str, object]:
    """Return a hello."""
    points = [
        {"name": point["id"], "object_id": point["id"], **point} for point in POINTS
    ]
    return {
        "type": "hello",
        "device": device,
        "ts": time.time(),
        "body": {"name": "Shed", "points": points, **body},
    }


def state(*seen: dict[str, object], **fields: object) -> dict[str, object]:
    """Return a state of some observations."""
    return {
        "type": "state",
        "device": DEVICE,
        "ts": time.time(),
        "body": {"observations": seen},
        **fields,
    }


def air(value: float | None, **fields: object) -> dict[str, object]:
    """Return a state of the air's temperature."""
    return state({"point": "air", "value": value}, **fields)


@dataclass(slots=True)
class Gate:
    """The intake of a hub, which can be restarted."""

    hub: Hub
    stack: AsyncExitStack

    @property
    def parts(self) -> Parts:
        """The parts of the hub."""
        return self.hub.parts

    async def restart(self) -> None:
        """Stop the hub and start it again on the same data."""
        settings = self.parts.settings
        await self.stack.aclose()
        self.hub = await self.stack.enter_async_context(running(settings))

    def parcel(self, content: object, **fields: Any) -> Parcel:
        """Return a parcel of a message, or of bytes."""
        payload = (
            content if isinstance(content, bytes) else msgspec.json.encode(content)
        )
        return Parcel(
            **{
                "adapter": "http",
                "address": "/api/v1/messages",
                "received": time.time(),
                "payload": payload,
                **fields,
            }
        )

    async def tell(self, *contents: object, **fields: Any) -> Receipt:
        """Hand in messages, or bytes, each in a parcel of its own."""
        return await self.parts.intake.receive(
            [self.parcel(content, **fields) for content in contents]
        )

    async def join(self, device: str = DEVICE) -> None:
        """Let a device in."""
        await self.tell(hello(device))
        await self.parts.registry.approve(device, "test")

    async def entries(self, kind: EntryKind = EntryKind.STATE) -> list[Entry]:
        """Return what the lifelog holds, by seq."""
        lifelog = self.parts.lifelog
        found: list[Entry] = []
        while batch := await lifelog.read(found[-1].seq if found else 0, 1_000):
            found += batch
        return [entry for entry in found if entry.kind is kind]

    async def letters(self, **query: Any) -> tuple[DeadLetter, ...]:
        """Return the dead letters with their payloads, the oldest first."""
        letters = self.parts.dead_letters
        page = await letters.page(DeadLetterQuery(**query))
        return tuple([await letters.read(each.id) for each in reversed(page.letters)])


@pytest.fixture
async def gate(settings: Settings) -> AsyncGenerator[Gate]:
    """Return the intake of a hub with a device that is let in."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(running(settings))
        opened = Gate(hub, stack)
        await opened.join()
        yield opened
