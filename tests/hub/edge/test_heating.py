"""Schedules and boosts, kept by the real heater's firmware."""

from collections.abc import AsyncGenerator, Iterator
import logging
from pathlib import Path
import time

from hypothesis import given, strategies as st
import pytest

from hearthward.heating.schedule import ScheduleError, check_day, format_day, parse_day
from hearthward.heating.zones import RefusedError, UnknownZoneError
from hearthward.model.command import CommandStatus
from hearthward.model.entry import EntryKind
from hearthward.model.heating import Boost, Day, Preset, Schedule, Slot
from hearthward_sim.build import Firmware, build

from .home import Home, NodeProcess

_LOGGER = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def heater_firmware() -> Firmware:
    """Return the heater's program."""
    return build(_LOGGER.debug, ("heater",))


@pytest.fixture
def heater(heater_firmware: Firmware, tmp_path: Path) -> Iterator[NodeProcess]:
    """Return a running heater node, without a plant."""
    node = NodeProcess(
        heater_firmware.programs["heater"], heater_firmware.preload, tmp_path / "heater"
    )
    node.start()
    node.await_ready()
    yield node
    node.kill()


@pytest.fixture
async def warm_home(tmp_path: Path, heater: NodeProcess) -> AsyncGenerator[Home]:
    """Return a home with the heater let in."""
    async with Home(tmp_path / "hub") as home:
        await home.add(heater.port)
        yield home


def slots(*pairs: tuple[str, str]) -> tuple[Slot, ...]:
    """Write slots shortly."""
    return tuple(Slot(time=at, preset=Preset(preset)) for at, preset in pairs)


MORNING = slots(("06:30", "normal"), ("08:30", "eco"))


async def set_schedule(
    home: Home, schedule: Schedule, key: str | None = None
) -> Schedule:
    """Set the living room's schedule."""
    return await home.parts.zones.set_schedule(
        "heater", "living_room", schedule, issued_by="test", key=key
    )


async def test_schedule(warm_home: Home) -> None:
    """The node keeps the days that were given, in order, and the others as they were."""
    before = warm_home.parts.zones.schedule("heater", "living_room")
    assert set(before.days) == set(Day)
    wanted = {
        Day.MONDAY: tuple(reversed(MORNING)),
        Day.SUNDAY: slots(("09:00", "boost")),
    }
    kept = await set_schedule(warm_home, Schedule(days=wanted))
    assert kept.days[Day.MONDAY] == MORNING
    assert kept.days[Day.SUNDAY] == wanted[Day.SUNDAY]
    assert kept.days[Day.TUESDAY] == before.days[Day.TUESDAY]
    assert warm_home.parts.zones.schedule("heater", "living_room") == kept
    await warm_home.says(
        "heater", "living_room.schedule_monday", text="06:30 normal, 08:30 eco"
    )
    # What is the same already is not sent again.
    count = len(await warm_home.entries(EntryKind.COMMAND, "heater"))
    assert await set_schedule(warm_home, Schedule(days={Day.MONDAY: MORNING})) == kept
    assert len(await warm_home.entries(EntryKind.COMMAND, "heater")) == count


async def test_full_day(warm_home: Home) -> None:
    """Eight slots fit into the node's text; an empty day clears it."""
    full = tuple(
        Slot(time=f"{hour:02d}:59", preset=Preset.NORMAL) for hour in range(8, 24, 2)
    )
    kept = await set_schedule(warm_home, Schedule(days={Day.FRIDAY: full}))
    assert kept.days[Day.FRIDAY] == full
    kept = await set_schedule(warm_home, Schedule(days={Day.FRIDAY: ()}))
    assert kept.days[Day.FRIDAY] == ()


async def test_schedule_that_cannot_be(warm_home: Home) -> None:
    """Neither too many slots nor two at once reach the node."""
    twice = slots(("06:30", "eco"), ("06:30", "normal"))
    with pytest.raises(ScheduleError, match="Monday: 06:30 is there twice"):
        await set_schedule(warm_home, Schedule(days={Day.MONDAY: twice}))
    many = tuple(Slot(time=f"{hour:02d}:00", preset=Preset.ECO) for hour in range(9))
    with pytest.raises(ScheduleError, match="at most 8 slots, not 9"):
        await set_schedule(warm_home, Schedule(days={Day.MONDAY: many}))
    assert await warm_home.entries(EntryKind.COMMAND, "heater") == ()


