"""The ZIP of an export."""

from collections.abc import Callable, Iterable
from hashlib import sha256
import os
from pathlib import Path
import shutil
from typing import IO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from hearthward.lifelog.errors import LifelogUnavailableError

_CHUNK = 1024 * 1024
_HERE = Path(__file__).parent

# These explain and prove an export to somebody who has nothing but the file.
_ENCLOSED = {"README.md": _HERE / "enclosed.md", "verify.py": _HERE / "enclosed.py"}

# What is left on the disk for the lifelog itself.
SPARE_BYTES = 256 * 2**20

MANIFEST = "manifest.json"


class Member(NamedTuple):
    """A file that goes into the archive; media are compressed already."""

    name: str
    file: Path
    compress: bool = True


class Stopped(Exception):
    """The archive is not wanted any more."""


def pack(
    archive: Path,
    members: Iterable[Member],
    manifest: dict[str, object],
    stopped: Callable[[], bool],
) -> list[str]:
    """Write the archive, durably; return the names of members whose file is gone; blocks.

    The manifest comes last, as it tells the SHA-256 of every member.
    """
    sums: dict[str, str] = {}
    gone: list[str] = []
    draft = archive.with_suffix(".part")
    with ZipFile(draft, "w", ZIP_DEFLATED) as packed:
        for member in members:
            try:
                sums[member.name] = _add(packed, member, stopped)
            except FileNotFoundError:
                gone.append(member.name)
        for name, file in _ENCLOSED.items():
            sums[name] = _add(packed, Member(name, file), stopped)
        told = msgspec.json.encode(manifest | {"sha256": sums})
        packed.writestr(MANIFEST, msgspec.json.format(told))
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.rename(archive)
    return gone


def require_space(folder: Path) -> None:
    """Refuse to fill the disk; blocks.

    Raises:
        LifelogUnavailableError: There is not enough space.

    """
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise LifelogUnavailableError(
            f"Free some space: the disk that holds {folder} is nearly full"
        )


def copy_within_space(source: IO[bytes], file: Path) -> None:
    """Copy a stream to a file as long as the disk has space; blocks.

    Raises:
        LifelogUnavailableError: It has not.

    """
    with file.open("wb") as target:
        while chunk := source.read(_CHUNK):
            require_space(file.parent)
            target.write(chunk)


def _add(packed: ZipFile, member: Member, stopped: Callable[[], bool]) -> str:
    digest = sha256()
    with member.file.open("rb") as source:
        info = ZipInfo.from_file(member.file, member.name)
        info.compress_type = ZIP_DEFLATED if member.compress else ZIP_STORED
        with packed.open(info, "w", force_zip64=True) as target:
            while chunk := source.read(_CHUNK):
                if stopped():
                    raise Stopped
                digest.update(chunk)
                target.write(chunk)
    return digest.hexdigest()
