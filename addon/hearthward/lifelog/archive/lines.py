"""CSV and JSON Lines, record by record, each with its line number and its bytes."""

from collections.abc import Iterator
import csv
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import msgspec

from .fields import LineError
from .records import unguard

# The longest line that is looked at, in bytes.
_LONGEST = 1024 * 1024

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Record(NamedTuple):
    """A record of a file, or what is wrong with it; `raw` are its bytes.

    `end` is the offset behind it, `line` the number of its first line, counted from 1, and `lines`
    how many it has.
    """

    line: int
    lines: int
    end: int
    raw: bytes
    fields: dict[str, Any] | None
    problem: str | None = None


class _Lines:
    """The lines of a file as text, with where they are."""

    def __init__(self, stream: BinaryIO, line: int) -> None:
        self._stream = stream
        self.line = line
        self.offset = stream.tell()
        self.taken = bytearray()
        self.problem: str | None = None

    def begin(self) -> None:
        """Begin a new record."""
        self.taken.clear()
        self.problem = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(_LONGEST)
        if not raw:
            raise StopIteration
        self.line += 1
        self.offset += len(raw)
        self.taken += raw
        if len(raw) == _LONGEST and not raw.endswith(b"\n"):
            self._skip()
            self.problem = f"Shorten the line to less than {_LONGEST} bytes"
            return ""
        try:
            return raw.decode("utf-8-sig" if self.line == 1 else "utf-8")
        except UnicodeDecodeError:
            self.problem = "Save the file as UTF-8: a character of this line is not"
            return raw.decode("ascii", "replace")

    def _skip(self) -> None:
        """Pass over the rest of a line that is too long; it is kept with the record."""
        while raw := self._stream.readline(_LONGEST):
            self.offset += len(raw)
            self.taken += raw
            if raw.endswith(b"\n"):
                return


def read_jsonl(stream: BinaryIO, line: int) -> Iterator[Record]:
    """Yield the records from where the stream is; `line` lines were read before."""
    lines = _Lines(stream, line)
    while True:
        lines.begin()
        text = next(lines, None)
        if text is None:
            return
        if not text.strip() and lines.problem is None:
            continue
        fields, problem = None, lines.problem
        if problem is None:
            try:
                fields = _decode(text)
            except (msgspec.MsgspecError, RecursionError) as error:
                problem = f"Write one JSON object a line: {error}"
        yield Record(lines.line, 1, lines.offset, bytes(lines.taken), fields, problem)


def read_csv(stream: BinaryIO, line: int) -> Iterator[Record]:
    """Yield the records from where the stream is, or from behind the header.

    Raises:
        LineError: There is no header.

    """
    place = stream.tell()
    names, delimiter, start = _header(stream)
    stream.seek(place if line else start.offset)
    line = line or start.line
    lines = _Lines(stream, line)
    # A record may span several lines; it is read as soon as the last of them was.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        first = lines.line
        problem = None
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"Correct the quotes: {error}"
        if not any(cells) and problem is None and lines.problem is None:
            continue
        fields = None
        problem = lines.problem or problem
        if problem is None and len(cells) > len(names):
            problem = f"Give {len(names)} cells as in the header, not {len(cells)}"
        if problem is None:
            fields = {
                name: unguard(cell)
                for name, cell in zip(names, cells, strict=False)
                if cell and name
            }
        yield Record(
            first + 1,
            lines.line - first,
            lines.offset,
            bytes(lines.taken),
            fields,
            problem,
        )


def header(stream: BinaryIO) -> bytes:
    """Return the bytes of the header of a CSV."""
    start = _header(stream)[2]
    stream.seek(0)
    return stream.read(start.offset)


def _header(stream: BinaryIO) -> tuple[list[str], str, _Lines]:
    """Return the names of the columns, what separates them, and the place behind."""
    stream.seek(0)
    lines = _Lines(stream, 0)
    text = "".join(islice(lines, 1))
    delimiter = max(",;\t", key=text.count)
    names = next(csv.reader([text], delimiter=delimiter), [])
    if lines.problem or not any(names):
        raise LineError(lines.problem or "Begin the file with the names of its columns")
    return [name.strip().lower() for name in names], delimiter, lines