async def test_firmware_refuses(warm_home: Home) -> None:
    """What the firmware's own parser refuses is a rejected command."""
    await set_schedule(warm_home, Schedule(days={Day.MONDAY: MORNING}))
    result = await warm_home.command(
        "heater", "living_room.schedule_monday", value="25:00 warm"
    )
    assert result.status is CommandStatus.REJECTED
    assert result.detail is not None
    assert "kept “06:30 normal, 08:30 eco”" in result.detail


async def test_boost(warm_home: Home) -> None:
    """A boost ends when it was asked to, and its length is kept."""
    boost = await start_boost(warm_home, 45)
    assert boost.until == pytest.approx(time.time() + 45 * 60, abs=30)
    await warm_home.says("heater", "living_room.zone", preset="boost")
    await warm_home.says("heater", "living_room.boost_duration", value=45.0)
    boost = await start_boost(warm_home, None)
    assert boost.until == pytest.approx(time.time() + 45 * 60, abs=30)
    boost = await start_boost(warm_home, 360)
    state = warm_home.parts.lifelog.state("heater", "living_room.boost_duration")
    assert state is not None
    assert state.value is not None
    assert boost.until == pytest.approx(time.time() + state.value * 60, abs=30)
    with pytest.raises(RefusedError, match="min, not 2000"):
        await start_boost(warm_home, 2000)


async def start_boost(home: Home, minutes: float | None) -> Boost:
    """Boost the living room."""
    return await home.parts.zones.boost(
        "heater", "living_room", minutes, issued_by="test"
    )


async def test_boost_once(warm_home: Home) -> None:
    """A boost that is asked for again with the same key is one boost."""
    for _ in range(2):
        await warm_home.parts.zones.boost(
            "heater", "bathroom", 30, issued_by="test", key="once"
        )
    points = [
        entry.point for entry in await warm_home.entries(EntryKind.COMMAND, "heater")
    ]
    assert points == ["bathroom.boost_duration", "bathroom.zone"]


async def test_no_such_zone(warm_home: Home, heater: NodeProcess) -> None:
    """A zone that is not there is said so; one that is offline too."""
    with pytest.raises(UnknownZoneError, match="Heater has no zone attic"):
        warm_home.parts.zones.schedule("heater", "attic")
    heater.kill()
    await warm_home.online("heater", False)
    with pytest.raises(RefusedError, match="Heater is offline") as raised:
        await start_boost(warm_home, None)
    assert raised.value.result.status is CommandStatus.OFFLINE
    # The schedule can be read all the same.
    assert warm_home.parts.zones.schedule("heater", "living_room").days


@given(
    st.lists(
        st.builds(
            Slot,
            time=st.times().map(lambda at: at.strftime("%H:%M")),
            preset=st.sampled_from(Preset),
        ),
        max_size=8,
        unique_by=lambda slot: slot.time,
    )
)
def test_round_trip(given_slots: list[Slot]) -> None:
    """What is written is read back, in order."""
    day = check_day(given_slots)
    assert parse_day(format_day(day)) == day


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("  ", ""),
        ("6:30 normal", "06:30 normal"),
        ("08:30 ECO; 06:30=normal,", "06:30 normal, 08:30 eco"),
        ("06:30\tboost", "06:30 boost"),
    ],
)
def test_forms(text: str, written: str) -> None:
    """People's ways of writing a day are those that the firmware reads."""
    assert format_day(parse_day(text)) == written


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("24:00 eco", "does not start with a time"),
        ("06:60 eco", "does not start with a time"),
        ("normal", "does not start with a time"),
        ("06:30", "does not start with a time"),
        ("06:30 warm", "needs one of eco, normal, boost"),
        (",", "does not start with a time"),
        ("06:30 eco, 6:30 normal", "06:30 is there twice"),
        (", ".join(f"0{hour}:00 eco" for hour in range(9)), "at most 8 slots"),
    ],
)
def test_mistakes(text: str, sentence: str) -> None:
    """A day that cannot be read says how to write it."""
    with pytest.raises(ScheduleError, match=sentence):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["6:30 normal", "08:30 eco; 06:30=normal", "06:30\tboost", ""]
)
async def test_same_grammar(warm_home: Home, text: str) -> None:
    """The firmware writes a text the way we do."""
    # Another text first, so that the node shows the new one.
    await set_schedule(warm_home, Schedule(days={Day.MONDAY: slots(("01:02", "eco"))}))
    await warm_home.command("heater", "living_room.schedule_monday", value=text)
    await warm_home.says(
        "heater", "living_room.schedule_monday", text=format_day(parse_day(text))
    )
