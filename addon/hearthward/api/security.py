"""Pairing and access keys."""

from hearthward.model.security import (
    Key,
    KeyRequest,
    NewKey,
    PairingCode,
    PairingRequest,
    Role,
)
from hearthward.security.errors import PairingError

from .middleware import too_many
from .routes import Call, Routes

routes = Routes("security")


@routes.route("POST", "/pair", role=None, status=201, errors=(403, 429))
async def pair(call: Call, body: PairingRequest) -> NewKey:
    """Give a key for the code that the hub shows."""
    failures = call.parts.failures
    if wait := failures.wait(call.address):
        raise too_many(wait)
    try:
        return await call.parts.pairing.redeem(body)
    except PairingError:
        failures.failed(call.address)
        raise


@routes.route("POST", "/pairing-code", role=Role.ADMIN, status=201)
async def open_pairing(call: Call) -> PairingCode:
    """Make a new pairing code, in place of the one before."""
    return await call.parts.pairing.open(call.actor)


@routes.route("GET", "/keys", role=Role.ADMIN)
async def list_keys(call: Call) -> tuple[Key, ...]:
    """List the keys, the revoked ones too."""
    return call.parts.keys.keys()


@routes.route("POST", "/keys", role=Role.ADMIN, status=201, errors=(409,))
async def create_key(call: Call, body: KeyRequest) -> NewKey:
    """Make a key; its token is shown this once."""
    return await call.parts.keys.create(body.name, body.role, call.actor, body.device)


@routes.route("DELETE", "/keys/{key}", role=Role.ADMIN, errors=(404,))
async def revoke_key(call: Call, key: str) -> Key:
    """Refuse a key from now on and close its streams."""
    return await call.parts.keys.revoke(key, call.actor)
