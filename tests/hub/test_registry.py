"""Who may speak in the home: a device's way from pending to revoked."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hearthward.home.errors import TransitionError, UnknownDeviceError
from hearthward.home.registry import Registry
from hearthward.lifelog import Lifelog
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.device import Device, DeviceStatus, Point, PointKind, Zone
from hearthward.model.entry import EntryKind

HEATER = Device(
    id="heater",
    name="Heater",
    # What a device says about its own standing does not count.
    status=DeviceStatus.ACTIVE,
    adapter="esphome",
    mac="AA:BB:CC:DD:EE:FF",
    project="hearthward.heater",
    version="0.1.0",
    zones=(Zone(id="bathroom", name="Bathroom"),),
    points=(
        Point(id="burner", object_id="burner", kind=PointKind.BINARY_SENSOR, name="B"),
    ),
)

PATHS = {
    DeviceStatus.PENDING: (),
    DeviceStatus.APPROVED: ("approve",),
    DeviceStatus.ACTIVE: ("approve", "activate"),
    DeviceStatus.REVOKED: ("revoke",),
}
LEGAL = {
    ("approve", DeviceStatus.PENDING): DeviceStatus.APPROVED,
    ("activate", DeviceStatus.APPROVED): DeviceStatus.ACTIVE,
    ("activate", DeviceStatus.ACTIVE): DeviceStatus.ACTIVE,
    ("revoke", DeviceStatus.PENDING): DeviceStatus.REVOKED,
    ("revoke", DeviceStatus.APPROVED): DeviceStatus.REVOKED,
    ("revoke", DeviceStatus.ACTIVE): DeviceStatus.REVOKED,
    ("delete", DeviceStatus.REVOKED): None,
}


@pytest.fixture
async def registry(lifelog: Lifelog) -> Registry:
    """Return an empty registry."""
    registry = Registry(lifelog)
    await registry.load()
    return registry


def act(registry: Registry, action: str) -> Awaitable[Device | None]:
    """Do something to the heater."""
    actions: dict[str, Callable[[], Awaitable[Device | None]]] = {
        "approve": lambda: registry.approve("heater", "key"),
        "activate": lambda: registry.activate("heater"),
        "revoke": lambda: registry.revoke("heater", "key"),
        "delete": lambda: registry.delete("heater", "key"),
    }
    return actions[action]()


@pytest.mark.parametrize("start", PATHS)
@pytest.mark.parametrize("action", ["approve", "activate", "revoke", "delete"])
async def test_every_transition(
    registry: Registry, lifelog: Lifelog, start: DeviceStatus, action: str
) -> None:
    """A legal step is taken and audited; any other is refused and leaves nothing."""
    await registry.hello(HEATER)
    for step in PATHS[start]:
        await act(registry, step)
    assert registry.require("heater").status is start
    before = lifelog.last

    if (action, start) not in LEGAL:
        with pytest.raises(TransitionError, match=r"Heater|heater"):
            await act(registry, action)
        assert lifelog.last == before
        return

    await act(registry, action)

    expected = LEGAL[action, start]
    device = registry.get("heater")
    assert (device.status if device else None) == expected
    if expected is not start:
        entries = await lifelog.read(before, 10)
        assert {entry.kind for entry in entries} == {EntryKind.AUDIT, EntryKind.DEVICE}
        body = next(e.body for e in entries if e.kind is EntryKind.DEVICE)
        assert (body["status"] if body else None) == expected


@pytest.mark.parametrize("action", ["approve", "activate", "revoke", "delete"])
async def test_an_unknown_device_is_refused(registry: Registry, action: str) -> None:
    """Nothing can be done to a device that never said hello."""
    with pytest.raises(UnknownDeviceError, match="heater"):
        await act(registry, action)


async def test_hello_keeps_what_people_decided(registry: Registry) -> None:
    """A device says what it is; its name, area and owner are people's."""
    await registry.hello(HEATER)
    await registry.approve("heater", "key", name="Boiler", area="Cellar")
    await registry.update("heater", "key", owner="Ada")
    newer = Device(
        id="heater",
        name="heater-1",
        status=DeviceStatus.PENDING,
        adapter="esphome",
        mac=HEATER.mac,
        version="0.2.0",
    )

    device = await registry.hello(newer)

    assert (device.name, device.area, device.owner) == ("Boiler", "Cellar", "Ada")
    assert device.status is DeviceStatus.APPROVED
    assert (device.version, device.zones, device.points) == ("0.2.0", (), ())


async def test_a_repeated_hello_writes_nothing(
    registry: Registry, lifelog: Lifelog
) -> None:
    """Reconnecting costs no entry when nothing changed."""
    await registry.hello(HEATER)
    before = lifelog.last
    await registry.hello(HEATER)
    assert lifelog.last == before


async def test_another_mac_must_be_approved_anew(registry: Registry) -> None:
    """A new device under a known name does not inherit its approval."""
    await registry.hello(HEATER)
    await registry.approve("heater", "key")
    await registry.activate("heater")
    other = Device(
        id="heater",
        name="Heater",
        status=DeviceStatus.ACTIVE,
        adapter="esphome",
        mac="11:22:33:44:55:66",
    )
    assert (await registry.hello(other)).status is DeviceStatus.PENDING


async def test_a_revoked_device_stays_out(registry: Registry) -> None:
    """Saying hello again does not let a revoked device in."""
    await registry.hello(HEATER)
    await registry.revoke("heater", "key")
    assert (await registry.hello(HEATER)).status is DeviceStatus.REVOKED


async def test_the_registry_survives_a_restart(tmp_path: Path) -> None:
    """All is as it was, only that nobody is online before it says so."""
    file = tmp_path / "lifelog.db"
    async with Lifelog(SqliteStore(file), "home") as lifelog:
        registry = Registry(lifelog)
        await registry.hello(HEATER)
        await registry.approve("heater", "key", area="Cellar")
        await registry.set_online("heater", online=True)
        before = registry.require("heater")
        assert before.online
    async with Lifelog(SqliteStore(file), "home") as lifelog:
        registry = Registry(lifelog)
        await registry.load()
        after = registry.require("heater")
        assert (after.status, after.area, after.zones, after.points) == (
            before.status,
            before.area,
            before.zones,
            before.points,
        )
        assert not after.online
