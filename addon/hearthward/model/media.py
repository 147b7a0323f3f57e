"""Media: frames and audio clips, named by their content."""

from enum import StrEnum
from typing import Annotated

import msgspec

from .entry import Cursor, Moment

type MediaId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class MediaKind(StrEnum):
    """What a file holds."""

    FRAME = "frame"
    CLIP = "clip"


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stored file; `id` is the SHA-256 of its bytes, `seq` the entry that tells of it."""

    id: MediaId
    kind: MediaKind
    content_type: str
    size: int
    ts: float
    seq: int
    device: str | None = None
    person: str | None = None
    room: str | None = None
    text: str | None = None
    thumbnail: bool = False
    expires: float | None = None


class MediaQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which media are asked for, newest first; `cursor` is the `next` of the page before."""

    since: Moment | None = None
    until: Moment | None = None
    kind: MediaKind | None = None
    device: str | None = None
    person: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class MediaUpload(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is said of an uploaded file; `ts` is when it was so, now when it is left out."""

    ts: Moment | None = None
    device: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    person: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    room: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None


class DamagedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are missing or not what was uploaded, after all were read."""

    damaged: tuple[MediaId, ...]


class MediaPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Media that were asked for."""

    media: tuple[Media, ...]
    next: str | None = None
