"""Dead letters: what the gateway rejected, and what to do with it."""

from hearthward.edge.deadletters import UnknownLetterError
from hearthward.model.deadletter import (
    DeadLetter,
    DeadLetterPage,
    DeadLetterQuery,
    Deleted,
    Replayed,
)
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("dead letters")


@routes.route("GET", "/dead-letters", role=Role.OPERATOR)
async def list_dead_letters(call: Call, query: DeadLetterQuery) -> DeadLetterPage:
    """List rejected messages without their payloads, the newest first."""
    return await call.parts.dead_letters.page(query)


@routes.route("GET", "/dead-letters/{letter:[0-9]+}", role=Role.OPERATOR, errors=(404,))
async def read_dead_letter(call: Call, letter: str) -> DeadLetter:
    """Return a rejected message as it arrived."""
    return await call.parts.dead_letters.read(_number(letter))


@routes.route(
    "POST", "/dead-letters/{letter:[0-9]+}/replay", role=Role.OPERATOR, errors=(404,)
)
async def replay_dead_letter(call: Call, letter: str) -> Replayed:
    """Try a rejected message again; it is stored once at most."""
    return await call.parts.replay.one(_number(letter))


@routes.route("POST", "/dead-letters/replay", role=Role.OPERATOR)
async def replay_dead_letters(call: Call, query: DeadLetterQuery) -> Replayed:
    """Try the rejected messages that the same query lists again, the oldest first."""
    return await call.parts.replay.some(query)


@routes.route(
    "DELETE", "/dead-letters/{letter:[0-9]+}", role=Role.OPERATOR, errors=(404,)
)
async def delete_dead_letter(call: Call, letter: str) -> Deleted:
    """Delete a rejected message."""
    await call.parts.dead_letters.delete_one(_number(letter))
    return Deleted(deleted=1)


@routes.route("DELETE", "/dead-letters", role=Role.OPERATOR)
async def delete_dead_letters(call: Call, query: DeadLetterQuery) -> Deleted:
    """Delete the rejected messages that the same query lists."""
    return Deleted(deleted=await call.parts.dead_letters.delete(query))


def _number(letter: str) -> int:
    """Return the id of a letter."""
    if len(letter) > 18:
        raise UnknownLetterError(letter)
    return int(letter)
