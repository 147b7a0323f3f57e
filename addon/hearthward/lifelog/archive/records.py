"""Entries on their way into an export: as JSON Lines, as CSV and as what their digests were made of."""

from collections.abc import Iterable
import csv
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TextIO

import msgspec

from hearthward.lifelog.chain import Row
from hearthward.model.entry import EntryKind

JSONL = "entries.jsonl"
CSV = "entries.csv"
STAMPED = "proof/entries.txt"
CHAIN = "proof/chain.jsonl"

COLUMNS = (
    "seq",
    "time",
    "ts",
    "received",
    "kind",
    "device",
    "point",
    "value",
    "text",
    "body",
    "digest",
)

# What a spreadsheet takes for a formula; the apostrophe makes it text, there and here
# (https://owasp.org/www-community/attacks/CSV_Injection).
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_GUARD = "'"

_TELLING_OF_MEDIA = frozenset({EntryKind.MEDIA.value, EntryKind.NOTE.value})

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Records:
    """The files of an export that grow with its entries; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        """Write to files in `folder`, which exists."""
        self._folder = folder
        self.entries = 0
        self.first: int | None = None
        self.last: int | None = None
        self.media: dict[str, None] = {}

    def __enter__(self) -> Self:
        """Begin the files."""
        self._jsonl = self.path(JSONL).open("wb")
        self._stamped = self.path(STAMPED).open("wb")
        self._chain = self.path(CHAIN).open("wb")
        # What a text holds stays what it is, line ends included.
        self._table: TextIO = self.path(CSV).open("w", newline="", encoding="utf-8")
        self._csv = csv.writer(self._table)
        self._csv.writerow(COLUMNS)
        return self

    def __exit__(self, *error: object) -> None:
        """Close the files."""
        for stream in (self._jsonl, self._stamped, self._chain, self._table):
            stream.close()

    def path(self, member: str) -> Path:
        """Return where the file of a member is."""
        return self._folder / member.replace("/", "-")

    def add(self, rows: Iterable[Row]) -> None:
        """Write entries, in ascending order."""
        for row in rows:
            canonical = _encode(row[:-1])
            digest = sha256(row.salt + canonical).hexdigest()
            self._jsonl.write(_encode(_record(row, digest)) + b"\n")
            self._stamped.write(b"%d %b " % (row.seq, row.salt.hex().encode()))
            self._stamped.write(canonical + b"\n")
            self._csv.writerow(_cells(row, digest))
            if row.kind in _TELLING_OF_MEDIA and row.body:
                self.media |= dict.fromkeys(named_media(_decode(row.body)))
            self.entries += 1
            self.first = row.seq if self.first is None else self.first
            self.last = row.seq

    def link(self, told: dict[str, object]) -> None:
        """Write a batch of the chain, in ascending order."""
        self._chain.write(_encode(told) + b"\n")


def named_media(body: dict[str, object]) -> list[str]:
    """Return the media that an entry's body names."""
    named = body.get("media")
    return (
        [name for name in named if isinstance(name, str)]
        if isinstance(named, list)
        else []
    )


def guard(text: str | None) -> str | None:
    """Return a cell that no spreadsheet takes for a formula."""
    return _GUARD + text if text and text.startswith(_RISKY) else text


def unguard(text: str) -> str:
    """Return what `guard` was given."""
    if text.startswith(_GUARD) and text[1:].startswith(_RISKY):
        return text[1:]
    return text


def _record(row: Row, digest: str) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "ts": row.ts,
        "received": row.received,
        "home": row.home,
        "kind": row.kind,
        "device": row.device,
        "point": row.point,
        "value": row.value,
        "text": row.text,
        "body": None if row.body is None else msgspec.Raw(row.body.encode()),
        "digest": digest,
    }


def _cells(row: Row, digest: str) -> tuple[object, ...]:
    return (
        row.seq,
        _iso(row.ts),
        row.ts,
        row.received,
        row.kind,
        guard(row.device),
        guard(row.point),
        row.value,
        guard(row.text),
        guard(row.body),
        digest,
    )


def _iso(ts: float) -> str:
    """Return a time as people read it; empty for one beyond the calendar."""
    try:
        return datetime.fromtimestamp(ts, UTC).isoformat()
    except ValueError, OverflowError, OSError:
        return ""
