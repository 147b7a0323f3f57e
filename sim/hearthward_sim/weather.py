"""The outside: a daily sine, seeded hourly noise and wind."""

from math import cos, pi
from random import Random

import msgspec

from .parameters import Weather

DAY = 86400.0
HOUR = 3600.0
COLDEST = 4.5 * HOUR
# Correlation of one hour's deviation with the next; a front lasts some six hours.
PERSISTENCE = 0.85


class Outside(msgspec.Struct, frozen=True, gc=False):
    """The air outside: °C and m/s."""

    temperature: float
    wind: float


class Sky:
    """Deviations from the daily course, drawn hour by hour from a seed.

    The same seed gives the same weather, however often and in whichever order it is asked for.
    """

    def __init__(self, seed: int) -> None:
        """Start with an empty sky; hours are drawn when first looked at."""
        self._random = Random(seed)
        self._deviations = [self._random.gauss(0.0, 1.0)]
        self._gusts = [self._random.gauss(0.0, 1.0)]

    def outside(self, weather: Weather, local: float) -> Outside:
        """Return the outside at `local` seconds since the first day's local midnight."""
        hour, part = divmod(max(0.0, local) / HOUR, 1.0)
        self._draw(int(hour) + 2)
        course = -weather.swing * cos(2.0 * pi * (local - COLDEST) / DAY)
        deviation = weather.noise * _between(self._deviations, int(hour), part)
        gust = 0.4 * weather.wind * _between(self._gusts, int(hour), part)
        return Outside(weather.mean + course + deviation, max(0.0, weather.wind + gust))

    def _draw(self, hours: int) -> None:
        fresh = (1.0 - PERSISTENCE**2) ** 0.5
        while len(self._deviations) < hours:
            for series in (self._deviations, self._gusts):
                series.append(
                    PERSISTENCE * series[-1] + fresh * self._random.gauss(0.0, 1.0)
                )


def _between(series: list[float], hour: int, part: float) -> float:
    return series[hour] * (1.0 - part) + series[hour + 1] * part
