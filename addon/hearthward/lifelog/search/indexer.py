"""The follower that keeps the index in step with the lifelog, at its leisure.

It reads what was committed, never writes to the lifelog, and rests as long as it worked while it
catches up: appends do not wait for it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
import logging
import sqlite3
import time
from typing import Any

from hearthward.lifelog.log import Batch, Lifelog

from .document import Document
from .embedding import Embedder, EmbeddingError
from .index import Index, Position, is_broken
from .narrate import Narrator
from .vectors import Vectors, load, pack

_LOGGER = logging.getLogger(__name__)

# Entries that are told before the rest of the hub has its turn.
_TURN = 200

# Entries without words move the cursor only now and then, s.
_SAVE_S = 10.0

# Whoever asks waits so long, s, for the index to catch up, if only so many entries are left.
_PATIENCE_S = 0.3
_NEARLY = 5_000

# What is written within so long, s, is indexed together while nobody asks.
_LINGER_S = 1.0

_TEXTS = 16
_RETRY_S = 30.0


class Indexer:
    """Indexes the entries of a lifelog and embeds their texts."""

    def __init__(
        self,
        lifelog: Lifelog,
        index: Index,
        narrator: Narrator,
        embedder: Embedder | None,
    ) -> None:
        """Follow `lifelog`; without an `embedder` there are only words."""
        self.vectors: Vectors | None = None
        self._lifelog = lifelog
        self._index = index
        self._narrator = narrator
        self._embedder = embedder
        self._work: asyncio.Task[None] | None = None
        self._opened = False
        self._embedded = False
        self._more = asyncio.Event()
        self._advanced = asyncio.Event()
        self._asked = asyncio.Event()
        self._seen = 0
        self._saved = 0.0

    async def reach(self, seq: int) -> bool:
        """Tell whether all entries up to `seq` can be found; wait for the last of them."""
        if not self._opened or seq - self._seen > _NEARLY:
            return False
        self._asked.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while self._seen < seq or not self._embedded:
                    await self._advanced.wait()
        return self._seen >= seq and self._embedded

    async def run(self) -> None:
        """Index what is appended until the lifelog closes."""
        await self._persist(self._open)
        while True:
            self._work = asyncio.create_task(self._persist(self._index_and_embed))
            try:
                await asyncio.wait({self._work})
            finally:
                self._work.cancel()
            if not self._work.cancelled():
                return self._work.result()

    async def rebuild(self) -> None:
        """Begin anew; what is found is incomplete until the lifelog is read."""
        await self._reset()
        if self._work is not None:
            self._work.cancel()

    async def _persist(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do work again after what it can recover from: a damaged file, a full disk."""
        while True:
            try:
                return await work()
            except sqlite3.Error as error:
                if not is_broken(error):
                    _LOGGER.warning("The search index cannot be used: %s", error)
                    await asyncio.sleep(_RETRY_S)
                    continue
                _LOGGER.warning("The search index is damaged: built anew (%s)", error)
                await self._reset()

    async def _reset(self) -> None:
        self._opened = False
        await asyncio.to_thread(self._index.reset)

    async def _open(self) -> None:
        """Open the index; one that knows another past than the lifelog begins anew."""
        await asyncio.to_thread(self._index.open)
        if not await self._continues():
            _LOGGER.warning(
                "The lifelog is another one: the search index is built anew"
            )
            await asyncio.to_thread(self._index.reset)

    async def _index_and_embed(self) -> None:
        if self._embedder is not None:
            await asyncio.to_thread(self._load_vectors, self._embedder.name)
        self._seen = cursor = self._index.cursor
        self._narrator.begin(
            state for state in self._lifelog.states() if state.seq <= cursor
        )
        self._embedded = self._embedder is None
        self._opened = True
        embedding = asyncio.create_task(self._embed())
        following = asyncio.create_task(self._follow())
        try:
            await asyncio.wait(
                {embedding, following}, return_when=asyncio.FIRST_COMPLETED
            )
            # Either has failed, or the lifelog closes.
            for task in (embedding, following):
                if task.done():
                    task.result()
        finally:
            embedding.cancel()
            following.cancel()
            await asyncio.gather(embedding, following, return_exceptions=True)

    async def _continues(self) -> bool:
        cursor = self._index.cursor
        if cursor == 0:
            return True
        if cursor > self._lifelog.last:
            return False
        found = await self._lifelog.read(cursor - 1, 1)
        # An entry that is missing was erased since, which changes no past.
        if not found or found[0].seq != cursor:
            return True
        known = await asyncio.to_thread(self._index.about, "digest")
        return known == found[0].digest

    def _load_vectors(self, name: str) -> None:
        if self._index.about("embedder") != name:
            self._index.drop_vectors()
            self._index.note("embedder", name)
        with self._index.reader() as connection:
            self.vectors = load(connection)

    async def _follow(self) -> None:
        generation, after = self._index.generation, self._index.cursor
        while batch := await self._lifelog.next(after):
            if generation != self._index.generation:
                # Forgetting has found it damaged.
                raise sqlite3.OperationalError("it was built anew")
            started = time.monotonic()
            documents = await self._tell(batch)
            end = Position(batch.last, batch.entries[-1].digest, generation)
            await self._add(documents, end)
            self._seen = after = batch.last
            self._advance()
            if documents:
                await self._rest(time.monotonic() - started)

    async def _rest(self, worked: float) -> None:
        """Leave the machine to the others: as long as the work took, while there is more.

        Else what comes together is indexed together, or at once when somebody searches.
        """
        if self._seen < self._lifelog.last:
            await asyncio.sleep(worked)
            return
        self._asked.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                await self._asked.wait()

    def _advance(self) -> None:
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def _tell(self, batch: Batch) -> list[Document]:
        documents: list[Document] = []
        for start in range(0, len(batch.entries), _TURN):
            documents += self._narrator.tell(batch.entries[start : start + _TURN])
            await asyncio.sleep(0)
        return documents

    async def _add(self, documents: Sequence[Document], end: Position) -> None:
        now = time.monotonic()
        if not documents and now - self._saved < _SAVE_S:
            return
        await asyncio.to_thread(self._index.add, documents, end)
        self._saved = now
        if documents:
            self._embedded = self._embedder is None
            self._more.set()

    async def _embed(self) -> None:
        """Embed the texts that have no vector yet, and then each new one."""
        if self._embedder is None:
            return await asyncio.Future()
        while True:
            self._more.clear()
            texts = await asyncio.to_thread(self._index.without_vector, _TEXTS)
            if not texts:
                self._embedded = not self._more.is_set()
                self._advance()
                await self._more.wait()
                continue
            started = time.monotonic()
            try:
                await self._embed_texts(self._embedder, texts)
            except EmbeddingError as error:
                _LOGGER.warning("Texts are found by their words alone: %s", error)
                await asyncio.sleep(_RETRY_S)
            await asyncio.sleep(time.monotonic() - started)

    async def _embed_texts(
        self, embedder: Embedder, texts: Sequence[tuple[int, str]]
    ) -> None:
        found = await embedder.embed([summary for _, summary in texts])
        size = found.shape[1]
        if self.vectors is not None and self.vectors.size != size:
            _LOGGER.warning("The model's vectors are others now: all are made anew")
            await asyncio.to_thread(self._index.drop_vectors)
            self.vectors = None
            return
        ids = [text for text, _ in texts]
        await asyncio.to_thread(
            self._index.put_vectors, zip(map(pack, found), ids, strict=True)
        )
        if self.vectors is None:
            self.vectors = Vectors(size)
        self.vectors.add(ids, found)
