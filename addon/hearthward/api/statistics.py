"""How the hub is doing."""

from hearthward.model.security import Role
from hearthward.model.statistics import Statistics

from .routes import Call, Routes

routes = Routes("hub")


@routes.route("GET", "/statistics", role=Role.VIEWER)
async def read_statistics(call: Call) -> Statistics:
    """Return what the storage holds, how fast it takes more, and what is wrong with it."""
    return await call.parts.statistics.read()
