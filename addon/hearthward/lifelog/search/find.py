"""Finding documents: by their words, by what they mean, and both in one order.

Common words have hundreds of thousands of documents, of which only the newest can matter: of the
words that tell most the newest are candidates, and of all words together. What is left is ranked by BM25 and by
the cosine of the vectors, with a little for being recent. The weights are measured; see
docs/lifelog.md.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from heapq import nlargest
from math import exp, log
import sqlite3
from typing import NamedTuple

import msgspec

from . import words
from .document import marks, narrowest, time_id
from .vectors import Floats, Vectors

# Candidates of each of the words that tell most, of all words together, and how many are ranked.
_TELLING = 3
_NEWEST = 200
_RANKED = 150

# Nearest texts that become candidates, and the newest documents of each.
_TEXTS = 50
_OF_TEXT = 3

# Nearest texts, and the newest documents of each, that are looked through for what filters leave.
_LOOKED_AT = 100
_FILTERED = 8

# When so few documents are meant at all, these are compared; else the nearest are filtered.
_MEANT = 1_000

# BM25 (Robertson and Zaragoza, 2009), for texts of about so many words.
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.4
_USUAL_LENGTH = 12.0
_COUNTED = 5_000
_DOCUMENTS = 20_000

_WEIGHT_WORDS = 1.0
_WEIGHT_MEANING = 1.3
_WEIGHT_RECENT = 0.1
_RECENT_DAYS = 30.0

# Cosines of texts that have nothing to do with each other, and of paraphrases.
_UNRELATED = 0.1
_SAME = 0.75
_FLOOR = 0.15

# In ids; see `document`.
_DAY = time_id(86_400.0)


_decode_ids = msgspec.json.Decoder(list[int]).decode


class Wanted(NamedTuple):
    """What is looked for: ids from `first` up to, not including, `end`; seqs up to `newest`.

    `narrowed` says that there are filters or a time. `now` is the id of the present.
    """

    words: tuple[str, ...]
    marks: frozenset[str]
    first: int
    end: int
    newest: int
    now: int
    narrowed: bool


type _Fields = tuple[str, str | None, str | None, str | None]


class Found(NamedTuple):
    """A document that was found."""

    id: int
    seq: int
    text: int
    summary: str
    person: str | None
    room: str | None
    score: float = 0.0


_decode_placed = msgspec.json.Decoder(list[tuple[int, int, _Fields]]).decode
_decode_found = msgspec.json.Decoder(list[Found]).decode


def newest(connection: sqlite3.Connection, wanted: Wanted, limit: int) -> list[Found]:
    """Return the newest documents that are meant, whatever their words."""
    ids = _ids(connection, _all(wanted.marks), wanted, limit)
    return sorted(_documents(connection, ids, wanted), reverse=True)


def ranked(
    connection: sqlite3.Connection,
    wanted: Wanted,
    vectors: Vectors | None,
    vector: Floats | None,
    *,
    by_words: bool = True,
) -> list[Found]:
    """Return the documents that are wanted, best first."""
    cosines: dict[int, float] = {}
    near: set[int] = set()
    told: dict[int, float] = {}
    weights = _weights(connection, wanted) if by_words else {}
    if by_words:
        told = _with_words(connection, wanted, weights)
    if vectors is not None and vector is not None:
        meant = _meant(connection, wanted)
        among = None if meant is None else meant.keys()
        cosines = dict(vectors.nearest(connection, vector, among))
        near.update(_of_texts(connection, wanted, cosines, meant))
    best = nlargest(_RANKED, told, key=lambda key: (told[key], key))
    documents = _documents(connection, near.union(best), wanted)
    score = _Score(weights, cosines, wanted.now)
    scored = [
        found._replace(score=score.of(found, told=found.id in told))
        for found in documents
    ]
    return sorted(scored, key=lambda found: (-found.score, -found.id))


def _weights(connection: sqlite3.Connection, wanted: Wanted) -> dict[str, float]:
    """Return how much each word tells: the rarer, the more."""
    total = _count(connection, "SELECT 1 FROM documents", (), _DOCUMENTS)
    weights = {}
    for word in wanted.words:
        match = "SELECT 1 FROM words WHERE words MATCH ?"
        count = min(total, _count(connection, match, (_any(word),), _COUNTED))
        weights[word] = log(1 + (total - count + 0.5) / (count + 0.5))
    return weights


def _count(
    connection: sqlite3.Connection, rows: str, values: tuple[str, ...], limit: int
) -> int:
    """Return how many rows there are, or `limit` when there are more."""
    statement = f"SELECT count(*) FROM ({rows} LIMIT {limit})"  # noqa: S608 - ours
    return int(connection.execute(statement, values).fetchone()[0])


def _with_words(
    connection: sqlite3.Connection, wanted: Wanted, weights: Mapping[str, float]
) -> dict[int, float]:
    """Return the newest documents of the telling words and of all, and what the words tell."""
    found: dict[int, float] = {}
    filters = tuple(_quoted(narrowest(wanted.marks)))
    for word in nlargest(_TELLING, weights, key=weights.__getitem__):
        match = " AND ".join((f"({_any(word)})", *filters))
        for key in _ids(connection, match, wanted, _NEWEST):
            found[key] = found.get(key, 0.0) + weights[word]
    if len(weights) > 1:
        every = " AND ".join(f"({_any(word)})" for word in weights)
        match = " AND ".join((every, *filters))
        total = sum(weights.values())
        found |= dict.fromkeys(_ids(connection, match, wanted, _NEWEST), total)
    return found


def _of_texts(
    connection: sqlite3.Connection,
    wanted: Wanted,
    cosines: Mapping[int, float],
    meant: Mapping[int, list[int]] | None,
) -> Iterator[int]:
    """Yield the newest documents of the nearest texts; `cosines` has the nearest first."""
    near = [text for text, cosine in cosines.items() if cosine > _FLOOR]
    if meant is None:
        meant = _newest_of(connection, wanted, near[:_LOOKED_AT])
    for text in [text for text in near if text in meant][:_TEXTS]:
        yield from meant[text][:_OF_TEXT]


def _newest_of(
    connection: sqlite3.Connection, wanted: Wanted, texts: Sequence[int]
) -> dict[int, list[int]]:
    """Return the newest documents of some texts that the filters leave."""
    (rows,) = connection.execute(
        "SELECT json_group_array("
        "json_array(d.id, d.text, json_array(d.kind, d.device, d.person, d.room)))"
        " FROM json_each(?) JOIN documents d ON d.id IN ("
        "  SELECT id FROM documents WHERE text = json_each.value"
        "  AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?)",
        (
            _json(texts),
            wanted.first,
            wanted.end,
            _FILTERED if wanted.marks else _OF_TEXT,
        ),
    ).fetchone()
    # Many documents, few rooms and people.
    fits = cache(lambda fields: wanted.marks.issubset(marks(*fields)))
    found: dict[int, list[int]] = {}
    for key, text, fields in _decode_placed(rows):
        if not wanted.marks or fits(fields):
            found.setdefault(text, []).append(key)
    for keys in found.values():
        keys.sort(reverse=True)
    return found


def _meant(
    connection: sqlite3.Connection, wanted: Wanted
) -> dict[int, list[int]] | None:
    """Return the documents that the filters leave, by their texts; None if they are many."""
    if not wanted.narrowed:
        return None
    ids = _ids(connection, _all(wanted.marks), wanted, _MEANT)
    if len(ids) == _MEANT:
        return None
    meant: dict[int, list[int]] = {}
    rows = connection.execute(
        "SELECT text, id FROM documents"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (_json(ids),),
    )
    for text, key in rows:
        meant.setdefault(text, []).append(key)
    return meant


def _ids(
    connection: sqlite3.Connection, match: str, wanted: Wanted, limit: int
) -> list[int]:
    """Return the newest documents of a full-text expression, or of all when it is empty.

    They come as one row: for each row the driver lets go of the interpreter and waits for it again.
    """
    matching = "words WHERE words MATCH ? AND" if match else "documents WHERE"
    (ids,) = connection.execute(
        f"SELECT json_group_array(rowid) FROM (SELECT rowid FROM {matching}"  # noqa: S608 - ours
        " rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)",
        (*filter(None, (match,)), wanted.first, wanted.end, limit),
    ).fetchone()
    return _decode_ids(ids)


def _documents(
    connection: sqlite3.Connection, ids: Iterable[int], wanted: Wanted
) -> list[Found]:
    (rows,) = connection.execute(
        "SELECT json_group_array("
        "json_array(d.id, d.seq, d.text, t.summary, d.person, d.room))"
        " FROM documents d JOIN texts t ON t.id = d.text"
        " WHERE d.id IN (SELECT value FROM json_each(?)) AND d.seq <= ?",
        (_json(ids), wanted.newest),
    ).fetchone()
    return _decode_found(rows)


class _Score:
    """How well documents fit what is looked for."""

    def __init__(
        self, weights: Mapping[str, float], cosines: Mapping[int, float], now: int
    ) -> None:
        """Take what each word tells, how near the texts are, and the id of the present."""
        self._weights = weights
        self._cosines = cosines
        self._now = now
        self._terms: dict[str | None, list[str]] = {None: []}
        self._said: dict[tuple[str, str | None, str | None], float] = {}

    def of(self, found: Found, *, told: bool) -> float:
        """Return the score of a document; `told` says that it may have the words."""
        cosine = self._cosines.get(found.text, 0.0)
        meant = (cosine - _UNRELATED) / (_SAME - _UNRELATED)
        age = max(0, self._now - found.id) / _DAY
        score = (
            _WEIGHT_WORDS * (self._relevance(found) if told else 0.0)
            + _WEIGHT_MEANING * min(1.0, max(0.0, meant))
            + _WEIGHT_RECENT * exp(-age / _RECENT_DAYS)
        )
        return round(score, 6)

    def _relevance(self, found: Found) -> float:
        """Return the BM25 of a document as a part of the most that it could be."""
        key = (found.summary, found.person, found.room)
        known = self._said.get(key)
        if known is None:
            there = [term for text in key for term in self._terms_of(text)]
            known = self._said[key] = _relevance(there, self._weights)
        return known

    def _terms_of(self, text: str | None) -> list[str]:
        known = self._terms.get(text)
        if known is None:
            known = self._terms[text] = words.terms(text or "")
        return known


def _relevance(there: Sequence[str], weights: Mapping[str, float]) -> float:
    length = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(there) / _USUAL_LENGTH
    reached = most = 0.0
    for wanted, weight in weights.items():
        count = words.best_likeness(wanted, there)
        reached += weight * count * (_SATURATION + 1) / (count + _SATURATION * length)
        most += weight * (_SATURATION + 1) / (1 + _SATURATION * (1 - _LENGTH_WEIGHT))
    return min(1.0, reached / most) if most else 0.0


def _any(word: str) -> str:
    """Return the full-text expression for a word and its kin."""
    stem = words.stem_of(word)
    return f'"{word}" OR "{stem}"' if stem else f'"{word}"'


def _quoted(tokens: Iterable[str]) -> Iterator[str]:
    return (f'"{token}"' for token in tokens)


def _all(marks: Collection[str]) -> str:
    return " AND ".join(_quoted(narrowest(marks)))


def _json(ids: Iterable[int]) -> str:
    """Return ids as one parameter, however many there are."""
    return msgspec.json.encode(list(ids)).decode()
