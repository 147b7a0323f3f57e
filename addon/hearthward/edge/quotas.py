"""Quotas: how much a device, and the whole home, may tell in a while."""

from collections.abc import Callable, Mapping
import time

from hearthward.config import QuotaSettings

from .parcel import BusyError

# Whoever waits shorter only asks more often.
_SHORTEST_WAIT = 0.1

# Ids that no device has come and go; those of a home stay far below.
_DEVICES = 5_000


class Bucket:
    """A token bucket that lends: whoever is not in debt may take any amount, then waits."""

    __slots__ = ("_burst", "_rate", "_stamp", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Begin full, with `burst` tokens; `rate` come back in a second."""
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._stamp = now

    def wait(self, now: float) -> float:
        """Return how many seconds the debt lasts."""
        self._tokens += (now - self._stamp) * self._rate
        self._tokens = min(self._tokens, self._burst)
        self._stamp = now
        return max(0.0, -self._tokens / self._rate)

    def take(self, amount: float) -> None:
        """Take tokens."""
        self._tokens -= amount


class Quotas:
    """The buckets of a home and its devices."""

    def __init__(
        self, settings: QuotaSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Fill them."""
        self._settings = settings
        self._clock = clock
        self._home = Bucket(settings.home_rate, settings.home_burst, clock())
        self._devices: dict[str, Bucket] = {}

    def check(self, devices: Mapping[str, int]) -> None:
        """Let through what devices want to tell, counted by device.

        Raises:
            BusyError: One of them, or the home, told too much already.

        """
        now = self._clock()
        if wait := self._home.wait(now):
            raise _busy("The home tells", wait)
        for device in devices:
            bucket = self._devices.get(device)
            if bucket is not None and (wait := bucket.wait(now)):
                raise _busy(f"{device} tells", wait)

    def charge(self, devices: Mapping[str, int]) -> None:
        """Count what devices told."""
        for device, amount in devices.items():
            self._home.take(amount)
            self._bucket(device).take(amount)

    def _bucket(self, device: str) -> Bucket:
        bucket = self._devices.get(device)
        if bucket is None:
            while len(self._devices) >= _DEVICES:
                del self._devices[next(iter(self._devices))]
            settings = self._settings
            bucket = Bucket(settings.device_rate, settings.device_burst, self._clock())
            self._devices[device] = bucket
        return bucket


def _busy(who: str, wait: float) -> BusyError:
    wait = max(wait, _SHORTEST_WAIT)
    return BusyError(
        f"{who} more than its quota: wait {wait:.1f} s, send less often, or raise "
        "`quotas` in the hub's settings",
        wait,
    )
