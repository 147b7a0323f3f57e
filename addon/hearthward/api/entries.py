"""The history: entries of the lifelog."""

from hearthward.model.entry import EntryPage, EntryQuery
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("lifelog")


@routes.route("GET", "/entries", role=Role.VIEWER)
async def list_entries(call: Call, query: EntryQuery) -> EntryPage:
    """Return entries by time, a page at a time."""
    return await call.parts.lifelog.history(query)
