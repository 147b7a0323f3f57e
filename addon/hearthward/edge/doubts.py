"""Sudden readings that the hub heard itself: what nothing replaces for a while still stands.

A sender repeats what it measures, so that its next reading confirms a step or not. A node or Home
Assistant may tell only what changes: after a step that was true they could be silent for ever.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from hearthward.model.deadletter import Reason
from hearthward.model.message import Observation, State, StateBody, Status, UpMessage

from .sorting import Bad

# A state that stood for so long is no noise, s.
_STANDS = 60.0


class Doubts:
    """The newest reading of each point that changed too suddenly to be believed."""

    def __init__(self) -> None:
        """Doubt nothing."""
        self._doubted: dict[tuple[str, str], tuple[Observation, float]] = {}

    def note(self, device: str, bad: Bad, now: float) -> None:
        """Keep what was too sudden of what was not believed."""
        for seen, _ in bad.get(Reason.IMPLAUSIBLE_RATE, ()):
            self._doubted[device, seen.point] = seen, now

    def replace(self, messages: Sequence[UpMessage]) -> None:
        """Doubt no more what messages replace."""
        if self._doubted:
            for message in messages:
                self._replace(message)

    def stood(self, now: float) -> list[State]:
        """Return what still stands, as if it were said now."""
        return [
            State(
                device=device,
                ts=now,
                body=StateBody(observations=(replace(seen, ts=None),)),
            )
            for (device, _), (seen, since) in self._doubted.items()
            if now > since + _STANDS
        ]

    def settle(self, now: float) -> None:
        """Doubt no more what still stood then."""
        self._doubted = {
            place: doubt
            for place, doubt in self._doubted.items()
            if now <= doubt[1] + _STANDS
        }

    def clear(self) -> None:
        """Forget all of it."""
        self._doubted.clear()

    def _replace(self, message: UpMessage) -> None:
        if isinstance(message, State):
            for seen in message.body.observations:
                self._doubted.pop((message.device, seen.point), None)
        elif isinstance(message, Status) and not message.body.online:
            gone = [key for key in self._doubted if key[0] == message.device]
            for key in gone:
                del self._doubted[key]
