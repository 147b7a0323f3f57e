"""The Home Assistant entities that the hub may see, and what they say."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import exposed
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.homeassistant import EntityState
from hearthward.security.audit import audit

DEVICE = "homeassistant"

_ON_OFF = {"on": 1.0, "off": 0.0}
_UNKNOWN = frozenset({"unknown", "unavailable"})


class Exposed:
    """Which entities were chosen; what was not chosen is never stored."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Keep the choice of the lifelog's home."""
        self._lifelog = lifelog
        self._entities: frozenset[str] = frozenset()

    @property
    def entities(self) -> tuple[str, ...]:
        """The chosen entities, by id."""
        return tuple(sorted(self._entities))

    async def load(self) -> None:
        """Read the choice."""

        def query(connection: Connection) -> frozenset[str]:
            return frozenset(
                connection.execute(
                    select(exposed.c.entity).where(exposed.c.home == self._lifelog.home)
                ).scalars()
            )

        self._entities = await self._lifelog.load(query)

    async def choose(self, entities: Iterable[str], actor: str) -> None:
        """Replace the choice."""
        chosen = frozenset(entities)
        home = self._lifelog.home

        def work(transaction: Transaction) -> None:
            transaction.execute(delete(exposed).where(exposed.c.home == home))
            if chosen:
                rows = [{"home": home, "entity": entity} for entity in sorted(chosen)]
                transaction.execute(insert(exposed), rows)
            text = f"{len(chosen)} Home Assistant entities are visible to the hub"
            audit(transaction, text, "exposed", actor, entities=sorted(chosen))

        await self._lifelog.transact(work)
        self._entities = chosen

    async def post(self, states: Iterable[EntityState]) -> int:
        """Append the states of chosen entities and return how many were new.

        A state that was posted before (same entity, same `ts`) is not appended again.
        """
        before = self._lifelog.last
        drafts = [
            _draft(state) for state in states if state.entity_id in self._entities
        ]
        if not drafts:
            return 0
        return sum(seq > before for seq in set(await self._lifelog.append(drafts)))


def _draft(state: EntityState) -> Draft:
    """Return the observation: a number and on/off as value, words as text."""
    value = _number(state.state)
    text = None if value is not None or state.state in _UNKNOWN else state.state
    return Draft(
        ts=state.ts,
        kind=EntryKind.STATE,
        device=DEVICE,
        point=state.entity_id,
        value=value,
        text=text,
        body={"attributes": state.attributes} if state.attributes else None,
        key=f"{state.entity_id}@{state.ts!r}",
    )


def _number(text: str) -> float | None:
    if text in _ON_OFF:
        return _ON_OFF[text]
    try:
        return float(text)
    except ValueError:
        return None
