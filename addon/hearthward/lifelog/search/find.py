"""Finding documents: by their words, by what they mean, and both in one order.

Common words have hundreds of thousands of documents, of which only the newest can matter: of each
word the newest are candidates, and of all words together. What is left is ranked by BM25 and by
the cosine of the vectors, with a little for being recent. The weights are measured; see
docs/lifelog.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import exp, log
import sqlite3
from typing import NamedTuple

import msgspec

from . import words
from .document import time_id
from .vectors import Floats, Vectors

# Candidates of each word, of all of them together, and how many of these are ranked.
_NEWEST = 300
_RANKED = 400

# Nearest texts that become candidates, and the newest documents of each.
_TEXTS = 50
_OF_TEXT = 10

# When few documents are meant at all, all of them are compared; of more, the newest.
_MEANT = 5_000

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


class Wanted(NamedTuple):
    """What is looked for: ids from `first` up to, not including, `end`; seqs up to `newest`.

    `narrowed` says that there are filters or a time. `now` is the id of the present.
    """

    words: tuple[str, ...]
    marks: tuple[str, ...]
    first: int
    end: int
    newest: int
    now: int
    narrowed: bool


class Found(NamedTuple):
    """A document that was found."""

    id: int
    seq: int
    text: int
    summary: str
    person: str | None
    room: str | None
    score: float = 0.0


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
    candidates: dict[int, float] = {}
    weights = _weights(connection, wanted)
    if by_words:
        candidates = _with_words(connection, wanted, weights)
    if vectors is not None and vector is not None:
        meant = _meant(connection, wanted) if wanted.narrowed else None
        among = None if meant is None else meant.keys()
        cosines = dict(vectors.nearest(connection, vector, among))
        for key in _of_texts(connection, wanted, cosines, meant):
            candidates.setdefault(key, 0.0)
    best = sorted(candidates, key=lambda key: (candidates[key], key), reverse=True)
    scored = _score(
        _documents(connection, best[: _RANKED + _TEXTS * _OF_TEXT], wanted),
        weights if by_words else {},
        cosines,
        wanted.now,
    )
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
    """Return the newest documents of each word and of all, and what the words tell."""
    found: dict[int, float] = {}
    for word, weight in weights.items():
        match = " AND ".join((f"({_any(word)})", *_quoted(wanted.marks)))
        for key in _ids(connection, match, wanted, _NEWEST):
            found[key] = found.get(key, 0.0) + weight
    if len(weights) > 1:
        every = " AND ".join(f"({_any(word)})" for word in weights)
        match = " AND ".join((every, *_quoted(wanted.marks)))
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
    nearest = [text for text in cosines if cosines[text] > _FLOOR][:_TEXTS]
    for text in nearest:
        if meant is not None:
            yield from meant.get(text, ())[:_OF_TEXT]
            continue
        rows = connection.execute(
            "SELECT id FROM documents WHERE text = ? AND id >= ? AND id < ?"
            " ORDER BY id DESC LIMIT ?",
            (text, wanted.first, wanted.end, _OF_TEXT),
        )
        yield from (key for (key,) in rows)


def _meant(connection: sqlite3.Connection, wanted: Wanted) -> dict[int, list[int]]:
    """Return the newest documents that the filters leave, by their texts."""
    meant: dict[int, list[int]] = {}
    ids = _ids(connection, _all(wanted.marks), wanted, _MEANT)
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
    """Return the newest documents of a full-text expression, or of all when it is empty."""
    if match:
        rows = connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ?"
            " ORDER BY rowid DESC LIMIT ?",
            (match, wanted.first, wanted.end, limit),
        )
    else:
        rows = connection.execute(
            "SELECT id FROM documents WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?",
            (wanted.first, wanted.end, limit),
        )
    return [key for (key,) in rows]


def _documents(
    connection: sqlite3.Connection, ids: Iterable[int], wanted: Wanted
) -> list[Found]:
    rows = connection.execute(
        "SELECT d.id, d.seq, d.text, t.summary, d.person, d.room"
        " FROM documents d JOIN texts t ON t.id = d.text"
        " WHERE d.id IN (SELECT value FROM json_each(?)) AND d.seq <= ?",
        (_json(ids), wanted.newest),
    )
    return [Found(*row) for row in rows]


def _score(
    documents: Iterable[Found],
    weights: Mapping[str, float],
    cosines: Mapping[int, float],
    now: int,
) -> Iterator[Found]:
    said: dict[tuple[str, str | None, str | None], float] = {}
    for found in documents:
        key = (found.summary, found.person, found.room)
        if key not in said:
            said[key] = _relevance(" ".join(filter(None, key)), weights)
        meant = (cosines.get(found.text, 0.0) - _UNRELATED) / (_SAME - _UNRELATED)
        score = (
            _WEIGHT_WORDS * said[key]
            + _WEIGHT_MEANING * min(1.0, max(0.0, meant))
            + _WEIGHT_RECENT * exp(min(0, found.id - now) / _DAY / _RECENT_DAYS)
        )
        yield found._replace(score=round(score, 6))


def _relevance(text: str, weights: Mapping[str, float]) -> float:
    """Return the BM25 of a text as a part of the most that it could be."""
    there = [word.text for word in words.words(text)]
    length = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(there) / _USUAL_LENGTH
    reached = most = 0.0
    for wanted, weight in weights.items():
        count = max((words.likeness(wanted, word) for word in there), default=0.0)
        reached += weight * count * (_SATURATION + 1) / (count + _SATURATION * length)
        most += weight * (_SATURATION + 1) / (1 + _SATURATION * (1 - _LENGTH_WEIGHT))
    return min(1.0, reached / most) if most else 0.0


def _any(word: str) -> str:
    """Return the full-text expression for a word and its kin."""
    stem = words.stem_of(word)
    return f'"{word}" OR "{stem}"' if stem else f'"{word}"'


def _quoted(tokens: Iterable[str]) -> Iterator[str]:
    return (f'"{token}"' for token in tokens)


def _all(marks: Iterable[str]) -> str:
    return " AND ".join(_quoted(marks))


def _json(ids: Iterable[int]) -> str:
    """Return ids as one parameter, however many there are."""
    return msgspec.json.encode(list(ids)).decode()
