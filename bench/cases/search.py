"""Search over a million entries and a hundred thousand vectors, by a hub of its own, over HTTP.

The texts are sentences in six languages with names, rooms and hours; those of some thousands are
embedded by the bundled model, the vectors of their pairs are made of theirs. Queries are what people
ask: a word, a paraphrase, with and without a time, a room or a person.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import batched, cycle, islice
from pathlib import Path
import random
import re
import socket
import sys
from tempfile import TemporaryDirectory
import time
from typing import NamedTuple

import aiohttp
import numpy as np

from bench.figure import Figure, percentile
from bench.search_labels import EVENTS, LANGUAGES, NOTES
from hearthward.config import EmbeddingSettings, Settings
from hearthward.hub import open_parts
from hearthward.lifelog import Lifelog
from hearthward.lifelog.search import Search
from hearthward.lifelog.search.embedding import BundledEmbedder
from hearthward.lifelog.search.index import Index, Position, text_id
from hearthward.lifelog.search.narrate import Narrator
from hearthward.lifelog.search.vectors import Floats, load, pack, unit
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, Entry, EntryKind, Lane
from hearthward.model.security import Role

ENTRIES = 1_000_000
TEXTS = 100_000
SENTENCES = 6_000
QUERIES = 300
APPENDED = 40_000

GOAL_P95 = 50.0
GOAL_MISSED = 0.02
GOAL_MEMORY = 250.0

_UNIT = 1_000
_STEP = 5_000
_YEAR = 365 * 86_400.0
_ROOMS = ("Kitchen", "Bathroom", "Bedroom", "Hall", "Living room", "Cabin")
_PEOPLE = ("Erika", "Bob", "Zoë", "Juan", "花子", "小明", None, None)

# One of so many entries is for a person to read, where a home is measured.
_READ_SHARE = 20


class _Corpus(NamedTuple):
    texts: list[str]
    vectors: Floats


async def measure() -> AsyncIterator[Figure]:
    """Yield latency, memory, recall and what indexing costs."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        folder = Path(directory)
        settings = _settings(folder)
        async with BundledEmbedder(folder) as embedder:
            async for figure in _indexing(settings, await _corpus(embedder), embedder):
                yield figure
        async for figure in _searching(settings):
            yield figure
    for share, name in ((1, "notes alone"), (_READ_SHARE, "a home's measurements")):
        bare = await _append(share, index=False)
        yield Figure(
            bench="search",
            figure=f"appending {name} while they are indexed",
            value=await _append(share, index=True),
            unit="µs",
            peer="not indexed",
            peer_value=bare,
        )


