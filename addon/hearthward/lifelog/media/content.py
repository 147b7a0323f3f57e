"""What a file holds, told by its bytes and not by what its sender claims."""

from pathlib import Path
from typing import NamedTuple

from hearthward.model.media import MediaKind

# A thumbnail fits this square, in pixels.
_EDGE = 320
_QUALITY = 80

# The largest frame that is decoded, in pixels: a file of some kilobytes may claim gigabytes.
_MOST_PIXELS = 64_000_000

_HEAD = 16


class Content(NamedTuple):
    """What a file holds; `suffix` is for names that people see."""

    kind: MediaKind
    content_type: str
    suffix: str


_JPEG = Content(MediaKind.FRAME, "image/jpeg", ".jpg")
_PNG = Content(MediaKind.FRAME, "image/png", ".png")
_WEBP = Content(MediaKind.FRAME, "image/webp", ".webp")
_WAV = Content(MediaKind.CLIP, "audio/wav", ".wav")
_FLAC = Content(MediaKind.CLIP, "audio/flac", ".flac")
_OGG = Content(MediaKind.CLIP, "audio/ogg", ".ogg")
_MP3 = Content(MediaKind.CLIP, "audio/mpeg", ".mp3")

CONTENTS = (_JPEG, _PNG, _WEBP, _WAV, _FLAC, _OGG, _MP3)

_BY_TYPE = {content.content_type: content for content in CONTENTS}
_FORMATS = {"JPEG": _JPEG, "PNG": _PNG, "WEBP": _WEBP}


class UnsupportedContentError(Exception):
    """The file is none that is kept; the message says which are."""

    code = "unsupported_media"


def suffix(content_type: str) -> str:
    """Return the suffix of a file's name by its content type."""
    known = _BY_TYPE.get(content_type)
    return known.suffix if known else ".bin"


def recognize(file: Path) -> Content:
    """Return what a file holds by its first bytes; blocks.

    Raises:
        UnsupportedContentError: It is none of the types that are kept.

    """
    with file.open("rb") as stream:
        found = _recognize(stream.read(_HEAD))
    if found is None:
        known = ", ".join(sorted(_BY_TYPE))
        raise UnsupportedContentError(f"Send a file of one of these types: {known}")
    return found


def _recognize(head: bytes) -> Content | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": _WEBP, b"WAVE": _WAV}.get(head[8:12])
    for start, content in (
        (b"\xff\xd8\xff", _JPEG),
        (b"\x89PNG\r\n\x1a\n", _PNG),
        (b"fLaC", _FLAC),
        (b"OggS", _OGG),
        (b"ID3", _MP3),
    ):
        if head.startswith(start):
            return content
    # An MPEG audio frame of layer III without a tag before it.
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return _MP3 if is_frame else None


def make_thumbnail(frame: Path, thumbnail: Path) -> None:
    """Write a small JPEG of a frame, upright and without its metadata; blocks.

    Raises:
        UnsupportedContentError: The frame cannot be decoded.

    """
    # A hub that sees no frame does without the library.
    from PIL import Image, ImageOps

    try:
        with Image.open(frame, formats=list(_FORMATS)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise UnsupportedContentError(
                    f"Send a frame of at most {_MOST_PIXELS // 1_000_000} megapixels"
                )
            image.draft("RGB", (_EDGE * 2, _EDGE * 2))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((_EDGE, _EDGE))
            upright.convert("RGB").save(thumbnail, "JPEG", quality=_QUALITY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnsupportedContentError(
            f"Send the frame again, it is damaged: {error}"
        ) from None
