"""Search: what was written, said and done, found by words, by meaning and by time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack
import logging
from pathlib import Path
import re
import sqlite3
import time
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from hearthward.config import EmbeddingSettings
from hearthward.lifelog import read
from hearthward.lifelog.errors import LifelogError, LifelogUnavailableError
from hearthward.lifelog.forgetting.scope import Eraser
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.transaction import Transaction
from hearthward.model.search import SearchHit, SearchMode, SearchPage, SearchQuery

from . import embedding, phrases, words
from .document import marks, time_id
from .embedding import Embedder, EmbeddingError
from .find import Found, Wanted, newest, ranked
from .index import Index, is_broken
from .indexer import Indexer
from .narrate import Devices, Narrator
from .phrases import Phrase
from .vectors import Floats

_LOGGER = logging.getLogger(__name__)

_THREADS = 2

_FIRST = -(2**63)

_CURSOR = re.compile(r"(\d{1,18})_(\d{1,10})_(\d{1,4})(?:_(-?\d{1,18}))?")

# How long, s, the lifelog's writer waits at a time for the index to be purged.
_PURGE_S = 0.02

# What a clock that is ahead may have written by now, s.
_AHEAD_S = 120.0

# A model that is slow must not keep the words from being found, s.
_PATIENCE_S = 3.0


class InvalidCursorError(LifelogError):
    """The cursor is not one that a page ended with."""

    code = "invalid_cursor"


class Place(NamedTuple):
    """Where a page begins: so many documents after the first of an answer given at `now`, s.

    `newest` is the last seq that the answer knew, so that later ones do not move it. A listing by
    time goes on before the document `before`.
    """

    newest: int
    now: int
    offset: int = 0
    before: int | None = None

    def __str__(self) -> str:
        """Return the place as a cursor."""
        before = "" if self.before is None else f"_{self.before}"
        return f"{self.newest}_{self.now}_{self.offset}{before}"


class Search:
    """The search of one home; a context that frees what it needs."""

    def __init__(
        self,
        lifelog: Lifelog,
        devices: Devices,
        folder: Path,
        zone: ZoneInfo,
        settings: EmbeddingSettings,
    ) -> None:
        """Index `lifelog` into `folder`; `devices` finds a device by its id."""
        self._lifelog = lifelog
        self._zone = zone
        self._index = Index(folder / f"{lifelog.home}.db")
        self._embedder: Embedder | None = embedding.create(settings, folder)
        self._indexer = Indexer(lifelog, self._index, Narrator(devices), self._embedder)

    @property
    def eraser(self) -> Eraser:
        """What forgets in the index what is forgotten in the lifelog."""
        return _Eraser(self._index, self._indexer, self._submit)

    async def __aenter__(self) -> Self:
        """Open the index and start the threads."""
        self._threads = ThreadPoolExecutor(_THREADS, "search")
        async with AsyncExitStack() as stack:
            stack.callback(self._index.close)
            stack.callback(self._threads.shutdown)
            if self._embedder is not None:
                await stack.enter_async_context(self._embedder)
            try:
                await asyncio.to_thread(self._index.open)
            except sqlite3.Error as error:
                # On a full disk the hub starts all the same; the indexer tries again.
                _LOGGER.warning("Nothing can be searched for now: %s", error)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        """End the threads and close the index."""
        await self._stack.aclose()

    def _submit(self, work: Callable[[], None]) -> Future[None]:
        return self._threads.submit(work)

    async def run(self) -> None:
        """Index what is appended until the lifelog closes."""
        await self._indexer.run()

    async def rebuild(self) -> None:
        """Throw the index away and index the whole lifelog anew."""
        await self._indexer.rebuild()

    async def find(self, query: SearchQuery) -> SearchPage:
        """Return what is found, best first, or newest first when only a time is given.

        Raises:
            InvalidCursorError: The cursor is not one that a page ended with.
            LifelogUnavailableError: The index cannot be read.

        """
        complete = await self._indexer.reach(self._lifelog.last)
        place = _place(query.cursor) or Place(self._lifelog.last, int(time.time()))
        phrase = phrases.find(query.q, query.language, place.now, self._zone)
        text = phrase.rest if phrase else query.q
        wanted = _wanted(query, words.asked(text), phrase, place)
        vector = None
        if wanted.words and query.mode is not SearchMode.TEXT:
            vector = await self._embed(text)
        found, after = await self._look(query, wanted, vector, place)
        entries = await self._lifelog.load(
            lambda connection: read.by_seqs(
                connection, self._lifelog.home, [each.seq for each in found]
            )
        )
        return SearchPage(
            hits=tuple(
                SearchHit(
                    entry=entries[each.seq],
                    summary=each.summary,
                    score=each.score,
                    highlights=words.highlights(each.summary, wanted.words),
                    person=each.person,
                    room=each.room,
                )
                for each in found
                if each.seq in entries
            ),
            time=phrase.span if phrase else None,
            complete=complete,
            semantic=vector is not None,
            next=after,
        )

    async def _embed(self, text: str) -> Floats | None:
        """Return the vector of a query, None when there is none to be had in time."""
        if self._embedder is None or self._indexer.vectors is None:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                vectors = await self._embedder.embed([text])
        except (EmbeddingError, TimeoutError) as error:
            _LOGGER.warning(
                "Only words were looked for: %s", error or "no vector in time"
            )
            return None
        first: Floats = vectors[0]
        return first

    async def _look(
        self, query: SearchQuery, wanted: Wanted, vector: Floats | None, place: Place
    ) -> tuple[list[Found], str | None]:
        """Return a page's documents and the cursor behind them."""

        def work() -> tuple[list[Found], str | None]:
            with self._index.reader() as connection:
                if not wanted.words:
                    return _listed(
                        newest(connection, wanted, query.limit + 1), query, place
                    )
                found = ranked(
                    connection,
                    wanted,
                    self._indexer.vectors,
                    vector,
                    by_words=query.mode is not SearchMode.SEMANTIC or vector is None,
                )
            end = place.offset + query.limit
            more = len(found) > end
            return found[place.offset : end], str(
                place._replace(offset=end)
            ) if more else None

        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except sqlite3.Error as error:
            if is_broken(error):
                await self.rebuild()
            raise LifelogUnavailableError(
                f"The search index cannot be read, try again later: {error}"
            ) from error


