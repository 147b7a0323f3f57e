"""The history of Home Assistant's recorder: its states, and long-term statistics of before.

Written for the schema of Home Assistant 2026.10 (version 53); what is read here has been the same
since version 43 (2024.3). The database is only read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
import sqlite3
import tempfile
from typing import Any, NamedTuple, Self

import msgspec

from hearthward.model.entry import Draft, EntryKind

from .fields import HOME_ASSISTANT, reading
from .jobs import JobError

MAGIC = b"SQLite format 3\x00"

_OLDEST = 43

# A state that only changed its attributes says nothing new.
_STATES = """
SELECT states.state_id, states_meta.entity_id, states.state, states.last_updated_ts,
  state_attributes.shared_attrs
FROM states
JOIN states_meta ON states_meta.metadata_id = states.metadata_id
LEFT JOIN state_attributes ON state_attributes.attributes_id = states.attributes_id
WHERE states.state_id > ? AND states.state IS NOT NULL
  AND states.last_updated_ts IS NOT NULL
  AND (states.last_changed_ts IS NULL OR states.last_changed_ts = states.last_updated_ts)
ORDER BY states.state_id LIMIT ?
"""

_STATISTICS = """
SELECT statistics.id, statistics_meta.statistic_id, statistics_meta.unit_of_measurement,
  statistics.start_ts, statistics.mean, statistics.min, statistics.max,
  statistics.state, statistics.sum
FROM statistics
JOIN statistics_meta ON statistics_meta.id = statistics.metadata_id
WHERE statistics.id > ? AND statistics.start_ts IS NOT NULL
ORDER BY statistics.id LIMIT ?
"""

_FIRST_STATES = """
SELECT states_meta.entity_id, min(states.last_updated_ts)
FROM states JOIN states_meta ON states_meta.metadata_id = states.metadata_id
GROUP BY states.metadata_id
"""

_COUNT = "SELECT (SELECT count(*) FROM states) + (SELECT count(*) FROM statistics)"

_HOUR = 3600.0
_AT_ONCE = 500

type Scale = Callable[[float], float]
# Returns how values of a point in a unit become those that the lifelog keeps; None: as they are.
type Convert = Callable[[str, str], Scale | None]

_attributes = msgspec.json.Decoder(dict[str, Any]).decode


class Place(msgspec.Struct, frozen=True):
    """How far a database was read: the last id of each table."""

    statistics: int = 0
    states: int = 0


class Page(NamedTuple):
    """Some entries; `read` rows were looked at to find them."""

    place: Place
    read: int
    drafts: list[Draft]


@contextmanager
def steady_copy(file: Path) -> Iterator[Path]:
    """Return a file that nobody writes: a live database is copied as of one moment."""
    with file.open("rb") as stream:
        is_database = stream.read(len(MAGIC)) == MAGIC
    if not is_database:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="hearthward-") as folder:
        copy = Path(folder) / "copy.db"
        source = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        target = sqlite3.connect(copy)
        try:
            source.backup(target, pages=4096, sleep=0.01)
        finally:
            target.close()
            source.close()
        yield copy


class Recorder:
    """A recorder's database; use it as a context manager, from one thread at a time."""

    def __init__(self, file: Path, patterns: str | None, convert: Convert) -> None:
        """Read the entities that match one of the patterns, or all."""
        self._file = file
        self._patterns = [part.strip() for part in (patterns or "*").split(",")]
        self._convert = lru_cache(maxsize=10_000)(convert)
        self._known = lru_cache(maxsize=10_000)(self._describe)

    def __enter__(self) -> Self:
        """Open the database.

        Raises:
            JobError: It is none that is understood.

        """
        uri = f"{self._file.resolve().as_uri()}?immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            self._check()
        except sqlite3.Error as error:
            self._connection.close()
            raise JobError(
                f"Give a database that Home Assistant's recorder wrote: {error}"
            ) from None
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Close the database."""
        self._connection.close()

    def total(self) -> int:
        """Return how many rows there are."""
        row = self._connection.execute(_COUNT).fetchone()
        return int(row[0])

    def pages(self, place: Place) -> Iterator[Page]:
        """Yield what is behind a place: hourly statistics of before the states, then states."""
        first = dict(self._connection.execute(_FIRST_STATES))
        while rows := self._rows(_STATISTICS, place.statistics):
            place = msgspec.structs.replace(place, statistics=rows[-1][0])
            hours = (self._hour(row, first) for row in rows)
            yield Page(place, len(rows), [hour for hour in hours if hour])
        while rows := self._rows(_STATES, place.states):
            place = msgspec.structs.replace(place, states=rows[-1][0])
            states = (self._state(row) for row in rows if self._is_meant(row[1]))
            yield Page(place, len(rows), list(states))

    def _check(self) -> None:
        row = self._connection.execute(
            "SELECT max(schema_version) FROM schema_changes"
        ).fetchone()
        if not row or (row[0] or 0) < _OLDEST:
            raise JobError(
                "Start a newer Home Assistant on this database first: its schema is too old"
            )

    def _rows(self, query: str, after: int) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, (after, _AT_ONCE)).fetchall()
        except sqlite3.Error as error:
            raise JobError(f"Copy the database anew, it is damaged: {error}") from None

    def _is_meant(self, entity: str) -> bool:
        return any(fnmatchcase(entity, pattern) for pattern in self._patterns)

    def _state(self, row: tuple[Any, ...]) -> Draft:
        _, entity, state, ts, shared = row
        unit, event = self._known(shared)
        value, text = reading(state)
        if entity.startswith("event.") and text is not None:
            return Draft(
                ts=_event_time(text, ts),
                kind=EntryKind.EVENT,
                device=HOME_ASSISTANT,
                point=entity,
                text=event or "event",
                body={"imported": "homeassistant"},
            )
        scale = unit and value is not None and self._convert(entity, unit)
        return Draft(
            ts=ts,
            kind=EntryKind.STATE,
            device=HOME_ASSISTANT,
            point=entity,
            value=scale(value) if scale and value is not None else value,
            text=text,
        )

    def _hour(self, row: tuple[Any, ...], first: dict[str, float]) -> Draft | None:
        """Return an hour's statistics, unless the hour has states of its own."""
        _, point, unit, start, mean, low, high, state, total = row
        if not self._is_meant(point) or start + _HOUR > first.get(point, start + _HOUR):
            return None
        scale = self._convert(point, unit) if unit else None
        numbers = {"mean": mean, "min": low, "max": high, "state": state, "sum": total}
        told: dict[str, object] = {
            name: scale(number) if scale else number
            for name, number in numbers.items()
            if number is not None
        }
        value = told.get("mean", told.get("state", told.get("sum")))
        if not isinstance(value, float | int):
            return None
        return Draft(
            ts=start,
            kind=EntryKind.STATE,
            device=HOME_ASSISTANT,
            point=point,
            value=float(value),
            body={"statistics": {**told, "seconds": _HOUR}},
        )

    @staticmethod
    def _describe(shared: str | None) -> tuple[str | None, str | None]:
        """Return the unit and the type of event that attributes name."""
        try:
            attributes = _attributes(shared or "{}")
        except msgspec.MsgspecError:
            return None, None
        found = (attributes.get(name) for name in ("unit_of_measurement", "event_type"))
        unit, event = (word if isinstance(word, str) else None for word in found)
        return unit, event


def _event_time(text: str, ts: float) -> float:
    """Return when an event was: the state of an event entity says it."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return ts
