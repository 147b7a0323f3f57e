"""Digests of entries and the hash chain over their batches.

An entry's digest is SHA-256 over a random salt and its fields as a JSON array; forgetting
the entry erases both, and what is left says nothing about what was erased. A batch's hash is
SHA-256 over the hash of the batch before, its first and last seq (8 bytes each, big endian)
and the SHA-256 of its entries' digests.
"""

from hashlib import sha256
from itertools import batched
from typing import NamedTuple

import msgspec

START = bytes(32)
SALT_SIZE = 16
DIGEST_SIZE = 32

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


def digest(row: Row) -> bytes:
    """Return the digest of an entry, 32 bytes."""
    return sha256(row.salt + _encode(row[:-1])).digest()


def link(previous: bytes, first: int, last: int, digests: bytes) -> bytes:
    """Return the hash of a batch from the hash before it and its joined digests."""
    seqs = first.to_bytes(8) + last.to_bytes(8)
    return sha256(previous + seqs + sha256(digests).digest()).digest()


def split(digests: bytes) -> list[bytes]:
    """Return the digests of a batch one by one."""
    return [bytes(part) for part in batched(digests, DIGEST_SIZE, strict=True)]
