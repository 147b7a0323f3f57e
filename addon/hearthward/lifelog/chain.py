"""Digests of entries and the hash chain over their batches.

An entry's digest is SHA-256 over a random salt and its fields as a JSON array; forgetting
the entry erases both, and what is left says nothing about what was erased. A batch's hash is
SHA-256 over the hash of the batch before, its first and last seq (8 bytes each, big endian)
and the SHA-256 of its entries' digests. That
hash alone is kept of a batch whose entries are all gone.
"""

from hashlib import blake2b, sha256
from itertools import batched
import struct
from typing import NamedTuple

import msgspec

START = bytes(32)
SALT_SIZE = 16
DIGEST_SIZE = 32

_KEY_SIZE = 16
_MAGIC = b"hearthward checkpoint 1\0"

_encode = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """An entry as the table holds it; the order of the fields is part of the digest."""

    home: str
    seq: int
    ts: float
    received: float
    kind: str
    device: str | None
    point: str | None
    value: float | None
    text: str | None
    body: str | None
    salt: bytes


type Plain = tuple[
    str,
    int,
    float,
    float,
    str,
    str | None,
    str | None,
    float | None,
    str | None,
    str | None,
    bytes,
]
"""The same as a plain tuple."""


def digest(row: Row) -> bytes:
    """Return the digest of an entry, 32 bytes."""
    return seal(row[:-1], row.salt)


def seal(fields: tuple[object, ...], salt: bytes) -> bytes:
    """Return the digest of an entry's fields, in the order of `Row`, with its salt."""
    return sha256(salt + _encode(fields)).digest()


def key_digest(device: str | None, key: str) -> bytes:
    """Return what is stored of the idempotency key of a device: 16 bytes of BLAKE2b.

    It tells nothing of what the sender wrote, and takes a third of the room.
    """
    device = device or ""
    said = f"{len(device)} {device} {key}"
    return blake2b(said.encode(), digest_size=_KEY_SIZE).digest()


def link(previous: bytes, first: int, last: int, digests: bytes) -> bytes:
    """Return the hash of a batch from the hash before it and its joined or folded digests."""
    seqs = first.to_bytes(8) + last.to_bytes(8)
    folded = digests if is_folded(first, last, digests) else fold(digests)
    return sha256(previous + seqs + folded).digest()


def fold(digests: bytes) -> bytes:
    """Return the hash that is kept of a batch's digests when all its entries are gone."""
    return sha256(digests).digest()


def is_folded(first: int, last: int, digests: bytes) -> bool:
    """Say whether only the hash of a batch's digests is left; that of one entry never is."""
    return last > first and len(digests) == DIGEST_SIZE


def split(digests: bytes) -> list[bytes]:
    """Return the digests of a batch one by one."""
    return [bytes(part) for part in batched(digests, DIGEST_SIZE, strict=True)]


def message(home: str, seq: int, ts: float, digest: bytes) -> bytes:
    """Return what a checkpoint signs: a magic text, the home and NUL, seq, ts, hash.

    The seq is 8 bytes and the ts a double (seconds since the epoch, UTC), both big-endian.
    """
    return _MAGIC + home.encode() + struct.pack(">xQd", seq, ts) + digest
