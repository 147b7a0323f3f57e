"""What Home Assistant lets the hub see."""

from typing import Annotated

import msgspec

from hearthward.model.homeassistant import EntityId, EntityState
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("homeassistant")


class ExposedEntities(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The Home Assistant entities that the hub may see."""

    entities: Annotated[tuple[EntityId, ...], msgspec.Meta(max_length=5000)]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """How many states were stored; those not exposed and repeated ones were not."""

    stored: int


@routes.route("GET", "/exposed", role=Role.VIEWER)
async def read_exposed(call: Call) -> ExposedEntities:
    """Say which entities the hub may see."""
    return ExposedEntities(entities=call.parts.exposed.entities)


@routes.route("PUT", "/exposed", role=Role.SERVICE)
async def choose_exposed(call: Call, body: ExposedEntities) -> ExposedEntities:
    """Choose which entities the hub may see."""
    await call.parts.exposed.choose(body.entities, call.actor)
    return ExposedEntities(entities=call.parts.exposed.entities)


@routes.route("POST", "/homeassistant/states", role=Role.SERVICE)
async def post_states(
    call: Call,
    body: Annotated[tuple[EntityState, ...], msgspec.Meta(max_length=1000)],
) -> Stored:
    """Store states of the entities that the hub may see."""
    return Stored(stored=await call.parts.homeassistant.post(body))
