"""Files of a backup: compressed, and sealed when there is a passphrase.

A sealed file is a magic text, 8 random bytes, and chunks: their length (4 bytes, big endian) and
AES-256-GCM of at most a mebibyte, whose nonce is the random bytes and the chunk's number (4 bytes)
and whose associated data is 1 for the last chunk and 0 for the others, so that none can be left
out. The key is made of the passphrase with scrypt (RFC 7914; N 2^15, r 8, p 1).
"""

from collections.abc import Iterator
from contextlib import contextmanager
import gzip
from hashlib import scrypt, sha256
import hmac
import os
from pathlib import Path
import shutil
import struct
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT_SIZE = 16

_MAGIC = b"hearthward sealed 1\0"
_RANDOM = 8
_CHUNK = 1024 * 1024
_TAG = 16
_COST = 2**15
_MEMORY = 128 * 1024 * 1024


class SealError(Exception):
    """A file cannot be opened: the passphrase is another, or it was altered."""


class Key:
    """What a passphrase and a salt make."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        """Derive the key; takes a tenth of a second on purpose; blocks."""
        self.salt = salt
        secret = scrypt(
            passphrase.encode(),
            salt=salt,
            n=_COST,
            r=8,
            p=1,
            maxmem=_MEMORY,
            dklen=32,
        )
        self._cipher = AESGCM(secret)
        # Tells whether a passphrase is the same, and nothing of what it is.
        self.check = hmac.digest(secret, _MAGIC, "sha256").hex()

    def seal(self, source: IO[bytes], target: IO[bytes]) -> None:
        """Write what `source` holds, sealed."""
        random = os.urandom(_RANDOM)
        target.write(_MAGIC + random)
        chunk = source.read(_CHUNK)
        for number in range(2**32):
            following = source.read(_CHUNK)
            nonce = random + number.to_bytes(4)
            sealed = self._cipher.encrypt(nonce, chunk, bytes([not following]))
            target.write(struct.pack(">I", len(sealed)) + sealed)
            if not following:
                return
            chunk = following

    def open(self, source: IO[bytes], target: IO[bytes]) -> None:
        """Write what a sealed `source` holds.

        Raises:
            SealError: It cannot be opened.

        """
        if source.read(len(_MAGIC)) != _MAGIC:
            raise SealError("A file of the backup is not sealed as it should be")
        random = source.read(_RANDOM)
        header = source.read(4)
        for number in range(2**32):
            sealed = source.read(_length(header))
            header = source.read(4)
            try:
                target.write(
                    self._cipher.decrypt(
                        random + number.to_bytes(4), sealed, bytes([not header])
                    )
                )
            except InvalidTag:
                raise SealError(
                    "Give the passphrase that the backup was made with; if it is the one, "
                    "the backup is damaged"
                ) from None
            if not header:
                return


def store(source: Path, target: Path, key: Key | None) -> tuple[int, str]:
    """Write a file compressed, and sealed if there is a key; return its size and SHA-256."""
    packed = target.with_name(f"{target.name}.packing") if key else target
    with source.open("rb") as plain, gzip.open(packed, "wb", compresslevel=3) as into:
        shutil.copyfileobj(plain, into, _CHUNK)
    if key is not None:
        with packed.open("rb") as plain, target.open("wb") as sealed:
            key.seal(plain, sealed)
        packed.unlink()
    target.chmod(0o600)
    return measure(target)


def fetch(source: Path, target: Path, key: Key | None) -> None:
    """Write what `store` stored.

    Raises:
        SealError: It cannot be opened.

    """
    with _opened(source, target, key) as packed:
        try:
            with gzip.open(packed, "rb") as plain, target.open("wb") as into:
                shutil.copyfileobj(plain, into, _CHUNK)
        except (gzip.BadGzipFile, EOFError) as error:
            raise SealError(f"The backup is damaged: {source.name}: {error}") from None
    target.chmod(0o600)


def measure(file: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file, which is on the disk thereafter."""
    digest = sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        os.fsync(stream.fileno())
        return stream.tell(), digest.hexdigest()


def sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(source: Path, target: Path, key: Key | None) -> Iterator[Path]:
    if key is None:
        yield source
        return
    packed = target.with_name(f"{target.name}.packed")
    try:
        with source.open("rb") as sealed, packed.open("wb") as plain:
            key.open(sealed, plain)
        yield packed
    finally:
        packed.unlink(missing_ok=True)


def _length(header: bytes) -> int:
    if len(header) != 4:
        raise SealError("The backup is damaged: a file of it ends too early")
    length: int = struct.unpack(">I", header)[0]
    return min(length, _CHUNK + _TAG)
