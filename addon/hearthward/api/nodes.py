"""Nodes that are added by their address."""

from typing import Annotated

import msgspec

from hearthward.model.device import Device
from hearthward.model.security import Role

from .devices import Words
from .routes import Call, Routes

routes = Routes("devices")


class NewNode(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Where an ESPHome node is, and its key: the one under `api: encryption: key:`."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 6053
    noise_psk: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=64,
                # 32 bytes in base64; the adapter refuses others in words that help.
                extra_json_schema={"pattern": "^([A-Za-z0-9+/]{43}=)?$"},
            ),
        ]
        | None
    ) = None
    name: Words | None = None


@routes.route(
    "POST", "/devices", role=Role.OPERATOR, status=201, errors=(409, 422, 502)
)
async def add_node(call: Call, body: NewNode) -> Device:
    """Connect to an ESPHome node, which is then a pending device.

    To add a known node again gives it a new address or key.
    """
    device = await call.parts.esphome.add(body.address, body.port, body.noise_psk)
    if body.name is not None and body.name != device.name:
        return await call.parts.registry.update(device.id, call.actor, name=body.name)
    return device
