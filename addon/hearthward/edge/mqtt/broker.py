"""What the broker says of itself, and what it drops."""

from collections.abc import Callable
import logging
import time

from hearthward.lifelog import Lifelog, LifelogError
from hearthward.model.entry import Draft, EntryKind

_LOGGER = logging.getLogger(__name__)

# Mosquitto's counter of messages that no queue had room for.
DROPPED = "$SYS/broker/publish/messages/dropped"

# How often a loss is told while it goes on, s.
_INTERVAL = 600.0

ADVICE = (
    "raise `max_queued_messages` (and `max_queued_bytes`) in the broker's configuration: "
    "docs/mqtt.md tells how much"
)


class Watch:
    """The broker's counter of dropped messages; a loss is an incident."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Tell losses in `lifelog`, and their number to `changed`."""
        self.dropped = 0
        self.changed: Callable[[int], None] = lambda dropped: None
        self._lifelog = lifelog
        self._last: int | None = None
        self._untold = 0
        self._told = -_INTERVAL

    @property
    def ready(self) -> bool:
        """Whether the counter was heard."""
        return self._last is not None

    async def hear(self, payload: bytes) -> None:
        """Take the counter; a broker that was started anew counts anew."""
        try:
            count = int(payload)
        except ValueError:
            return
        last, self._last = self._last, count
        if last is None:
            return
        lost = count - last if count >= last else count
        if lost:
            self.dropped += lost
            self.changed(self.dropped)
        self._untold += lost
        now = time.monotonic()
        if self._untold and now - self._told >= _INTERVAL:
            self._told = now
            untold, self._untold = self._untold, 0
            await self._tell(untold)

    async def _tell(self, lost: int) -> None:
        text = f"The MQTT broker dropped {lost} messages, as a queue was full"
        _LOGGER.error("%s: %s", text, ADVICE)
        body: dict[str, object] = {
            "code": "broker_dropped",
            "count": lost,
            "advice": ADVICE,
        }
        draft = Draft(ts=time.time(), kind=EntryKind.INCIDENT, text=text, body=body)
        try:
            await self._lifelog.append([draft])
        except LifelogError as error:
            _LOGGER.error("That is not in the lifelog: %s", error)
