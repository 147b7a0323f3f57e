"""Search, and the notes that people write."""

import time

from hearthward.lifelog import Transaction
from hearthward.model.entry import Draft, Entry, EntryKind
from hearthward.model.privacy import DataClass
from hearthward.model.search import NoteRequest, SearchPage, SearchQuery
from hearthward.model.security import Role
from hearthward.security.audit import audit

from .commands import KEY_HEADER, idempotency_key
from .errors import ApiError
from .routes import ACTOR, Call, Routes

routes = Routes("search")

# Home Assistant says which of its users writes; others sign with the name of their key.
_SPEAKS_FOR_OTHERS = (Role.SERVICE, Role.ADMIN)


@routes.route("GET", "/search", role=Role.VIEWER, errors=(422,))
async def find(call: Call, query: SearchQuery) -> SearchPage:
    """Return what a person would read of what happened, by words, meaning and time."""
    return await call.parts.search.find(query)


@routes.route("POST", "/search/rebuild", role=Role.OPERATOR)
async def rebuild_index(call: Call) -> None:
    """Build the index of search anew from the lifelog; nothing else is touched."""

    def work(transaction: Transaction) -> None:
        audit(
            transaction, "The search index is built anew", "search_rebuilt", call.actor
        )

    await call.parts.lifelog.transact(work)
    await call.parts.search.rebuild()


@routes.route(
    "POST",
    "/notes",
    role=Role.CAREGIVER,
    status=201,
    errors=(409,),
    headers=(KEY_HEADER,),
)
async def add_note(call: Call, body: NoteRequest) -> Entry:
    """Write something down; it is durable when this answers."""
    parts = call.parts
    ts = time.time() if body.ts is None else body.ts
    if not parts.privacy.records(DataClass.NOTES, ts):
        raise ApiError(
            409, "privacy", "Notes are not recorded: change the privacy settings first"
        )
    key = idempotency_key(call)
    facts = {
        "author": _author(call, body),
        "person": body.person,
        "room": body.room,
        "media": list(body.media) or None,
    }
    (seq,) = await parts.lifelog.append(
        [
            Draft(
                ts=ts,
                kind=EntryKind.NOTE,
                text=body.text,
                body={name: fact for name, fact in facts.items() if fact is not None},
                key=f"note {call.actor} {key}" if key else None,
            )
        ]
    )
    (entry,) = await parts.lifelog.read(seq - 1, 1)
    return entry


def _author(call: Call, note: NoteRequest) -> str:
    if note.author and call.request[ACTOR].role in _SPEAKS_FOR_OTHERS:
        return note.author
    return call.parts.keys.name(call.actor) or call.actor