def _settings(folder: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(
        data_dir=folder / "data",
        host="127.0.0.1",
        port=port,
        discovery=False,
        announce=False,
        time_zone="Europe/Berlin",
    )


def _asked() -> list[tuple[str, str]]:
    """Return what people look for, with their language."""
    notes = [
        (language, query)
        for language in LANGUAGES
        for _, *queries in NOTES[language]
        for query in queries
    ]
    return notes + [
        pair for _, queries in EVENTS for pair in zip(LANGUAGES, queries, strict=True)
    ]


async def _corpus(embedder: BundledEmbedder) -> _Corpus:
    """Return distinct texts and their vectors."""
    chance = random.Random(3)
    base = [note for notes in NOTES.values() for note, _, _ in notes]
    base += [event for event, _ in EVENTS] + [query for _, query in _asked()]
    sentences = list(
        dict.fromkeys(
            f"{chance.choice(base)}, {chance.choice(_ROOMS)} {chance.randrange(24)}:00"
            for _ in range(2 * SENTENCES)
        )
    )[:SENTENCES]
    parts = [await embedder.embed(batch) for batch in batched(sentences, 64)]
    embedded = np.concatenate(parts)
    pairs = np.random.default_rng(3).integers(0, SENTENCES, (TEXTS, 2))
    weights = np.random.default_rng(4).uniform(0.5, 0.9, (TEXTS, 1))
    vectors = unit(
        weights * embedded[pairs[:, 0]] + (1 - weights) * embedded[pairs[:, 1]]
    )
    texts = [
        f"{sentences[first]}. {sentences[second]} #{at}"
        for at, (first, second) in enumerate(pairs.tolist())
    ]
    return _Corpus(texts, vectors)


async def _indexing(
    settings: Settings, corpus: _Corpus, embedder: BundledEmbedder
) -> AsyncIterator[Figure]:
    """Fill a lifelog and its index; yield how long that takes and how right the nearest are."""
    index = Index(settings.data_dir / "search" / "home.db")
    async with open_parts(settings) as parts:
        narrator = Narrator(parts.registry.get)
        index.open()
        taken = 0.0
        for drafts in batched(_drafts(corpus.texts), _STEP):
            entries = await _stored(parts.lifelog, drafts)
            began = time.perf_counter()
            end = Position(entries[-1].seq, entries[-1].digest, index.generation)
            index.add(narrator.tell(entries), end)
            taken += time.perf_counter() - began
    yield _figure("indexing an entry", taken / ENTRIES * 1e6, "µs")
    ids = map(text_id, corpus.texts)
    index.put_vectors(zip(map(pack, corpus.vectors), ids, strict=True))
    index.note("embedder", embedder.name)
    began = time.perf_counter()
    for language, query in _asked():
        await embedder.embed([f"{language} {query}"])
    took = (time.perf_counter() - began) / len(_asked())
    yield _figure("embedding a query", took * 1e3, "ms")
    queries = await embedder.embed([query for _, query in _asked()])
    missed, nearest = _missed(index, corpus, queries)
    yield _figure("missed of the ten nearest vectors", missed, "", GOAL_MISSED)
    yield _figure("ten nearest of all vectors, p95", nearest, "ms")
    size = sum(file.stat().st_size for file in settings.data_dir.glob("search/home*"))
    yield _figure("index of an entry", size / ENTRIES, "bytes")
    index.close()


def _missed(index: Index, corpus: _Corpus, queries: Floats) -> tuple[float, float]:
    """Return the share of the exact nearest ten that are missed, and the p95, ms."""
    ids = np.array([text_id(text) for text in corpus.texts])
    missed, taken = 0, []
    with index.reader() as connection:
        vectors = load(connection)
        assert vectors is not None
        for query in queries:
            cosines = corpus.vectors @ query
            right = set(ids[np.argpartition(-cosines, 10)[:10]].tolist())
            began = time.perf_counter()
            found = vectors.nearest(connection, query)[:10]
            taken.append(time.perf_counter() - began)
            missed += len(right - {text for text, _ in found})
    return missed / (10 * len(queries)), percentile(taken, 95) * 1e3


def _drafts(texts: Sequence[str]) -> Iterator[Draft]:
    """Yield notes over a year; some texts are said much more often than others."""
    chance = random.Random(5)
    start = time.time() - _YEAR
    for at in range(ENTRIES):
        often = int(TEXTS * chance.random() ** 3)
        text = texts[at if at < TEXTS else often]
        person = chance.choice(_PEOPLE)
        body = {"room": chance.choice(_ROOMS)} | ({"person": person} if person else {})
        ts = start + at * (_YEAR / ENTRIES)
        yield Draft(ts=ts, kind=EntryKind.NOTE, text=text, body=dict(body))


async def _stored(lifelog: Lifelog, drafts: Sequence[Draft]) -> list[Entry]:
    units = [lifelog.append(unit_, Lane.BULK) for unit_ in batched(drafts, _UNIT)]
    seqs = [seq for seqs in await asyncio.gather(*units) for seq in seqs]
    return await lifelog.read(seqs[0] - 1, len(seqs))


async def _searching(settings: Settings) -> AsyncIterator[Figure]:
    """Run the hub on what was filled; yield how long searches take and its memory."""
    async with open_parts(settings) as parts:
        token = (await parts.keys.create("bench", Role.VIEWER, "bench")).token
    async with (
        _hub(settings) as process,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{settings.port}",
            headers={"Authorization": f"Bearer {token}"},
        ) as session,
    ):
        await _ready(session)
        for name, queries in _queries().items():
            taken = [await _search(session, query) for query in queries]
            yield _figure(f"{name}, p95", percentile(taken, 95) * 1e3, "ms", GOAL_P95)
        status = Path(f"/proc/{process.pid}/status").read_text()
    for field, name in (("VmRSS", "RSS of the hub"), ("VmHWM", "most it ever was")):
        found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        yield _figure(name, int(found[1]) / 1024, "MiB", GOAL_MEMORY)


