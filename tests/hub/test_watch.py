"""Batteries: which are low, and which devices are not heard from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearthward.config import ConfigError, WatchSettings, load
from hearthward.home.derived import with_derived
from hearthward.home.registry import Registry
from hearthward.home.watch import Watch
from hearthward.lifelog import Lifelog
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.device import Device, DeviceStatus, Point, PointKind
from hearthward.model.entry import Draft, EntryKind, EntryQuery

START = 1_760_000_000.0
LEVEL = Point(
    id="battery",
    kind=PointKind.SENSOR,
    name="Battery",
    object_id="battery",
    device_class="battery",
    unit="%",
)


class Home:
    """A home with one battery device, and a clock that the test moves."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Watch the devices of a new registry."""
        self.now = START
        self.heard: dict[str, float] = {}
        self.lifelog = lifelog
        self.registry = Registry(lifelog)
        self.watch = Watch(
            lifelog, self.registry, self.heard, WatchSettings(), lambda: self.now
        )

    async def add(self, *points: Point) -> None:
        """Let a device with points into the home."""
        device = Device(
            id="beacon",
            name="Beacon",
            status=DeviceStatus.PENDING,
            adapter="mqtt",
            points=points,
        )
        await self.registry.hello(device)
        await self.registry.approve("beacon", "test")

    async def speak(self, level: float | None = None, after: float = 60.0) -> None:
        """Have the device speak some time later, and look."""
        self.now += after
        self.heard["beacon"] = self.now
        if level is not None:
            draft = Draft(
                ts=self.now,
                kind=EntryKind.STATE,
                device="beacon",
                point="battery",
                value=level,
            )
            await self.lifelog.append([draft])
        await self.watch.look()

    async def wait(self, seconds: float) -> None:
        """Let time pass in silence, and look."""
        self.now += seconds
        await self.watch.look()

    def value(self, point: str) -> float | None:
        """Return what a point says."""
        state = self.lifelog.state("beacon", point)
        return None if state is None else state.value


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """Return an empty home."""
    async with Lifelog(SqliteStore(tmp_path / "lifelog.db"), "home") as lifelog:
        yield Home(lifelog)


def test_a_battery_point_brings_two_more() -> None:
    """The device's own points stay as they are."""
    points = with_derived([LEVEL])
    assert [(point.id, point.derived) for point in points] == [
        ("battery", False),
        ("battery_low", True),
        ("battery_stale", True),
    ]


def test_what_the_device_says_itself_is_not_derived() -> None:
    """A care button knows best when its battery is low."""
    own = Point(
        id="battery_low",
        kind=PointKind.BINARY_SENSOR,
        name="Battery low",
        object_id="battery_low",
        device_class="battery",
    )
    points = with_derived([LEVEL, own])
    assert [point.id for point in points if point.derived] == ["battery_stale"]


async def test_low_and_good_keep_their_distance(home: Home) -> None:
    """A level that swings about the limit does not set the alarm on and off."""
    await home.add(LEVEL)
    said = []
    for level in (80, 16, 15, 16, 14, 20, 24, 25, 20, 15):
        await home.speak(level)
        said.append(home.value("battery_low"))
    assert said == [0, 0, 1, 1, 1, 1, 1, 0, 0, 1]


async def test_nothing_is_said_twice(home: Home) -> None:
    """Only a change is an entry."""
    await home.add(LEVEL)
    for _ in range(5):
        await home.speak(80)
    page = await home.lifelog.history(
        EntryQuery(point="battery_low", kind=EntryKind.STATE)
    )
    assert len(page.entries) == 1


async def test_an_unknown_level_keeps_what_was_known(home: Home) -> None:
    """A lost reading makes no battery good."""
    await home.add(LEVEL)
    await home.speak(10)
    lost = Draft(ts=home.now, kind=EntryKind.STATE, device="beacon", point="battery")
    await home.lifelog.append([lost])
    await home.speak()
    assert home.value("battery_low") == 1


async def test_silence_is_noticed_by_what_is_usual(home: Home) -> None:
    """A beacon that spoke every minute is missed after ten, not after a day."""
    await home.add(LEVEL)
    for _ in range(10):
        await home.speak(80)
    await home.wait(590)
    assert home.value("battery_stale") == 0
    await home.wait(20)
    assert home.value("battery_stale") == 1


async def test_a_new_device_has_a_day(home: Home) -> None:
    """Nobody knows yet how often it speaks."""
    await home.add(LEVEL)
    await home.speak(80)
    await home.wait(25 * 3600)
    assert home.value("battery_stale") == 0
    await home.wait(2 * 3600)
    assert home.value("battery_stale") == 1


async def test_back_is_who_is_heard_twice_in_time(home: Home) -> None:
    """A device at the edge of its reach does not flap."""
    await home.add(LEVEL)
    for _ in range(10):
        await home.speak(80)
    await home.wait(700)
    await home.speak()
    assert home.value("battery_stale") == 1
    await home.speak()
    assert home.value("battery_stale") == 1
    await home.speak()
    assert home.value("battery_stale") == 0


def test_limits_need_room_between_them() -> None:
    """The error says which setting to change."""
    with pytest.raises(ConfigError, match="battery_ok"):
        load(environ={"HEARTHWARD_WATCH": '{"battery_low": 30}'})
