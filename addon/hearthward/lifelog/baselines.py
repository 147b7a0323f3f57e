"""Baselines: tells when something in the home is not as usual, and why that is.

Activity (motion, doors, event points) is late or silent, measured against the 5-minute rollups and
the events of the last weeks; a value is high or low, measured against the hourly ones. What is
usual is worked out when it is asked for (usual.py): nothing is stored that could grow stale or
would have to be forgotten.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time as day_time, timedelta
import time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from hearthward.config import BaselineSettings
from hearthward.model.baseline import Baseline, Deviation, DeviationKind, UsualHour
from hearthward.model.chart import Bucket, ChartQuery, Resolution
from hearthward.model.device import Device, Point, PointCategory, PointKind
from hearthward.model.entry import EntryKind

from . import usual
from .log import Lifelog
from .rollups import chart
from .rollups.buckets import WIDTHS
from .schema import entries, rollups, series

_HOUR = 3_600

_METERS = ("total", "total_increasing")

# Binary sensors that are on when somebody is up and about.
ACTIVITY = (
    None,
    "door",
    "garage_door",
    "light",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "running",
    "sound",
    "vibration",
    "window",
)

# Of these, it is said where somebody was seen, not what was used.
_SEEING = ("motion", "moving", "occupancy", "presence", "sound")


class _Asked(NamedTuple):
    """Whose baseline is looked at, and when."""

    connection: Connection
    home: str
    device: Device
    point: Point
    now: float


class Baselines:
    """What is usual in a home."""

    def __init__(
        self,
        lifelog: Lifelog,
        zone: ZoneInfo,
        settings: BaselineSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Learn from `lifelog`; hours and days are those of `zone`."""
        self._lifelog = lifelog
        self._zone = zone
        self._settings = settings
        self._clock = clock

    async def check(
        self, device: Device, point: Point, now: float | None = None
    ) -> Deviation | None:
        """Return what is unusual about a point now; None if nothing is, or nobody can tell."""
        return await self._ask(device, point, now, self._check)

    async def deviations(
        self, devices: Iterable[Device], now: float | None = None
    ) -> list[Deviation]:
        """Return what is unusual about the points of daily use of some devices."""
        found = [
            await self.check(device, point, now)
            for device in devices
            for point in device.points
            if point.category is PointCategory.PRIMARY
        ]
        return [deviation for deviation in found if deviation is not None]

    async def learned(
        self, device: Device, point: Point, now: float | None = None
    ) -> Baseline:
        """Return what is usual for a point on a day such as today."""
        return await self._ask(device, point, now, self._learned)

    async def _ask[T](
        self,
        device: Device,
        point: Point,
        now: float | None,
        answer: Callable[[_Asked], T],
    ) -> T:
        when = self._clock() if now is None else now
        return await self._lifelog.load(
            lambda connection: answer(
                _Asked(connection, self._lifelog.home, device, point, when)
            )
        )

    def _check(self, asked: _Asked) -> Deviation | None:
        if self._is_suppressed(asked.device.id, asked.now, asked.now):
            return None
        if _is_activity(asked.point):
            return self._check_activity(asked)
        return self._check_value(asked) if _is_value(asked.point) else None

    def _learned(self, asked: _Asked) -> Baseline:
        if _is_activity(asked.point):
            return self._learned_activity(asked)
        days, hours = self._values(asked)
        ranges = [
            (hour, usual.usual_range(hours, hour, days, self._settings))
            for hour in (range(24) if days else ())
            if days
        ]
        return Baseline(
            device=asked.device.id,
            point=asked.point.id,
            days=len(days.alike) if days else 0,
            hours=tuple(
                UsualHour(
                    hour=hour, low=found.low, median=found.median, high=found.high
                )
                for hour, found in ranges
                if found
            ),
        )

    def _learned_activity(self, asked: _Asked) -> Baseline:
        _, first, days = self._activity(asked)
        late = usual.late(first, days, self._settings) if days else None
        return Baseline(
            device=asked.device.id,
            point=asked.point.id,
            days=len(days.alike) if days else 0,
            first=_minute(late.usual) if late else None,
            late=_minute(late.limit) if late else None,
        )

    def _check_activity(self, asked: _Asked) -> Deviation | None:
        times, first, days = self._activity(asked)
        if days is None or _is_on(self._lifelog, asked):
            return None
        today = usual.day_of(asked.now, self._zone)
        if today not in first:
            late = usual.late(first, days, self._settings)
            begin = usual.moment(today, day_time(0), self._zone) + late.limit
            if asked.now > begin and late.limit < 86_400:
                return self._late(asked, late, begin)
        found = usual.silence(times, asked.now, days, self._zone, self._settings)
        if found is not None and found.seconds > found.limit:
            return self._silence(asked, found)
        return None

    def _check_value(self, asked: _Asked) -> Deviation | None:
        days, hours = self._values(asked)
        if days is None:
            return None
        now = usual.clock(asked.now, self._zone)
        found = usual.usual_range(hours, now.hour, days, self._settings)
        value = _lately(asked, self._zone)
        if found is None or value is None or found.low <= value <= found.high:
            return None
        return _value(asked, value, found)

    def _activity(
        self, asked: _Asked
    ) -> tuple[Sequence[float], dict[date, float], usual.Days | None]:
        """Return when the point was active, first on each day, and which days teach."""
        today = usual.day_of(asked.now, self._zone)
        begin = today - timedelta(weeks=self._settings.weeks)
        since = usual.moment(begin, day_time(usual.MORNING), self._zone)
        times = _times(asked, since)
        first = usual.firsts(times, self._zone)
        if not first:
            return times, first, None
        known = self._taught(asked.device.id, min(first) + timedelta(days=1), today)
        known = usual.present(known, set(first))
        return times, first, usual.teaching(today, known, self._settings)

    def _values(
        self, asked: _Asked
    ) -> tuple[usual.Days | None, dict[tuple[date, int], float]]:
        """Return which days teach, and the value of each of their hours."""
        today = usual.clock(asked.now, self._zone).date()
        begin = today - timedelta(weeks=self._settings.weeks)
        since = usual.moment(begin, day_time(), self._zone)
        hours: dict[tuple[date, int], float] = {}
        for bucket in _draw(asked, since, Resolution.HOUR, self._zone):
            local = usual.clock(bucket.ts, self._zone)
            value = _reading(asked.point, bucket)
            if value is not None:
                hours[local.date(), local.hour] = value
        if not hours:
            return None, hours
        first = min(hours)[0] + timedelta(days=1)
        known = self._taught(asked.device.id, first, today)
        return usual.teaching(today, known, self._settings), hours

    def _taught(self, device: str, first: date, today: date) -> list[date]:
        """Return the days from `first` to yesterday of which nothing was suppressed."""
        days = (first + timedelta(days=at) for at in range((today - first).days))
        return [
            day
            for day in days
            if not self._is_suppressed(
                device,
                usual.moment(day, day_time(), self._zone),
                usual.moment(day + timedelta(days=1), day_time(), self._zone),
            )
        ]

    def _is_suppressed(self, device: str, since: float, until: float) -> bool:
        return any(
            window.since <= until and since < window.until
            for window in self._settings.suppress
            if window.device in (None, device)
        )

    def _late(self, asked: _Asked, late: usual.Late, begin: float) -> Deviation:
        by = _minute(late.usual)
        now = f"{usual.clock(asked.now, self._zone):%H:%M}"
        room = _room(asked)
        midnight = begin - late.limit
        if room:
            text = f"usually in the {room} by {by}, not seen by {now}"
        else:
            text = f"{asked.point.name}: usually used by {by}, not used by {now}"
        return _deviation(
            asked,
            DeviationKind.LATE,
            since=begin,
            score=(asked.now - midnight - late.usual)
            / (late.limit - late.usual or 1.0),
            text=text,
            key="late_in_room" if room else "late",
            data=_named(asked, room) | {"usual": by, "now": now},
        )

    def _silence(self, asked: _Asked, found: usual.Silence) -> Deviation:
        room = _room(asked)
        lasting, longest = _duration(found.seconds), _duration(found.usual)
        last = f"{usual.clock(asked.now - found.seconds, self._zone):%H:%M}"
        what = f"nobody seen in the {room}" if room else f"{asked.point.name}: not used"
        return _deviation(
            asked,
            DeviationKind.SILENCE,
            since=asked.now - found.seconds + found.limit,
            score=found.seconds / found.limit,
            text=(
                f"{what} for {lasting} (since {last}), "
                f"usually not longer than {longest} at this time"
            ),
            key="silence_in_room" if room else "silence",
            data=_named(asked, room)
            | {
                "minutes": round(found.seconds / 60),
                "usual": round(found.usual / 60),
                "last": last,
            },
        )


