"""The proof of the lifelog, and forgetting."""

from hearthward.model.erasure import Erasure, ForgetRequest
from hearthward.model.proof import Checkpoint, Verification, VerifyRequest
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("lifelog")


@routes.route("GET", "/lifelog/checkpoints", role=Role.VIEWER)
async def list_checkpoints(call: Call) -> tuple[Checkpoint, ...]:
    """List the newest checkpoints, newest first; keep one elsewhere as a witness."""
    return await call.parts.checkpoints.list()


@routes.route("POST", "/lifelog/verify", role=Role.OPERATOR)
async def verify_lifelog(call: Call, body: VerifyRequest) -> Verification:
    """Check that nothing of the lifelog was altered, inserted or taken away."""
    trusted = [bytes.fromhex(key) for key in body.public_keys]
    return await call.parts.lifelog.verify(trusted)


@routes.route("POST", "/forget", role=Role.SERVICE, errors=(422, 503))
async def forget(call: Call, body: ForgetRequest) -> Erasure:
    """Erase what is said about a person, a device or a time, for good."""
    return await call.parts.forgetting.forget(body, call.actor)
