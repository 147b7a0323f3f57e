"""Devices: who is there, who may come in."""

from typing import Annotated

import msgspec

from hearthward.model.device import Device, DeviceStatus
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("devices")

type Words = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class DeviceQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Which devices are asked for."""

    status: DeviceStatus | None = None


class DeviceChange(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What people decide about a device; what is left out stays, null clears it."""

    name: Words | msgspec.UnsetType = msgspec.UNSET
    area: Words | None | msgspec.UnsetType = msgspec.UNSET
    owner: Words | None | msgspec.UnsetType = msgspec.UNSET


@routes.route("GET", "/devices", role=Role.VIEWER)
async def list_devices(call: Call, query: DeviceQuery) -> tuple[Device, ...]:
    """List the devices, by id."""
    return call.parts.registry.devices(query.status)


@routes.route("GET", "/devices/{device}", role=Role.VIEWER, errors=(404,))
async def read_device(call: Call, device: str) -> Device:
    """Return a device."""
    return call.parts.registry.require(device)


@routes.route("PATCH", "/devices/{device}", role=Role.OPERATOR, errors=(404,))
async def change_device(call: Call, device: str, body: DeviceChange) -> Device:
    """Change a device's name, area or owner."""
    return await call.parts.registry.update(device, call.actor, **_given(body))


@routes.route(
    "POST", "/devices/{device}/approve", role=Role.OPERATOR, errors=(404, 409)
)
async def approve_device(call: Call, device: str, body: DeviceChange) -> Device:
    """Let a pending device into the home."""
    return await call.parts.registry.approve(device, call.actor, **_given(body))


@routes.route("POST", "/devices/{device}/revoke", role=Role.OPERATOR, errors=(404, 409))
async def revoke_device(call: Call, device: str) -> Device:
    """Shut a device out."""
    return await call.parts.registry.revoke(device, call.actor)


@routes.route("DELETE", "/devices/{device}", role=Role.OPERATOR, errors=(404, 409))
async def delete_device(call: Call, device: str) -> None:
    """Forget a revoked device."""
    await call.parts.registry.delete(device, call.actor)


def _given(change: DeviceChange) -> dict[str, str | None]:
    fields = msgspec.structs.asdict(change)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}