class _Eraser(Eraser):
    """Forgets in the index what is forgotten in the lifelog."""

    def __init__(
        self,
        index: Index,
        indexer: Indexer,
        submit: Callable[[Callable[[], None]], Future[None]],
    ) -> None:
        """Erase from `index` and the vectors of `indexer`; `submit` runs in a thread."""
        self._index = index
        self._indexer = indexer
        self._submit = submit
        self._generation = 0
        self._purging: Future[None] | None = None

    def erase_beside(self, seqs: Sequence[int]) -> None:
        """Erase documents, and the texts and vectors that nothing else has."""
        self._generation = self._index.generation
        self._erase(seqs)

    def erase_entries(self, transaction: Transaction, seqs: Sequence[int]) -> None:
        """Keep an index that has begun anew since then from taking them once more."""
        if self._index.generation != self._generation:
            self._erase(seqs)

    def _erase(self, seqs: Sequence[int]) -> None:
        try:
            texts = self._index.erase(seqs)
        except sqlite3.Error as error:
            if not is_broken(error):
                raise _unwritable(error) from error
            self._index.reset()
            return
        if texts and self._indexer.vectors is not None:
            self._indexer.vectors.remove(texts)

    def finish(self, transaction: Transaction) -> bool:
        """Leave nothing of it in the index's files; True while that is under way.

        It takes seconds for a large index, and the lifelog's writer must not wait for it.
        """
        try:
            if self._purging is None:
                self._purging = self._submit(self._purge)
            self._purging.result(_PURGE_S)
        except TimeoutError:
            return True
        except sqlite3.Error as error:
            self._purging = None
            raise _unwritable(error) from error
        self._purging = None
        return False

    def _purge(self) -> None:
        while not self._index.purge():
            time.sleep(_PURGE_S)


def _unwritable(error: sqlite3.Error) -> LifelogUnavailableError:
    """Say it as an error of the index's own: the lifelog itself is well."""
    return LifelogUnavailableError(f"The search index cannot be written: {error}")


def _listed(
    found: list[Found], query: SearchQuery, place: Place
) -> tuple[list[Found], str | None]:
    """Return a page of a listing by time and its cursor."""
    shown = found[: query.limit]
    more = len(found) > query.limit
    return shown, str(place._replace(before=shown[-1].id)) if more else None


def _wanted(
    query: SearchQuery, asked: tuple[str, ...], phrase: Phrase | None, place: Place
) -> Wanted:
    """Return what a query and its time phrase ask for, as of its first page."""
    span = (phrase.span.since, phrase.span.until) if phrase else (None, None)
    since = [ts for ts in (query.since, span[0]) if ts is not None]
    until = [ts for ts in (query.until, span[1]) if ts is not None]
    chosen = frozenset(marks(query.kind, query.device, query.person, query.room))
    # Nothing new shall move the pages behind the first.
    end = time_id(min((*until, place.now + _AHEAD_S)))
    if place.before is not None:
        end = min(end, place.before)
    return Wanted(
        words=asked,
        marks=chosen,
        first=time_id(max(since)) if since else _FIRST,
        end=end,
        newest=place.newest,
        now=time_id(place.now),
        narrowed=bool(chosen or since or until),
    )


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidCursorError("Give the `next` of the page before as the cursor")
    newest_seq, now, offset, before = found.groups()
    return Place(
        newest=int(newest_seq),
        now=int(now),
        offset=int(offset),
        before=None if before is None else int(before),
    )
