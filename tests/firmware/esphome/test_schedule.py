"""The week schedule on the node: edited over the API, kept, and followed without any network."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aioesphomeapi import ClimatePreset

from hearthward_sim.actions import Clock

from .bench import Bench, short_directory


async def test_a_schedule_is_taken_and_tidied(heater: Bench) -> None:
    """What comes back is what will happen, in order."""
    await heater.set("living_room.schedule_monday", "22:00 eco,06:30 normal")
    assert heater.state("living_room.schedule_monday") == "06:30 normal, 22:00 eco"


async def test_a_bad_schedule_changes_nothing(heater: Bench) -> None:
    """A text that makes no sense is refused aloud; the old one is echoed."""
    good = "06:30 normal, 08:30 eco"
    await heater.set("living_room.schedule_monday", good)
    heater.heard.clear()
    await heater.set("living_room.schedule_monday", "25:00 cosy")
    assert heater.state("living_room.schedule_monday") == good
    assert "living_room.schedule_monday" in {point for _, point, _ in heater.heard}
    await heater.run(2)
    assert ("heater", "schedule_rejected") in heater.events
    assert ("living_room.activity", "schedule_rejected") in heater.events
    assert "schedule rejected" in heater.log


async def test_the_next_event_is_told(heater: Bench) -> None:
    """It is Monday 05:00: the next slot is told in local time with its offset."""
    await heater.set("bathroom.schedule_monday", "06:30 normal, 08:30 eco")
    await heater.says("bathroom.next_event", "2026-01-12T06:30:00+01:00")
    assert heater.state("bathroom.next_preset") == "normal"
    told = datetime.fromisoformat(str(heater.state("bathroom.next_event")))
    assert told > heater.world.local_time()


async def test_the_next_event_minds_summer_time(tmp_path: Path) -> None:
    """On the Saturday before clocks change, Monday's slot is told in summer time."""
    saturday = datetime(2026, 3, 28, 20, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    with short_directory(tmp_path) as directory:
        bench = Bench("heater", directory, start=saturday)
        try:
            await bench.start()
            await bench.set("bathroom.schedule_monday", "06:30 normal")
            await bench.says("bathroom.next_event", "2026-03-30T06:30:00+02:00")
        finally:
            await bench.close()


async def test_no_schedule_no_event(heater: Bench) -> None:
    """An empty schedule has no next event."""
    await heater.set("bathroom.schedule_monday", "06:30 normal")
    await heater.set("bathroom.schedule_monday", "")
    await heater.says("bathroom.next_event", "")


async def test_the_schedule_is_followed_to_the_minute(heater: Bench) -> None:
    """The preset changes at its minute, with no client connected."""
    await heater.control("living_room", preset="eco")
    await heater.set("living_room.schedule_monday", "05:30 normal, 06:15 eco")
    await heater.disconnect()
    await heater.until(
        lambda: (
            heater.world.local_time().hour == 5
            and heater.world.local_time().minute == 29
        ),
        "it is 05:29",
    )
    await heater.connect()
    assert heater.climate("living_room").preset is ClimatePreset.ECO
    await heater.until(
        lambda: heater.climate("living_room").custom_preset == "normal",
        "normal since 05:30",
        within=120,
    )
    assert heater.world.local_time().strftime("%H:%M") == "05:30"
    await heater.until(
        lambda: heater.climate("living_room").preset is ClimatePreset.ECO,
        "eco since 06:15",
    )
    assert heater.world.local_time().strftime("%H:%M") == "06:15"


async def test_without_a_clock_nothing_starts(heater: Bench) -> None:
    """No valid time: the node says so, holds what it does and starts no slot."""
    await heater.control("living_room", preset="eco")
    await heater.set("living_room.schedule_monday", "05:30 normal, 22:00 eco")
    heater.world.apply(Clock(lost=True))
    await heater.says("clock_valid", False)
    assert ("heater", "clock_lost") in heater.events
    await heater.run(3600)
    assert heater.climate("living_room").preset is ClimatePreset.ECO
    assert heater.state("living_room.next_event") == ""
    heater.world.apply(Clock(lost=False))
    await heater.says("clock_valid", True)
    assert ("heater", "clock_restored") in heater.events
    await heater.until(
        lambda: heater.climate("living_room").custom_preset == "normal",
        "the slot that is current now",
    )


async def test_a_switched_off_schedule_rests(heater: Bench) -> None:
    """The switch keeps the texts and starts nothing."""
    await heater.control("living_room", preset="eco")
    await heater.set("living_room.schedule_monday", "05:10 normal, 22:00 eco")
    await heater.set("living_room.schedule", False)
    await heater.run(1200)
    assert heater.climate("living_room").preset is ClimatePreset.ECO
    assert heater.state("living_room.schedule_monday") == "05:10 normal, 22:00 eco"
