"""The action that exports the lifelog; it holds all of a life, so it is for administrators."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from homeassistant.components.http.auth import async_sign_path
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .calls import (
    ATTR_PERSON,
    HUB_FIELDS,
    SPAN_FIELDS,
    errors_of,
    hub_device,
    hub_of,
    span,
)
from .const import DOMAIN
from .lifelog import Lifelog
from .lifelog_models import Export
from .views import export_url

SERVICE_EXPORT: Final = "export"

ATTR_MEDIA: Final = "media"
ATTR_PATH: Final = "path"

POLL: Final = 0.5
LINK_LIFETIME: Final = timedelta(hours=1)

EXPORT_SCHEMA: Final = probatio.Schema(
    {
        **HUB_FIELDS,
        **SPAN_FIELDS,
        probatio.Optional(ATTR_PERSON): cv.string,
        probatio.Optional(ATTR_DEVICE_ID): cv.string,
        probatio.Optional(ATTR_MEDIA, default=True): cv.boolean,
        probatio.Optional(ATTR_PATH): cv.path,
    }
)


@callback
def async_setup_export_service(hass: HomeAssistant) -> None:
    """Register the action."""
    async_register_admin_service(
        hass, DOMAIN, SERVICE_EXPORT, _export, EXPORT_SCHEMA, SupportsResponse.OPTIONAL
    )


async def _export(call: ServiceCall) -> ServiceResponse:
    """Let the hub pack a ZIP; return a link to it, and save it where that was asked for."""
    coordinator = hub_of(call)
    path: str | None = call.data.get(ATTR_PATH)
    if path is not None and not call.hass.config.is_allowed_path(path):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="path_not_allowed",
            translation_placeholders={"path": path},
        )
    device_id = call.data.get(ATTR_DEVICE_ID)
    with errors_of(coordinator):
        export = await _finished(
            coordinator.lifelog,
            await coordinator.lifelog.start_export(
                **span(call),
                person=call.data.get(ATTR_PERSON),
                device=hub_device(coordinator, device_id) if device_id else None,
                media=call.data[ATTR_MEDIA],
            ),
        )
        if path is not None:
            await _save(call.hass, coordinator.lifelog, export, Path(path))
    return {
        "url": async_sign_path(
            call.hass,
            export_url(coordinator.config_entry.entry_id, export.id),
            LINK_LIFETIME,
            use_content_user=True,
        ),
        "path": path,
        "entries": export.entries,
        "media": export.media,
        "size": export.size,
        "sha256": export.sha256,
    }


async def _finished(lifelog: Lifelog, export: Export) -> Export:
    """Wait until an export is done."""
    while export.under_way:
        await asyncio.sleep(POLL)
        export = await lifelog.export(export.id)
    if not export.done_well:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_failed",
            translation_placeholders={"error": export.error or export.status},
        )
    return export


async def _save(
    hass: HomeAssistant, lifelog: Lifelog, export: Export, path: Path
) -> None:
    """Write the file of an export; until it is whole it has another name."""
    part = path.with_name(f"{path.name}.part")
    try:
        file = await hass.async_add_executor_job(_create, part)
        try:
            async for piece in lifelog.export_file(export.id):
                await hass.async_add_executor_job(file.write, piece)
        finally:
            await hass.async_add_executor_job(file.close)
        await hass.async_add_executor_job(part.replace, path)
    except OSError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="cannot_write",
            translation_placeholders={"path": str(path), "error": str(error)},
        ) from error


def _create(path: Path) -> BinaryIO:
    return path.open("wb")
