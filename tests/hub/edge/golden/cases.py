"""The golden cases, read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import yaml

from hearthward.model.entry import Entry, EntryKind


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message before any layout has written it."""

    at: float = 0
    id: str | None = None
    temperature: float | None = None
    motion: bool | None = None
    note: str | None = None
    button: str | None = None
    unit: str | None = None
    foreign: dict[str, str] = {}
    too_large: bool = False
    raw: str | None = None


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry that must be there; `said` is what the device's clock showed."""

    at: float | str
    point: str
    value: float | None = None
    text: str | None = None
    said: float | None = None


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device's story and what must come of it."""

    case: str
    says: tuple[Saying, ...]
    entries: tuple[Expected, ...]
    letters: tuple[str, ...] = ()
    now: dict[str, float] = {}
    kept: dict[str, str] = {}
    unless: tuple[str, ...] = ()


def load() -> list[Case]:
    """Return the cases."""
    text = (Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), list[Case])


def shown(
    entries: Sequence[Entry], begin: float, points: Mapping[str, str]
) -> list[Expected]:
    """Return entries as cases write them; `points` are the layout's own names of points."""
    plain = {theirs: ours for ours, theirs in points.items()}
    found = []
    for entry in entries:
        if entry.kind not in (EntryKind.STATE, EntryKind.EVENT):
            continue
        clock = (entry.body or {}).get("clock")
        said = None
        at: float | str = round(entry.ts - begin, 1)
        if isinstance(clock, dict):
            said = round(clock["said"] - begin, 1)
            at = "now" if abs(entry.ts - entry.received) < 30 else at
        value = None if entry.value is None else round(entry.value, 3)
        point = plain.get(entry.point or "", entry.point or "")
        found.append(Expected(at, point, value, entry.text, said))
    return sorted(found, key=lambda each: (str(each.at), each.point))


def kept(entries: Sequence[Entry]) -> dict[str, object]:
    """Return what a message had that nobody asked for."""
    found: dict[str, object] = {}
    for entry in entries:
        extra = (entry.body or {}).get("extra")
        if isinstance(extra, dict):
            found |= extra
        if entry.point and entry.text:
            found[entry.point] = entry.text
    return found
