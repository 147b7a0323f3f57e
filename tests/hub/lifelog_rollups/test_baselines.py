"""What is unusual is told, what is usual is not, and the reason can be read."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hearthward.config import BaselineSettings, BaselineWindow
from hearthward.lifelog import Lifelog, usual
from hearthward.lifelog.baselines import Baselines
from hearthward.lifelog.rollups import Rollups
from hearthward.model.baseline import Deviation, DeviationKind
from hearthward.model.device import Device, DeviceStatus, Point, PointKind
from hearthward.model.entry import Draft, EntryKind

from .simulated import at, kitchen, temperature

ZONE = ZoneInfo("Europe/Berlin")
MOTION = Point(
    id="motion",
    kind=PointKind.BINARY_SENSOR,
    name="Motion",
    object_id="motion",
    device_class="motion",
)
TEMPERATURE = Point(
    id="temperature",
    kind=PointKind.SENSOR,
    name="Temperature",
    object_id="temperature",
    unit="°C",
    precision=1,
)
BUTTON = Point(id="kettle", kind=PointKind.EVENT, name="Kettle", object_id="kettle")
DEVICE = Device(
    id="node",
    name="Node",
    status=DeviceStatus.ACTIVE,
    adapter="mqtt",
    area="Kitchen",
    points=(MOTION, TEMPERATURE, BUTTON),
)

# The clock is put forward on Sunday, 2025-03-30.
BEGIN = date(2025, 1, 6)
WEDNESDAY = date(2025, 4, 9)
DAYS = (WEDNESDAY - BEGIN).days


def seen(times: Sequence[float], point: Point = MOTION) -> list[Draft]:
    """Return the drafts of somebody seen, each for two minutes."""
    states = EntryKind.EVENT if point.kind is PointKind.EVENT else EntryKind.STATE
    return [
        Draft(ts=ts + after, kind=states, device=DEVICE.id, point=point.id, value=value)
        for ts in times
        for after, value in ((0.0, 1.0), (120.0, 0.0))
        if value or states is EntryKind.STATE
    ]


async def learn(lifelog: Lifelog, drafts: Sequence[Draft]) -> None:
    """Append and roll up."""
    for begin in range(0, len(drafts), 1000):
        await lifelog.append(drafts[begin : begin + 1000])
    await Rollups(lifelog, ZONE).catch_up()


async def ask(
    lifelog: Lifelog,
    hours: float,
    point: Point = MOTION,
    day: date = WEDNESDAY,
    settings: BaselineSettings | None = None,
) -> Deviation | None:
    """Return what is unusual at an hour of a day."""
    baselines = Baselines(lifelog, ZONE, settings or BaselineSettings())
    return await baselines.check(DEVICE, point, at(day, hours, ZONE))


async def test_nobody_in_the_kitchen_by_the_usual_time(lifelog: Lifelog) -> None:
    """It is told after some slack, by the clock on the wall, and says why."""
    await learn(lifelog, seen(list(kitchen(BEGIN, DAYS, ZONE))))
    assert await ask(lifelog, 7.5) is None
    found = await ask(lifelog, 9.5)
    assert found is not None
    assert (found.kind, found.key) == (DeviationKind.LATE, "late_in_room")
    assert found.text == (
        f"usually in the kitchen by {found.data['usual']}, not seen by 09:30"
    )
    assert "07:30" < str(found.data["usual"]) < "08:30"
    assert found.since < found.ts
    assert found.score > 1

    baseline = await Baselines(lifelog, ZONE, BaselineSettings()).learned(
        DEVICE, MOTION, at(WEDNESDAY, 12, ZONE)
    )
    assert baseline.days == 39
    assert baseline.first == found.data["usual"]
    assert baseline.late is not None


async def test_nothing_since_noon(lifelog: Lifelog) -> None:
    """Silence is told when it lasts longer than at that time of other days."""
    until = at(WEDNESDAY, 12, ZONE)
    times = [ts for ts in kitchen(BEGIN, DAYS + 1, ZONE) if ts < until]
    await learn(lifelog, seen(times))
    assert await ask(lifelog, 13.5) is None
    found = await ask(lifelog, 22.0)
    assert found is not None
    assert (found.kind, found.key) == (DeviationKind.SILENCE, "silence_in_room")
    assert found.text.startswith("nobody seen in the kitchen for 1")
    assert "usually not longer than" in found.text


async def test_events_teach_as_motion_does(lifelog: Lifelog) -> None:
    """A kettle that is switched on each morning, in a room that nobody looks into."""
    days = [BEGIN + timedelta(days=shift) for shift in range(DAYS)]
    times = [at(day, 7 + day.day % 4 / 4, ZONE) for day in days]
    await learn(lifelog, seen(times, BUTTON))
    found = await ask(lifelog, 9.0, BUTTON)
    assert found is not None
    assert found.text == "Kettle: usually used by 07:45, not used by 09:00"
    assert found.data["name"] == "Kettle"


async def test_a_cold_room_is_told_and_a_cool_night_is_not(lifelog: Lifelog) -> None:
    """A value is compared with the same hour of other days."""
    measured = list(temperature(BEGIN, DAYS, ZONE))
    drafts = [
        Draft(
            ts=ts,
            kind=EntryKind.STATE,
            device=DEVICE.id,
            point=TEMPERATURE.id,
            value=value,
        )
        for ts, value in measured
    ]
    await learn(lifelog, drafts)
    assert await ask(lifelog, 0.5, TEMPERATURE) is None

    cold = msgspec.structs.replace(drafts[-1], ts=at(WEDNESDAY, 5, ZONE), value=13.0)
    await learn(lifelog, [cold])
    found = await ask(lifelog, 6.5, TEMPERATURE)
    assert found is not None
    assert found.kind is DeviationKind.LOW
    assert found.text.startswith("Temperature is 13.0 °C, usually between 1")
    learned = await Baselines(lifelog, ZONE, BaselineSettings()).learned(
        DEVICE, TEMPERATURE, at(WEDNESDAY, 12, ZONE)
    )
    assert [hour.hour for hour in learned.hours] == list(range(24))
    assert learned.hours[15].median > learned.hours[3].median + 1


async def test_a_vacation_neither_alarms_nor_teaches(lifelog: Lifelog) -> None:
    """In the window nothing is told; after it, what was usual still is."""
    window = BaselineWindow(
        since=at(WEDNESDAY - timedelta(days=21), 0, ZONE),
        until=at(WEDNESDAY - timedelta(days=1), 0, ZONE),
    )
    away = BaselineSettings(suppress=(window,))
    times = [
        ts for ts in kitchen(BEGIN, DAYS, ZONE) if not window.since <= ts < window.until
    ]
    await learn(lifelog, seen(times))
    during = WEDNESDAY - timedelta(days=10)
    assert await ask(lifelog, 11.0, day=during) is not None
    assert await ask(lifelog, 11.0, day=during, settings=away) is None
    assert await ask(lifelog, 11.0, settings=away) is not None


@pytest.mark.parametrize("days", [3, 13])
async def test_too_little_history_tells_nothing(lifelog: Lifelog, days: int) -> None:
    """A home that has just moved in is not alarmed."""
    begin = WEDNESDAY - timedelta(days=days)
    await learn(lifelog, seen(list(kitchen(begin, days, ZONE))))
    assert await ask(lifelog, 12.0) is None


async def test_a_room_that_is_seldom_used_is_not_missed(lifelog: Lifelog) -> None:
    """Where nothing happens on most days, nothing on one more is no deviation."""
    days = [BEGIN + timedelta(days=shift) for shift in range(0, DAYS, 3)]
    await learn(lifelog, seen([at(day, 10, ZONE) for day in days]))
    assert await ask(lifelog, 12.0) is None
    assert await ask(lifelog, 23.0) is None


async def test_somebody_who_is_there_is_not_missed(lifelog: Lifelog) -> None:
    """A sensor that is on sees somebody, however long ago that began."""
    await learn(lifelog, seen(list(kitchen(BEGIN, DAYS, ZONE))))
    on = seen([at(WEDNESDAY, 3, ZONE)])[:1]
    await lifelog.append(on)
    assert await ask(lifelog, 12.0) is None


def late_at(times: Sequence[float], now: float) -> bool:
    """Tell whether the first activity of today is late, from the times alone."""
    settings = BaselineSettings()
    today = usual.day_of(now, ZONE)
    window = times[: bisect_right(times, now)]
    first = usual.firsts(window, ZONE)
    known = [today - timedelta(days=back) for back in range(56, 0, -1)]
    days = usual.teaching(today, usual.present(known, set(first)), settings)
    if days is None or today in first:
        return False
    midnight = at(today, 0, ZONE)
    return now > midnight + usual.late(first, days, settings).limit


def test_few_false_alarms_in_months_and_no_morning_missed() -> None:
    """On ordinary mornings nothing is told; a morning without anybody always is."""
    wrong, missed, mornings = 0, 0, 0
    for seed in range(4):
        times = list(kitchen(BEGIN, 120, ZONE, seed))
        for shift in range(60, 120):
            day = BEGIN + timedelta(days=shift)
            begin = at(day, 4, ZONE)
            before = [ts for ts in times if begin - 60 * 86400 < ts < begin]
            today = [ts for ts in times if begin <= ts < begin + 86400]
            mornings += 1
            wrong += late_at(before, today[0] - 1)
            missed += not late_at(before, at(day, 13, ZONE))
    assert mornings == 240
    assert wrong <= 2
    assert missed == 0
