"""Pass files of the hub on to whoever is logged in; its token never reaches a browser."""

import re
from typing import Final

from aiohttp import hdrs, web
from homeassistant.components.http import HomeAssistantView
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry
from .exceptions import HearthwardError, HearthwardRequestError

PIECE: Final = 64 * 1024

EXPORT_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
MEDIA_ID: Final = re.compile(r"[0-9a-f]{64}")

# Anything else, a drawing with a script in it for example, is for saving and not for showing.
SHOWN: Final = re.compile(
    r"image/(avif|gif|jpeg|png|webp)|audio/[\w.+-]+|video/[\w.+-]+"
)

PASSED_UP: Final[tuple[str, ...]] = (hdrs.RANGE, hdrs.IF_NONE_MATCH)
PASSED_DOWN: Final[tuple[str, ...]] = (
    hdrs.ACCEPT_RANGES,
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_RANGE,
    hdrs.CONTENT_TYPE,
    hdrs.ETAG,
)


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    hass.http.register_view(MediaView)
    hass.http.register_view(ExportView)


@callback
def media_url(entry_id: str, media_id: str) -> str:
    """Return the path of a medium within Home Assistant."""
    return f"/api/{DOMAIN}/{entry_id}/media/{media_id}"


@callback
def thumbnail_url(entry_id: str, media_id: str) -> str:
    """Return the path of the thumbnail of a medium."""
    return f"{media_url(entry_id, media_id)}/thumbnail"


@callback
def export_url(entry_id: str, export_id: str) -> str:
    """Return the path of an export; its id, which nobody can guess, is told to who made it."""
    return f"/api/{DOMAIN}/{entry_id}/exports/{export_id}"


class MediaView(HomeAssistantView):
    """A medium of the lifelog, or its thumbnail."""

    url = "/api/hearthward/{entry_id}/media/{media_id}"
    extra_urls: list[str] = [f"{url}/{{size:thumbnail}}"]  # noqa: RUF012
    name = "api:hearthward:media"

    async def get(
        self, request: web.Request, entry_id: str, media_id: str, size: str = ""
    ) -> web.StreamResponse:
        """Send it."""
        if not MEDIA_ID.fullmatch(media_id):
            raise web.HTTPNotFound
        path = f"media/{media_id}/{size}" if size else f"media/{media_id}"
        return await _pass_on(request, entry_id, path)


class ExportView(HomeAssistantView):
    """The file of an export."""

    url = "/api/hearthward/{entry_id}/exports/{export_id}"
    name = "api:hearthward:export"

    async def get(
        self, request: web.Request, entry_id: str, export_id: str
    ) -> web.StreamResponse:
        """Send it."""
        if not EXPORT_ID.fullmatch(export_id):
            raise web.HTTPNotFound
        return await _pass_on(
            request,
            entry_id,
            f"exports/{export_id}/file",
            f"hearthward-{export_id}.zip",
        )


async def _pass_on(
    request: web.Request, entry_id: str, path: str, name: str | None = None
) -> web.StreamResponse:
    """Send a file of the hub piece by piece."""
    hass: HomeAssistant = request.app["hass"]
    entry: HearthwardConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if (
        entry is None
        or entry.domain != DOMAIN
        or entry.state is not ConfigEntryState.LOADED
    ):
        raise web.HTTPNotFound
    headers = {key: request.headers[key] for key in PASSED_UP if key in request.headers}
    client = entry.runtime_data.coordinator.client
    try:
        async with client.open(path, headers) as found:
            response = web.StreamResponse(
                status=found.status,
                headers={
                    **{k: found.headers[k] for k in PASSED_DOWN if k in found.headers},
                    **_protection(found.content_type, name),
                },
            )
            await response.prepare(request)
            async for piece in found.content.iter_chunked(PIECE):
                await response.write(piece)
            await response.write_eof()
            return response
    except HearthwardRequestError as error:
        raise web.HTTPNotFound from error
    except HearthwardError as error:
        raise web.HTTPBadGateway from error


def _protection(content_type: str, name: str | None) -> dict[str, str]:
    """Return the headers that keep a file from doing anything but being looked at.

    What was forgotten must not live on in the cache of a browser, which therefore asks each time.
    """
    headers = {
        hdrs.CACHE_CONTROL: "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if name or not SHOWN.fullmatch(content_type):
        headers[hdrs.CONTENT_DISPOSITION] = "attachment" + (
            f'; filename="{name}"' if name else ""
        )
    return headers
