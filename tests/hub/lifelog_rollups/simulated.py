"""A person who lives alone, as sensors see them: months of it, the same at each run."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
import math
import random
from zoneinfo import ZoneInfo


def at(day: date, hours: float, zone: ZoneInfo) -> float:
    """Return a local time of a day, in hours of the clock, in seconds since the epoch."""
    local = datetime.combine(day, time()) + timedelta(hours=hours)
    return local.replace(tzinfo=zone).timestamp()


def kitchen(begin: date, days: int, zone: ZoneInfo, seed: int = 1) -> Iterator[float]:
    """Yield when somebody was seen in the kitchen, in order.

    Up at half past seven, at weekends an hour later; out on one afternoon of three, for two to
    five hours; in bed at half past ten, and now and then up in the night.
    """
    chance = random.Random(seed)
    for shift in range(days):
        day = begin + timedelta(days=shift)
        weekend = day.weekday() >= 5
        hour = chance.gauss(8.75, 0.6) if weekend else chance.gauss(7.5, 0.33)
        bed = chance.gauss(22.5, 0.5)
        out, back = 99.0, 99.0
        if chance.random() < 0.3:
            out = chance.uniform(13, 15)
            back = out + chance.uniform(2, 5)
        while hour < bed:
            if not out < hour < back:
                yield at(day, hour, zone)
            hour += chance.expovariate(2.0)
        if chance.random() < 0.15:
            yield at(day, 24 + chance.uniform(0.5, 3.5), zone)


def temperature(
    begin: date, days: int, zone: ZoneInfo, seed: int = 1
) -> Iterator[tuple[float, float]]:
    """Yield a temperature twice an hour: cooler at night, warmer in the sun, never even."""
    chance = random.Random(seed)
    for shift in range(days):
        day = begin + timedelta(days=shift)
        weather = chance.gauss(0.0, 0.5)
        for half in range(48):
            daily = 1.2 * math.sin((half / 2 - 9) / 24 * 2 * math.pi)
            yield at(day, half / 2, zone), 20.5 + weather + daily + chance.gauss(0, 0.1)
