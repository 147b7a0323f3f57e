"""What is recorded, and privacy mode."""

from hearthward.model.privacy import PrivacyModeRequest, PrivacySettings, PrivacyStatus
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("privacy")


@routes.route("GET", "/privacy", role=Role.VIEWER)
async def read_privacy(call: Call) -> PrivacyStatus:
    """Say what is recorded and whether privacy mode is on."""
    return call.parts.privacy.status


@routes.route("PUT", "/privacy", role=Role.OPERATOR)
async def choose_privacy(call: Call, body: PrivacySettings) -> PrivacyStatus:
    """Choose what is recorded, and when privacy mode is on by itself."""
    return await call.parts.privacy.configure(body, call.actor)


@routes.route("POST", "/privacy/mode", role=Role.CAREGIVER)
async def switch_privacy_mode(call: Call, body: PrivacyModeRequest) -> PrivacyStatus:
    """Turn privacy mode on or off."""
    return await call.parts.privacy.switch(body, call.actor)
