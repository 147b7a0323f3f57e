"""Media: frames and clips beside the lifelog, kept as files that are named by their content."""

from .collection import (
    DamagedMediaError,
    MediaError,
    MediaLibrary,
    MediaTooLargeError,
    Staged,
    UnknownMediaError,
    Upload,
)
from .content import CONTENTS, Content, UnsupportedContentError
from .files import LocalFiles, MediaFiles
from .forget import MediaEraser

__all__ = [
    "CONTENTS",
    "Content",
    "DamagedMediaError",
    "LocalFiles",
    "MediaEraser",
    "MediaError",
    "MediaFiles",
    "MediaLibrary",
    "MediaTooLargeError",
    "Staged",
    "UnknownMediaError",
    "UnsupportedContentError",
    "Upload",
]
