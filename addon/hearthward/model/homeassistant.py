"""What Home Assistant tells of the entities that it lets the hub see."""

from typing import Annotated, Any

import msgspec

from .entry import Moment

type EntityId = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=255)
]


class EntityState(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A state of an entity; `ts` is when it came about, `area` the name of its area."""

    entity_id: EntityId
    state: Annotated[str, msgspec.Meta(max_length=255)]
    ts: Moment
    attributes: dict[str, Any] = {}
    area: str | None = None
