"""Whether the lifelog can be written, what is done when not, and what is told of it."""

from datetime import UTC, datetime
import logging
import time

from hearthward.model.entry import Draft, EntryKind, Lane

from .store import Store, Trouble

_LOGGER = logging.getLogger(__name__)

# How often room is looked for when there is none.
_PAUSE = 1.0


class Standing:
    """What the writer may do; used in its thread.

    Without room on the disk, a reserve is given to alarms and to an entry that says so; all else
    is refused until there is room again. A damaged file is not written any more.
    """

    def __init__(self, store: Store, damage: str | None) -> None:
        """Begin well, or with the damage that was found when the store was opened."""
        self._store = store
        self._damage = damage
        self._trouble: Trouble | None = None
        self._since = 0.0
        self._looked = 0.0
        self.failure = damage
        self.news: list[Draft] = []

    def refusal(self, lane: Lane) -> str | None:
        """Return why nothing of a lane is taken; None if it is tried."""
        if self._trouble is Trouble.DAMAGED:
            return self.failure
        if self._trouble is Trouble.NO_ROOM and lane is not Lane.ALARM:
            return None if self._has_room() else self.failure
        return None

    def seal(self) -> None:
        """Refuse everything from now on if the store was damaged when it was opened."""
        if self._damage:
            self._trouble = Trouble.DAMAGED

    def failed(self, trouble: Trouble, advice: str) -> bool:
        """Note a failed commit; True if there is room now for what is urgent."""
        if self.failure is None:
            self._since = time.time()
            self.news = [_incident(f"Nothing but alarms is stored. {advice}", "failed")]
            _LOGGER.error("Nothing can be stored: %s", advice)
        before, self._trouble, self.failure = self._trouble, trouble, advice
        if trouble is not Trouble.NO_ROOM or before is trouble:
            return False
        self._store.release_room()
        return True

    def succeeded(self) -> None:
        """Note a commit, which told the news."""
        self.news = []
        if self._trouble is Trouble.PASSING:
            self._recover()

    def _has_room(self) -> bool:
        now = time.monotonic()
        if now - self._looked < _PAUSE:
            return False
        self._looked = now
        if not self._store.take_room():
            return False
        self._recover()
        return True

    def _recover(self) -> None:
        self.news.append(recovered(self._since))
        self._trouble, self.failure = None, self._damage
        _LOGGER.warning("Everything is stored again")


def recovered(since: float) -> Draft:
    """Return an incident which says that all is stored again that was not since then."""
    moment = datetime.fromtimestamp(since, UTC)
    return _incident(
        f"Everything is stored again; it was not since {moment:%Y-%m-%d %H:%M} UTC",
        "recovered",
    )


def _incident(text: str, storage: str) -> Draft:
    return Draft(
        ts=time.time(), kind=EntryKind.INCIDENT, text=text, body={"storage": storage}
    )
