"""Privacy: what is recorded, by class, by hand and by the week."""

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hearthward.home.privacy import Privacy
from hearthward.lifelog import Lifelog
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.device import Point, PointKind
from hearthward.model.entry import EntryKind, EntryQuery
from hearthward.model.heating import Day
from hearthward.model.privacy import (
    DataClass,
    PrivacyModeRequest,
    PrivacySettings,
    PrivacyWindow,
    data_class,
)
from hearthward.model.security import Role
from tests.hub.conftest import Hub

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = PrivacyWindow(days=tuple(Day), start="22:00", end="07:00")


def moment(text: str) -> float:
    """Return the time of a local date and hour."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


class Clock:
    """A clock that the test sets."""

    def __init__(self, text: str) -> None:
        """Begin at a local time."""
        self.now = moment(text)

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.parametrize(
    ("kind", "named", "expected"),
    [
        (PointKind.BINARY_SENSOR, "smoke", DataClass.SAFETY),
        (PointKind.BINARY_SENSOR, "motion", DataClass.PRESENCE),
        (PointKind.BINARY_SENSOR, None, DataClass.PRESENCE),
        (PointKind.SENSOR, "temperature", DataClass.ENVIRONMENT),
        (PointKind.SENSOR, "power", DataClass.ENERGY),
        (PointKind.SENSOR, "battery", DataClass.SYSTEM),
        (PointKind.EVENT, None, DataClass.SAFETY),
        (PointKind.CLIMATE, None, DataClass.SYSTEM),
    ],
)
def test_a_point_tells_what_its_states_are_about(
    kind: PointKind, named: str | None, expected: DataClass
) -> None:
    """Unknown binary sensors count as presence, alarms never do."""
    point = Point(id="p", kind=kind, name="P", object_id="p", device_class=named)
    assert data_class(point) is expected


async def test_a_class_that_is_off_is_never_recorded(tmp_path: Path) -> None:
    """Safety cannot be turned off, whatever the settings say."""
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, Clock("2026-03-02 12:00"))
        settings = PrivacySettings(off=(DataClass.ENERGY, DataClass.SAFETY))
        await privacy.configure(settings, "test")
        assert not privacy.records(DataClass.ENERGY, moment("2026-03-02 12:00"))
        assert privacy.records(DataClass.SAFETY, moment("2026-03-02 12:00"))
        assert privacy.records(DataClass.PRESENCE, moment("2026-03-02 12:00"))


@pytest.mark.parametrize(
    ("at", "recorded"),
    [
        ("2026-03-02 21:59", True),
        ("2026-03-02 22:00", False),
        ("2026-03-03 06:59", False),
        ("2026-03-03 07:00", True),
        # The night in which the clocks go forward is an hour shorter.
        ("2026-03-29 06:59", False),
        ("2026-03-29 07:00", True),
    ],
)
async def test_the_schedule_follows_the_local_clock(
    tmp_path: Path, at: str, recorded: bool
) -> None:
    """A window over midnight holds on the next day, in summer time too."""
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, Clock("2026-03-02 12:00"))
        await privacy.configure(PrivacySettings(schedule=(NIGHT,)), "test")
        assert privacy.records(DataClass.PRESENCE, moment(at)) is recorded
        assert privacy.records(DataClass.SAFETY, moment(at))


async def test_what_happened_in_private_is_not_recorded_later(tmp_path: Path) -> None:
    """Late data of a private hour stays out, also after a restart."""
    clock = Clock("2026-03-02 12:00")
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, clock)
        assert (await privacy.switch(PrivacyModeRequest(on=True), "test")).on
        clock.now += 3600
        assert not (await privacy.switch(PrivacyModeRequest(on=False), "test")).on
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, clock)
        await privacy.load()
        assert not privacy.records(DataClass.PRESENCE, moment("2026-03-02 12:30"))
        assert privacy.records(DataClass.PRESENCE, moment("2026-03-02 11:59"))
        assert privacy.records(DataClass.PRESENCE, moment("2026-03-02 13:00"))


async def test_off_ends_the_window_that_is_open(tmp_path: Path) -> None:
    """The next night is private again."""
    clock = Clock("2026-03-02 23:00")
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, clock)
        await privacy.configure(PrivacySettings(schedule=(NIGHT,)), "test")
        assert privacy.status.until == moment("2026-03-03 07:00")
        await privacy.switch(PrivacyModeRequest(on=False), "test")
        assert privacy.records(DataClass.PRESENCE, moment("2026-03-02 23:30"))
        assert not privacy.records(DataClass.PRESENCE, moment("2026-03-02 22:30"))
        assert not privacy.records(DataClass.PRESENCE, moment("2026-03-03 22:30"))


async def test_the_mode_ends_by_itself_and_is_itself_recorded(tmp_path: Path) -> None:
    """Its beginning and its end are audit entries, whoever caused them."""
    clock = Clock("2026-03-02 12:00")
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        privacy = Privacy(lifelog, BERLIN, clock)
        told = asyncio.Event()
        running = asyncio.create_task(privacy.run())
        request = PrivacyModeRequest(on=True, until=clock.now + 600)
        await privacy.switch(request, "test")
        privacy.on_changed(told.set)
        clock.now += 601
        # Anything that changes makes the watch look at the clock again.
        await privacy.configure(PrivacySettings(), "test")
        await told.wait()
        while len(page := await audits(lifelog)) < 3:
            await asyncio.sleep(0.01)
        running.cancel()
        assert page == [
            "Privacy mode began",
            "The privacy settings were changed",
            "Privacy mode ended",
        ]
        assert not privacy.status.on


async def audits(lifelog: Lifelog) -> list[str | None]:
    """Return the texts of the audit entries."""
    page = await lifelog.history(EntryQuery(kind=EntryKind.AUDIT))
    return [entry.text for entry in sorted(page.entries, key=lambda entry: entry.seq)]


async def test_a_caregiver_may_switch_and_an_operator_configure(hub: Hub) -> None:
    """The API gives least privilege."""
    status, answer = await hub.ask("GET", "/api/v1/privacy", Role.VIEWER)
    assert (status, answer["on"]) == (200, False)
    body = {"schedule": [{"days": ["monday"], "start": "22:00", "end": "07:00"}]}
    assert (await hub.ask("PUT", "/api/v1/privacy", Role.CAREGIVER, body))[0] == 403
    status, answer = await hub.ask("PUT", "/api/v1/privacy", Role.OPERATOR, body)
    assert (status, answer["settings"]["schedule"]) == (200, body["schedule"])
    path = "/api/v1/privacy/mode"
    assert (await hub.ask("POST", path, Role.VIEWER, {"on": True}))[0] == 403
    status, answer = await hub.ask("POST", path, Role.CAREGIVER, {"on": True})
    assert (status, answer["on"]) == (200, True)


async def test_a_window_needs_times_of_a_clock(hub: Hub) -> None:
    """The error names the field."""
    body = {"schedule": [{"days": ["monday"], "start": "25:00", "end": "07:00"}]}
    status, answer = await hub.ask("PUT", "/api/v1/privacy", Role.OPERATOR, body)
    assert status == 400
    assert "schedule[0].start" in answer["error"]


async def test_what_was_private_stays_so(tmp_path: Path) -> None:
    """Neither a new end of the mode nor another schedule tells what happened before."""
    async with Lifelog(SqliteStore(tmp_path / "log.db"), "home") as lifelog:
        clock = Clock("2026-03-02 10:00")
        privacy = Privacy(lifelog, BERLIN, clock)
        await privacy.switch(PrivacyModeRequest(on=True), "test")
        clock.now = moment("2026-03-02 11:00")
        until = moment("2026-03-02 12:00")
        await privacy.switch(PrivacyModeRequest(on=True, until=until), "test")
        assert not privacy.records(DataClass.PRESENCE, moment("2026-03-02 10:30"))
        clock.now = moment("2026-03-02 23:00")
        settings = PrivacySettings(schedule=(NIGHT,))
        await privacy.configure(settings, "test")
        clock.now = moment("2026-03-02 23:30")
        late = PrivacyWindow(days=tuple(Day), start="23:20", end="07:00")
        await privacy.configure(PrivacySettings(schedule=(late,)), "test")
        assert privacy.status.on
        assert not privacy.records(DataClass.PRESENCE, moment("2026-03-02 23:10"))
