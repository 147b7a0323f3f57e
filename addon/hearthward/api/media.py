"""Media of the lifelog: frames and clips, sent once and shown as often as somebody looks."""

from pathlib import Path
import re
import time

from aiohttp import web

from hearthward.lifelog.media import CONTENTS, Upload
from hearthward.model.media import (
    DamagedMedia,
    Media,
    MediaKind,
    MediaPage,
    MediaQuery,
    MediaUpload,
)
from hearthward.model.privacy import DataClass
from hearthward.model.security import Role

from .commands import KEY_HEADER, idempotency_key
from .errors import ApiError
from .routes import UNLIMITED, Call, Routes

routes = Routes("media")

_CHUNK = 256 * 1024
_ID = re.compile(r"[0-9a-f]{64}")
_TYPES = tuple(content.content_type for content in CONTENTS)
_CLASSES = {MediaKind.FRAME: DataClass.FRAMES, MediaKind.CLIP: DataClass.SOUND}

# Whoever saw them may keep them, but asks again each time: forgotten media are gone at once.
_HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


@routes.route(
    "POST",
    "/media",
    role=Role.DEVICE,
    barred=(Role.VIEWER,),
    status=201,
    errors=(409, 413, 415),
    headers=(KEY_HEADER,),
    limit=UNLIMITED,
    accepts=dict.fromkeys(_TYPES, bytes),
)
async def upload_media(call: Call, query: MediaUpload) -> Media:
    """Keep a frame or a clip; it and its entry are durable when this answers.

    What it holds is told by its bytes. The same bytes are kept once, however often they come;
    with an idempotency key the upload can be repeated without a second entry.
    """
    library = call.parts.media
    device = _sender(call, query.device)
    async with library.receive(call.request.content.iter_chunked(_CHUNK)) as staged:
        upload = Upload(
            ts=time.time() if query.ts is None else query.ts,
            device=device,
            person=query.person,
            room=query.room,
            text=query.text,
            key=idempotency_key(call),
        )
        if not call.parts.privacy.records(_CLASSES[staged.content.kind], upload.ts):
            raise ApiError(
                409, "privacy", "Nothing of this kind is recorded: privacy comes first"
            )
        return await library.keep(staged, upload)


@routes.route("GET", "/media", role=Role.VIEWER)
async def list_media(call: Call, query: MediaQuery) -> MediaPage:
    """Return media, newest first, a page at a time."""
    return await call.parts.media.page(query)


@routes.route("POST", "/lifelog/verify/media", role=Role.OPERATOR)
async def verify_media(call: Call) -> DamagedMedia:
    """Read every file through and name those that are missing or were altered."""
    return DamagedMedia(damaged=tuple(await call.parts.media.damaged()))


@routes.route(
    "GET",
    "/media/{media}",
    role=Role.VIEWER,
    errors=(404, 410),
    produces=_TYPES,
)
async def read_media(call: Call, media: str) -> web.FileResponse:
    """Return the bytes of a frame or a clip, or a range of them."""
    found, file = await call.parts.media.open(_name(media))
    return _file(file, found.content_type)


@routes.route(
    "GET",
    "/media/{media}/thumbnail",
    role=Role.VIEWER,
    errors=(404, 410),
    produces=("image/jpeg",),
)
async def read_thumbnail(call: Call, media: str) -> web.FileResponse:
    """Return a small picture of a frame, at most 320 pixels wide and high."""
    return _file(await call.parts.media.open_thumbnail(_name(media)), "image/jpeg")


def _sender(call: Call, device: str | None) -> str | None:
    """Return the device that the media come from; a bound key speaks for its own only."""
    bound = call.device
    if bound is None or device in (None, bound):
        return device or bound
    raise ApiError(403, "forbidden", f"This key speaks for the device {bound} only")


def _name(media: str) -> str:
    if not _ID.fullmatch(media):
        raise ApiError(404, "unknown_media", "Media are named by 64 hexadecimal digits")
    return media


def _file(file: Path, content_type: str) -> web.FileResponse:
    return web.FileResponse(file, headers=_HEADERS | {"Content-Type": content_type})
