"""Vectors of texts: three bits a dimension in memory, the exact ones on the disk.

A dimension's bits tell which of three thresholds it is above; how many bits two codes differ in
orders texts nearly as their cosine does. The nearest codes are compared exactly with what the
disk holds (16-bit floats). docs/lifelog.md tells what was measured.
"""

from collections.abc import Collection, Iterable
import sqlite3
import threading

import msgspec
import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float32]

# They divide a normal distribution in four equal parts; in units of a dimension's deviation.
_THRESHOLDS = (-0.67, 0.0, 0.67)
_RESCORED = 250

# Texts that are compared at a time; what is made of them stays in the processor's cache.
_COMPARED = 32_768

# Room is made for at least so many more.
_CHUNK = 8_192

# Vectors that are read at a time: what is freed again shall not stay with the process.
_LOADED = 500

# Of a dimension on the disk.
_BYTES = 2


class Vectors:
    """The codes of unit vectors, by the ids of their texts; safe to use from any thread."""

    def __init__(self, size: int) -> None:
        """Begin without any; vectors have `size` dimensions."""
        self.size = size
        self._lock = threading.Lock()
        self._words = -(-len(_THRESHOLDS) * size // 64)
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        # A column is a text, so that the same word of many texts lies together.
        self._codes: NDArray[np.uint64] = np.empty((self._words, 0), np.uint64)
        self._count = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return self._count

    def add(self, ids: Collection[int], vectors: Floats) -> None:
        """Take vectors, one a row."""
        codes = self._encode(vectors)
        with self._lock:
            start, end = self._count, self._count + len(vectors)
            if end > len(self._ids):
                self._make_room(end + max(_CHUNK, end // 8))
            self._ids[start:end] = np.fromiter(ids, np.int64, len(vectors))
            self._codes[:, start:end] = codes
            self._count = end

    def remove(self, ids: Collection[int]) -> None:
        """Drop the vectors of texts."""
        with self._lock:
            gone = np.fromiter(ids, np.int64, len(ids))
            kept = ~np.isin(self._ids[: self._count], gone)
            self._ids = self._ids[: self._count][kept]
            self._codes = self._codes[:, : self._count][:, kept]
            self._count = len(self._ids)

    def nearest(
        self,
        connection: sqlite3.Connection,
        wanted: Floats,
        among: Collection[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return the nearest texts to a unit vector and their cosines, nearest first.

        There are up to some hundreds, the first ten almost certainly right. Only texts `among` some
        are meant, if that is given.
        """
        with self._lock:
            ids, codes = self._ids[: self._count], self._codes[:, : self._count]
        if among is not None:
            chosen = np.isin(ids, np.fromiter(among, np.int64, len(among)))
            ids, codes = ids[chosen], codes[:, chosen]
        if not len(ids):
            return []
        near = _nearest(codes, self._encode(wanted[None])[:, 0], _RESCORED)
        return self._rescore(connection, ids[near].tolist(), wanted)

    def _rescore(
        self, connection: sqlite3.Connection, ids: list[int], wanted: Floats
    ) -> list[tuple[int, float]]:
        rows = connection.execute(
            "SELECT id, vector FROM texts WHERE vector NOT NULL"
            " AND id IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(ids).decode(),),
        ).fetchall()
        if not rows:
            return []
        exact = unpack(b"".join(vector for _, vector in rows), self.size)
        cosines = exact @ wanted
        order = np.argsort(-cosines)
        return [(rows[at][0], float(cosines[at])) for at in order.tolist()]

    def _encode(self, vectors: Floats) -> NDArray[np.uint64]:
        deviation = 1 / np.sqrt(self.size)
        bits = np.zeros((len(vectors), self._words * 64), np.bool_)
        for at, threshold in enumerate(_THRESHOLDS):
            column = bits[:, at * self.size : (at + 1) * self.size]
            np.greater(vectors, threshold * deviation, out=column)
        return np.packbits(bits, axis=1).view(np.uint64).T

    def _make_room(self, texts: int) -> None:
        ids = np.empty(texts, np.int64)
        ids[: self._count] = self._ids[: self._count]
        codes = np.empty((self._words, texts), np.uint64)
        codes[:, : self._count] = self._codes[:, : self._count]
        self._ids, self._codes = ids, codes


def load(connection: sqlite3.Connection) -> Vectors | None:
    """Return the vectors that the index holds, if it holds any."""
    rows = connection.execute("SELECT id, vector FROM texts WHERE vector NOT NULL")
    vectors: Vectors | None = None
    while found := rows.fetchmany(_LOADED):
        size = len(found[0][1]) // _BYTES
        vectors = vectors or Vectors(size)
        exact = unpack(b"".join(vector for _, vector in found), size)
        vectors.add([text for text, _ in found], exact)
    return vectors


def pack(vector: Floats) -> bytes:
    """Return what the disk holds of a vector."""
    return vector.astype("<f2").tobytes()


def unpack(packed: bytes, size: int) -> Floats:
    """Return packed vectors, one a row."""
    return np.frombuffer(packed, "<f2").reshape(-1, size).astype(np.float32)


def _nearest(
    codes: NDArray[np.uint64], wanted: NDArray[np.uint64], limit: int
) -> NDArray[np.intp]:
    """Return the columns that differ least from a code, in no order."""
    distances = np.zeros(codes.shape[1], np.uint16)
    for start in range(0, len(distances), _COMPARED):
        part = distances[start : start + _COMPARED]
        for word, bits in zip(codes[:, start : start + _COMPARED], wanted, strict=True):
            part += np.bitwise_count(word ^ bits)
    if len(distances) <= limit:
        return np.arange(len(distances))
    return np.argpartition(distances, limit)[:limit]


def unit(rows: Iterable[Iterable[float]]) -> Floats:
    """Return rows as unit vectors; a zero vector stays one."""
    vectors = np.array([[*row] for row in rows], np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors
