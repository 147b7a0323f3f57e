"""What is recorded of a home: settings per data class, and privacy mode with its schedule.

What counts is when something happened, not when the hub heard of it: what a device noticed while
privacy mode was on is not recorded later either.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time as clock_time, timedelta
import logging
from math import inf
import time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from hearthward.lifelog import Lifelog, LifelogError, Transaction
from hearthward.lifelog.schema import properties
from hearthward.model.heating import Day
from hearthward.model.privacy import (
    ALWAYS,
    DataClass,
    PrivacyModeRequest,
    PrivacySettings,
    PrivacyStatus,
    PrivacyWindow,
)
from hearthward.security.audit import audit

_LOGGER = logging.getLogger(__name__)

_NAME = "privacy"
_PERIODS = 500
_WEEK = 8

# A clock that was set shall not keep the mode on or off for long.
_LONGEST_WAIT = 60.0

_WEEKDAYS = tuple(Day)


class _Span(NamedTuple):
    """A time in which privacy mode stays as it is; `end` is exclusive."""

    start: float
    end: float
    on: bool


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives a restart.

    `manual` and `lifted` are what a person turned on, and which part of the schedule was turned
    off; `since` is when the mode that is on began, `past` holds the periods that are over.
    """

    settings: PrivacySettings = PrivacySettings()
    manual: tuple[float, float | None] | None = None
    lifted: tuple[float, float] | None = None
    since: float | None = None
    past: tuple[tuple[float, float], ...] = ()


