"""Where the bytes of media are kept. A local folder by default; object storage fits the port."""

from collections.abc import Iterator
from contextlib import suppress
import os
from pathlib import Path
import re
from typing import Protocol
import uuid

_NAME = re.compile(r"[0-9a-f]{64}")
_THUMBNAIL = ".thumbnail"


class MediaFiles(Protocol):
    """Keeps files under the SHA-256 of their bytes; all methods block and bear repeating."""

    def stage(self) -> Path:
        """Return the path of a new file to write to, for `place` or `discard`."""

    def discard(self, staged: Path) -> None:
        """Drop a staged file."""

    def place(self, staged: Path, name: str, thumbnail: Path | None) -> None:
        """Keep a staged file, and its thumbnail; both are durable on return."""

    def fetch(self, name: str) -> Path:
        """Return a local path to read a kept file from; it may be missing."""

    def fetch_thumbnail(self, name: str) -> Path:
        """Return a local path to read a thumbnail from; it may be missing."""

    def remove(self, name: str) -> None:
        """Remove a file and its thumbnail; what a power loss brings back is removed again."""

    def names(self) -> Iterator[str]:
        """Return the names of all kept files."""

    def sweep(self) -> None:
        """Drop what was staged before the hub was started."""


class LocalFiles:
    """Files in a folder, spread over 256 folders within; see `MediaFiles`."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when needed."""
        self._folder = folder
        self._incoming = folder / "incoming"

    def stage(self) -> Path:
        """Return the path of a new file to write to."""
        _make(self._incoming)
        return self._incoming / uuid.uuid4().hex

    def discard(self, staged: Path) -> None:
        """Drop a staged file."""
        staged.unlink(missing_ok=True)

    def place(self, staged: Path, name: str, thumbnail: Path | None) -> None:
        """Keep a staged file and its thumbnail: synced, renamed, the folder synced."""
        place = self.fetch(name)
        _make(place.parent)
        _sync(staged)
        if thumbnail is not None:
            _sync(thumbnail)
            thumbnail.rename(self.fetch_thumbnail(name))
        staged.rename(place)
        _sync(place.parent)

    def fetch(self, name: str) -> Path:
        """Return the path of a file."""
        if not _NAME.fullmatch(name):
            raise ValueError("A file is named by the SHA-256 of its bytes")
        return self._folder / name[:2] / name

    def fetch_thumbnail(self, name: str) -> Path:
        """Return the path of a thumbnail."""
        return self.fetch(name).with_suffix(_THUMBNAIL)

    def remove(self, name: str) -> None:
        """Remove a file and its thumbnail, without waiting for the disk."""
        place = self.fetch(name)
        with suppress(FileNotFoundError):
            place.unlink()
        with suppress(FileNotFoundError):
            self.fetch_thumbnail(name).unlink()

    def names(self) -> Iterator[str]:
        """Return the names of all kept files, those with a lone thumbnail too."""
        for shard in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            found = {file.name.removesuffix(_THUMBNAIL) for file in shard.iterdir()}
            yield from sorted(name for name in found if _NAME.fullmatch(name))

    def sweep(self) -> None:
        """Drop what was staged before the hub was started."""
        if self._incoming.is_dir():
            for file in self._incoming.iterdir():
                file.unlink()


def _make(folder: Path) -> None:
    """Make a folder that outlives a power loss, for the eyes of its owner only."""
    if folder.is_dir():
        return
    _make(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