def _queries() -> dict[str, list[dict[str, str]]]:
    chance = random.Random(6)
    asked = [{"q": query, "language": name} for name, query in _asked()]
    plain = [chance.choice(asked) for _ in range(QUERIES)]
    times = cycle(("yesterday", "last week", "in March", "last Tuesday evening"))
    return {
        "words and meaning": plain,
        "words alone": [query | {"mode": "text"} for query in plain],
        "with a time": [
            {"q": f"{query['q']} {when}", "language": "en"}
            for query, when in zip(plain, times, strict=False)
        ],
        "with a room and a person": [
            query | {"room": chance.choice(_ROOMS), "person": "Zoë"} for query in plain
        ],
        "a time alone": [{"q": when} for when in islice(times, QUERIES)],
    }


@asynccontextmanager
async def _hub(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a hub as a program of its own."""
    config = settings.data_dir.parent / "hearthward.toml"
    config.write_text(
        f'data_dir = "{settings.data_dir}"\nhost = "127.0.0.1"\n'
        f"port = {settings.port}\ndiscovery = false\nannounce = false\n"
        f'time_zone = "{settings.time_zone}"\nlog_level = "warning"\n'
    )
    program = Path(sys.executable).with_name("hearthward")
    process = await asyncio.create_subprocess_exec(
        program, "hub", "--config", config, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _ready(session: aiohttp.ClientSession) -> None:
    """Wait until the hub answers and its index and model are loaded."""
    async with asyncio.timeout(300):
        while True:
            try:
                async with session.get("/api/v1/search?q=radiator&limit=1") as response:
                    answer = await response.json()
            except aiohttp.ClientConnectionError:
                answer = {}
            if answer.get("semantic") and answer.get("complete", True):
                return
            await asyncio.sleep(0.2)


async def _search(session: aiohttp.ClientSession, query: dict[str, str]) -> float:
    began = time.perf_counter()
    async with session.get("/api/v1/search", params=query) as response:
        answer = await response.json()
        assert response.status == 200, answer
    return time.perf_counter() - began


async def _append(share: int, *, index: bool) -> float:
    """Return how long an append takes, µs, when one of `share` entries is for reading."""
    with TemporaryDirectory(prefix="hearthward-bench-") as directory:
        folder = Path(directory)
        async with (
            Lifelog(SqliteStore(folder / "lifelog.db"), "home") as lifelog,
            Search(
                lifelog,
                lambda device: None,
                folder / "search",
                Settings().zone,
                EmbeddingSettings(),
            ) as search,
        ):
            following = asyncio.create_task(search.run()) if index else None
            now = time.time()
            drafts = [
                Draft(ts=now, kind=EntryKind.NOTE, text=f"She has slept well, {at}")
                if at % share == 0
                else Draft(
                    ts=now, kind=EntryKind.STATE, device="d", point="t", value=float(at)
                )
                for at in range(APPENDED)
            ]
            began = time.perf_counter()
            await _stored_in_flight(lifelog, drafts)
            taken = time.perf_counter() - began
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
    return taken / APPENDED * 1e6


async def _stored_in_flight(lifelog: Lifelog, drafts: Sequence[Draft]) -> None:
    await asyncio.gather(
        *(lifelog.append(unit_, Lane.TELEMETRY) for unit_ in batched(drafts, _UNIT))
    )


def _figure(name: str, value: float, unit_: str, goal: float | None = None) -> Figure:
    return Figure(bench="search", figure=name, value=value, unit=unit_, goal=goal)