class Privacy:
    """Says what may be recorded."""

    def __init__(
        self,
        lifelog: Lifelog,
        zone: ZoneInfo,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep the settings of the lifelog's home, whose local time is that of `zone`."""
        self._lifelog = lifelog
        self._zone = zone
        self._clock = clock
        self._stored = _Stored()
        self._span = _Span(inf, inf, on=False)
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def status(self) -> PrivacyStatus:
        """The settings, and whether privacy mode is on."""
        now = self._clock()
        span = self._span_at(now)
        until = span.end if span.on and span.end < inf else None
        return PrivacyStatus(settings=self._stored.settings, on=span.on, until=until)

    def records(self, kind: DataClass, ts: float) -> bool:
        """Tell whether something of this class that happened at `ts` may be recorded."""
        if kind in ALWAYS:
            return True
        settings = self._stored.settings
        if kind in settings.off:
            return False
        return kind not in settings.private or not self._span_at(ts).on

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Call `listener` when privacy mode begins or ends, or the settings change."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Read the settings."""

        def query(connection: Connection) -> str | None:
            return connection.execute(
                select(properties.c.value).where(
                    properties.c.home == self._lifelog.home,
                    properties.c.name == _NAME,
                )
            ).scalar()

        text = await self._lifelog.load(query)
        if text is not None:
            self._stored = msgspec.json.decode(text, type=_Stored)

    async def run(self) -> None:
        """Note in the lifelog when privacy mode begins and ends by itself."""
        while True:
            self._changed.clear()
            now = self._clock()
            span = self._span_at(now)
            wait = min(max(span.end - now, 0.0), _LONGEST_WAIT)
            if span.on != (self._stored.since is not None):
                try:
                    await self._keep(lambda stored: stored, None)
                except LifelogError as error:
                    # What may be recorded follows the schedule all the same.
                    _LOGGER.warning("Privacy mode is not noted yet: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    async def configure(self, settings: PrivacySettings, actor: str) -> PrivacyStatus:
        """Replace the settings."""
        await self._keep(
            lambda stored: replace(stored, settings=settings, lifted=None),
            actor,
            "The privacy settings were changed",
        )
        return self.status

    async def switch(self, request: PrivacyModeRequest, actor: str) -> PrivacyStatus:
        """Turn privacy mode on or off."""
        now = self._clock()

        def change(stored: _Stored) -> _Stored:
            if request.on:
                return replace(stored, manual=(now, request.until), lifted=None)
            window = _scheduled(stored.settings.schedule, now, self._zone)
            lifted = (now, window.end) if window.on else None
            return replace(stored, manual=None, lifted=lifted)

        await self._keep(change, actor)
        return self.status

    async def _keep(
        self,
        change: Callable[[_Stored], _Stored],
        actor: str | None,
        text: str | None = None,
    ) -> None:
        """Store a change, with the entries that tell of it, then act on it."""
        async with self._lock:
            await self._store(change(self._stored), actor, text)
        self._changed.set()
        for listener in self._listeners:
            listener()

    async def _store(
        self, changed: _Stored, actor: str | None, text: str | None
    ) -> None:
        now = self._clock()
        was = self._stored.since
        on = _span(changed, now, self._zone).on
        if was is not None and was < now:
            # What was private stays so, whatever the settings make of it from now on.
            past = (*changed.past, (was, now))[-_PERIODS:]
            changed = replace(changed, past=past)
        changed = replace(changed, since=now if on else None)

        def work(transaction: Transaction) -> None:
            body = msgspec.json.encode(changed).decode()
            row = {"home": self._lifelog.home, "name": _NAME, "value": body}
            transaction.put(properties, row)
            if text is not None:
                facts = msgspec.to_builtins(changed.settings)
                audit(transaction, text, "privacy_settings", actor, settings=facts)
            if on != (was is not None):
                words = "Privacy mode began" if on else "Privacy mode ended"
                audit(transaction, words, "privacy_mode", actor, on=on)

        await self._lifelog.transact(work)
        self._stored = changed
        self._span = _Span(inf, inf, on=False)

    def _span_at(self, ts: float) -> _Span:
        if not self._span.start <= ts < self._span.end:
            self._span = _span(self._stored, ts, self._zone)
        return self._span


def _span(stored: _Stored, ts: float, zone: ZoneInfo) -> _Span:
    """Return the span around `ts` in which privacy mode stays as it is."""
    scheduled = _scheduled(stored.settings.schedule, ts, zone)
    lifted = _around([stored.lifted] if stored.lifted else [], ts)
    hand = stored.manual
    periods = [*stored.past, *([(hand[0], hand[1] or inf)] if hand else [])]
    held = _around(periods, ts)
    return _Span(
        max(scheduled.start, lifted.start, held.start),
        min(scheduled.end, lifted.end, held.end),
        held.on or (scheduled.on and not lifted.on),
    )


def _scheduled(schedule: tuple[PrivacyWindow, ...], ts: float, zone: ZoneInfo) -> _Span:
    """Return the span around `ts` in which the schedule stays as it is."""
    if not schedule:
        return _Span(-inf, inf, on=False)
    today = datetime.fromtimestamp(ts, zone).date()
    days = [today + timedelta(days=shift) for shift in range(-_WEEK, _WEEK + 1)]
    spans = [
        span for day in days for window in schedule for span in _on(window, day, zone)
    ]
    return _around(spans, ts)


def _on(
    window: PrivacyWindow, day: date, zone: ZoneInfo
) -> Iterator[tuple[float, float]]:
    """Yield the window that begins on a day, if one does."""
    if _WEEKDAYS[day.weekday()] not in window.days:
        return
    last = day if window.end > window.start else day + timedelta(days=1)
    yield _moment(day, window.start, zone), _moment(last, window.end, zone)


def _moment(day: date, text: str, zone: ZoneInfo) -> float:
    at = clock_time.fromisoformat(text)
    return datetime.combine(day, at, zone).timestamp()


def _around(periods: list[tuple[float, float]], ts: float) -> _Span:
    """Return the span around `ts` in which the same periods hold."""
    edges = [edge for period in periods for edge in period]
    return _Span(
        max((edge for edge in edges if edge <= ts), default=-inf),
        min((edge for edge in edges if edge > ts), default=inf),
        any(start <= ts < end for start, end in periods),
    )
