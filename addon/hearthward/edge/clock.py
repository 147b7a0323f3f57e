"""The clocks of devices: what one says that cannot be is moved to when it must have been."""

EARLIEST = 1577836800.0
"""2020-01-01: a clock that shows less was never set."""

AHEAD = 120.0
"""How far ahead of the hub a clock may be, s."""

FARTHEST = 1e11
"""Beyond that it is no number of seconds since 1970, but perhaps of milliseconds."""


class Clocks:
    """How much the clocks of devices are off, as far as it matters."""

    def __init__(self) -> None:
        """Take all clocks for right."""
        self._offsets: dict[str, float] = {}

    def measure(self, device: str, newest: float, received: float) -> float:
        """Return what must be added to a clock that cannot be right, s.

        `newest` is the last time that was said in one go: what was said with it happened before.
        A measurement that differs little only shows how long a message was under way.
        """
        offset = received - newest
        known = self._offsets.get(device)
        if known is not None and abs(offset - known) <= AHEAD:
            return known
        self._offsets[device] = offset
        return offset


def is_off(ts: float, received: float) -> bool:
    """Tell whether a clock cannot be right."""
    return not EARLIEST <= ts <= received + AHEAD