def _deviation(
    asked: _Asked,
    kind: DeviationKind,
    *,
    since: float,
    score: float,
    text: str,
    key: str,
    data: dict[str, str | float],
) -> Deviation:
    return Deviation(
        device=asked.device.id,
        point=asked.point.id,
        kind=kind,
        ts=asked.now,
        since=since,
        score=round(score, 3),
        text=text,
        key=key,
        data=data,
    )


def _value(asked: _Asked, value: float, found: usual.Range) -> Deviation:
    high = value > found.high
    limit = found.high if high else found.low
    digits = 1 if asked.point.precision is None else asked.point.precision
    unit = f" {asked.point.unit}" if asked.point.unit else ""
    shown, low, top = (
        f"{number:.{digits}f}" for number in (value, found.low, found.high)
    )
    return _deviation(
        asked,
        DeviationKind.HIGH if high else DeviationKind.LOW,
        since=asked.now - _HOUR,
        score=(value - found.median) / (limit - found.median or 1.0),
        text=(
            f"{asked.point.name} is {shown}{unit}, usually between {low} and {top}{unit} "
            "at this hour"
        ),
        key="high" if high else "low",
        data={
            "name": asked.point.name,
            "value": round(value, digits),
            "low": round(found.low, digits),
            "high": round(found.high, digits),
            "unit": asked.point.unit or "",
        },
    )


