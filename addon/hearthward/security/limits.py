"""Slow down those who fail to prove who they are."""

from collections import OrderedDict, deque
from collections.abc import Callable
import math
import time

_ADDRESSES = 10_000


class FailureLimit:
    """Count failures by address: so many in a window, then wait."""

    def __init__(
        self,
        failures: int = 10,
        window: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow `failures` in `window` seconds."""
        self._failures = failures
        self._window = window
        self._clock = clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, address: str) -> None:
        """Note a failure; the addresses that failed longest ago are forgotten."""
        times = self._seen.setdefault(address, deque(maxlen=self._failures))
        times.append(self._clock())
        self._seen.move_to_end(address)
        while len(self._seen) > _ADDRESSES:
            self._seen.popitem(last=False)

    def wait(self, address: str) -> int:
        """Return how many seconds an address must wait, 0 if it need not."""
        times = self._seen.get(address)
        if times is None or len(times) < self._failures:
            return 0
        return max(0, math.ceil(times[0] + self._window - self._clock()))
