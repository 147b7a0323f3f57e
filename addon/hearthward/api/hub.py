"""The hub itself: who it is and all current state."""

import time

from hearthward.model.device import PointState
from hearthward.model.security import Role
from hearthward.model.stream import HubInfo, Snapshot

from .parts import Parts
from .routes import Call, Routes

routes = Routes("hub")


@routes.route("GET", "/hub", role=Role.DEVICE)
async def read_hub(call: Call) -> HubInfo:
    """Say who the hub is."""
    return call.parts.info


@routes.route("GET", "/snapshot", role=Role.VIEWER)
async def read_snapshot(call: Call) -> Snapshot:
    """Return all current state."""
    return snapshot(call.parts)


@routes.route("GET", "/states", role=Role.VIEWER)
async def read_states(call: Call) -> tuple[PointState, ...]:
    """Return the last known state of every point."""
    return call.parts.lifelog.states()


def snapshot(parts: Parts) -> Snapshot:
    """Return all current state; nothing is awaited, so that it belongs to one seq."""
    return Snapshot(
        seq=parts.lifelog.last,
        ts=time.time(),
        hub=parts.info,
        devices=parts.registry.devices(),
        states=parts.lifelog.states(),
    )