def _is_activity(point: Point) -> bool:
    if point.kind is PointKind.EVENT:
        return True
    return point.kind is PointKind.BINARY_SENSOR and point.device_class in ACTIVITY


def _is_value(point: Point) -> bool:
    return point.kind in (PointKind.SENSOR, PointKind.CLIMATE)


def _is_on(lifelog: Lifelog, asked: _Asked) -> bool:
    state = lifelog.state(asked.device.id, asked.point.id)
    return state is not None and state.ts <= asked.now and bool(state.value)


def _room(asked: _Asked) -> str | None:
    """Return where a point sees people, None if it does not."""
    if asked.point.device_class not in _SEEING:
        return None
    zones = (zone for zone in asked.device.zones if zone.id == asked.point.zone)
    zone = next(zones, None)
    room = (zone.area or zone.name) if zone else asked.device.area
    return room.lower() if room else None


def _named(asked: _Asked, room: str | None) -> dict[str, str | float]:
    return {"room": room} if room else {"name": asked.point.name}


def _times(asked: _Asked, since: float) -> list[float]:
    """Return when a point was active, ascending; measurements to 5 minutes."""
    own = (
        entries.c.home == asked.home,
        entries.c.device == asked.device.id,
        entries.c.point == asked.point.id,
        entries.c.ts < asked.now,
    )
    if asked.point.kind is PointKind.EVENT:
        return _column(
            asked,
            select(entries.c.ts)
            .where(*own, entries.c.ts >= since, entries.c.kind == EntryKind.EVENT.value)
            .order_by(entries.c.ts),
        )
    row = asked.connection.execute(
        select(series.c.id, series.c.last_ts).where(
            series.c.home == asked.home,
            series.c.device == asked.device.id,
            series.c.point == asked.point.id,
        )
    ).first()
    rolled_up, newest = [], since
    if row is not None:
        newest = max(since, row.last_ts)
        rolled_up = _column(
            asked,
            select(rollups.c.start)
            .where(
                rollups.c.series == row.id,
                rollups.c.width == WIDTHS[Resolution.FIVE_MINUTES],
                rollups.c.start >= since,
                rollups.c.start < asked.now,
                rollups.c.max > 0,
            )
            .order_by(rollups.c.start),
        )
    tail = _column(
        asked,
        select(entries.c.ts)
        .where(*own, entries.c.ts >= newest, entries.c.value > 0)
        .order_by(entries.c.ts),
    )
    return rolled_up + tail


def _column(asked: _Asked, statement: Any) -> list[float]:
    return [float(value) for value in asked.connection.execute(statement).scalars()]


def _draw(
    asked: _Asked, since: float, resolution: Resolution, zone: ZoneInfo
) -> tuple[Bucket, ...]:
    query = ChartQuery(
        device=asked.device.id,
        point=asked.point.id,
        since=since,
        until=asked.now,
        resolution=resolution,
    )
    return chart.read(asked.connection, asked.home, query, zone, asked.now).buckets


def _lately(asked: _Asked, zone: ZoneInfo) -> float | None:
    """Return the mean of the last hour, or by how much a meter rose in it."""
    recent = _draw(asked, asked.now - _HOUR, Resolution.FIVE_MINUTES, zone)
    values = [
        value
        for bucket in recent
        if (value := _reading(asked.point, bucket)) is not None
    ]
    if not values:
        return None
    whole = sum(values)
    return whole if asked.point.state_class in _METERS else whole / len(values)


def _reading(point: Point, bucket: Bucket) -> float | None:
    return bucket.sum if point.state_class in _METERS else bucket.mean


def _minute(seconds: float) -> str:
    """Say a time of day to the next 5 minutes."""
    minutes = -(-round(seconds) // 300) * 5
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
