"""The Home Assistant entities that the hub may see."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import exposed
from hearthward.security.audit import audit


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

    def shows(self, entity: str) -> bool:
        """Tell whether the hub may see an entity."""
        return entity in self._entities

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
