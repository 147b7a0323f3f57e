"""The library of media: what was uploaded, found again, aged out and forgotten.

A file is durable before the entry that tells of it is appended, and removed after its last upload
is gone from the tables. A crash in between leaves at most a file that nobody knows, which the next
start sweeps.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import file_digest, sha256
import logging
from pathlib import Path
from threading import Lock
import time

import msgspec
from sqlalchemy import Connection, insert

from hearthward.config import MediaSettings
from hearthward.lifelog.errors import LifelogUnavailableError
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.schema import media
from hearthward.lifelog.transaction import Transaction
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.media import Media, MediaKind, MediaPage, MediaQuery

from . import rows
from .content import Content, make_thumbnail, recognize
from .files import MediaFiles

_LOGGER = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_AT_ONCE = 50
_PRUNE_INTERVAL = 3600.0

# How many files are known to be whole, so that they are not read through for each request.
_TRUSTED = 10_000


class MediaError(Exception):
    """Media cannot be had or taken; the message says what to do."""


class UnknownMediaError(MediaError):
    """There are no such media: they never were, aged out or were forgotten."""

    code = "unknown_media"


class DamagedMediaError(MediaError):
    """The file is missing or not what was uploaded."""

    code = "media_damaged"


class MediaTooLargeError(MediaError):
    """The file has more bytes than the hub takes."""

    code = "content_too_large"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an uploaded file; `key` makes a repeated upload a duplicate."""

    ts: float
    device: str | None = None
    person: str | None = None
    room: str | None = None
    text: str | None = None
    key: str | None = None


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was received and is not yet kept."""

    id: str
    size: int
    content: Content
    file: Path
    thumbnail: Path | None


class MediaLibrary:
    """The media of one home."""

    def __init__(
        self, lifelog: Lifelog, files: MediaFiles, settings: MediaSettings
    ) -> None:
        """Keep the bytes in `files` and what is known of them in the lifelog's tables."""
        self._lifelog = lifelog
        self._files = files
        self._settings = settings
        self._guard = Lock()
        self._placing: Counter[str] = Counter()
        self._staying = 0.0
        self._trusted: dict[str, tuple[int, int]] = {}
        self.bytes = 0

    async def load(self) -> None:
        """Sweep files that nobody knows: an upload was cut short, or a removal."""
        known, self.bytes = await self._lifelog.load(
            lambda connection: rows.summary(connection, self._lifelog.home)
        )
        if self._lifelog.failure:
            # Not all that is known can be read: nothing passes for unknown.
            return
        if swept := await asyncio.to_thread(self._sweep, known):
            _LOGGER.info("Swept %s media files that no entry tells of", swept)

    async def run(self) -> None:
        """Let media go that are older than the settings say, again and again."""
        while True:
            try:
                await self.prune()
            except LifelogUnavailableError as error:
                _LOGGER.warning("Old media stay for now: %s", error)
            await asyncio.sleep(_PRUNE_INTERVAL)

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[Staged]:
        """Write a file aside and look into it; what is not kept by the end is dropped.

        Raises:
            MediaTooLargeError: It has more bytes than the settings allow.
            UnsupportedContentError: It is no frame and no clip that is kept.

        """
        file = await asyncio.to_thread(self._files.stage)
        thumbnail = file.with_suffix(".thumbnail")
        try:
            name, size = await self._write(file, chunks)
            content = await asyncio.to_thread(_inspect, file, thumbnail)
            is_frame = content.kind is MediaKind.FRAME
            yield Staged(
                id=name,
                size=size,
                content=content,
                file=file,
                thumbnail=thumbnail if is_frame else None,
            )
        finally:
            await asyncio.to_thread(self._discard, (file, thumbnail))

    async def keep(
        self, staged: Staged, upload: Upload, lane: Lane = Lane.CONTROL
    ) -> Media:
        """Keep a received file, with the entry that tells of it; both are durable on return.

        Raises:
            LifelogUnavailableError: Neither is.

        """
        with self._guard:
            self._placing[staged.id] += 1
        try:
            try:
                await asyncio.to_thread(
                    self._files.place, staged.file, staged.id, staged.thumbnail
                )
            except OSError as error:
                raise LifelogUnavailableError(
                    f"The media folder cannot be written: {error.strerror}"
                ) from error
            kept = await self._lifelog.transact(
                lambda transaction: self._append(transaction, staged, upload), lane
            )
        finally:
            with self._guard:
                self._placing[staged.id] -= 1
                if not self._placing[staged.id]:
                    del self._placing[staged.id]
        self.bytes += kept.size
        if self.bytes > self._settings.quota:
            await self.prune()
        return kept

    async def find(self, name: str) -> Media:
        """Return the newest upload of a file.

        Raises:
            UnknownMediaError: There is none.

        """
        found = await self._lifelog.load(
            lambda connection: rows.by_id(connection, self._lifelog.home, name)
        )
        if found is None:
            raise UnknownMediaError(
                "There are no such media: they aged out, were forgotten or never were"
            )
        return self._finish(found)

    async def open(self, name: str) -> tuple[Media, Path]:
        """Return media and a local file with their bytes, which were checked.

        Raises:
            UnknownMediaError: There are none.
            DamagedMediaError: The file is missing or was altered.

        """
        found = await self.find(name)
        if not await asyncio.to_thread(self._is_whole, name):
            _LOGGER.error("The media file %s is damaged or missing", name)
            raise DamagedMediaError(
                "The file is damaged or missing: restore the media folder from a backup"
            )
        return found, self._files.fetch(name)

    async def open_thumbnail(self, name: str) -> Path:
        """Return a local file with the thumbnail of a frame.

        Raises:
            UnknownMediaError: There is none.
            DamagedMediaError: It is missing.

        """
        found = await self.find(name)
        if not found.thumbnail:
            raise UnknownMediaError("A clip has no thumbnail")
        file = self._files.fetch_thumbnail(name)
        if not await asyncio.to_thread(file.is_file):
            raise DamagedMediaError(
                "The thumbnail is missing: ask for the frame itself"
            )
        return file

    async def page(self, query: MediaQuery) -> MediaPage:
        """Return the uploads that a query asks for, newest first."""
        found, following = await self._lifelog.load(
            lambda connection: rows.page(connection, self._lifelog.home, query)
        )
        return MediaPage(media=tuple(map(self._finish, found)), next=following)

    async def damaged(self) -> list[str]:
        """Read every file through; return the names of those missing or altered."""
        known, _ = await self._lifelog.load(
            lambda connection: rows.summary(connection, self._lifelog.home)
        )
        self._trusted.clear()
        return [
            name
            for name in sorted(known)
            if not await asyncio.to_thread(self._is_whole, name)
        ]

    def stay(self, seconds: float) -> None:
        """Let nothing go for so long: somebody copies the files."""
        self._staying = time.monotonic() + seconds

    async def prune(self) -> int:
        """Let go of what is too old and, oldest first, of what exceeds the quota."""
        removed = 0
        if time.monotonic() < self._staying:
            return removed
        home = self._lifelog.home
        while doomed := await self._lifelog.load(self._overdue):
            seqs = [upload.seq for upload in doomed]
            names = {upload.id for upload in doomed}
            drop = partial(rows.remove, home=home, seqs=seqs)
            await self._lifelog.transact(drop, Lane.BULK)
            await self._lifelog.transact(partial(self.unlink, names=names), Lane.BULK)
            removed += len(doomed)
        # What was uploaded twice is kept once: count anew.
        _, self.bytes = await self._lifelog.load(
            lambda connection: rows.summary(connection, home)
        )
        return removed

    def unlink(self, transaction: Transaction, names: set[str]) -> None:
        """Remove files that no upload names any more; in the writer's thread, after a commit."""
        for name in names - rows.known(transaction, self._lifelog.home, names):
            with self._guard:
                # An upload of the same bytes is under way and brings its own file.
                if name not in self._placing:
                    self._files.remove(name)
                    self._trusted.pop(name, None)

    def _append(
        self, transaction: Transaction, staged: Staged, upload: Upload
    ) -> Media:
        content = staged.content
        said = {"person": upload.person, "room": upload.room}
        draft = Draft(
            ts=upload.ts,
            kind=EntryKind.MEDIA,
            device=upload.device,
            text=upload.text,
            body={
                "media": [staged.id],
                "content_type": content.content_type,
                "size": staged.size,
                **{name: value for name, value in said.items() if value is not None},
            },
            key=upload.key,
        )
        (seq,), repeated = transaction.append_new([draft])
        known = rows.by_seq(transaction, self._lifelog.home, seq) if repeated else None
        if known is not None:
            return self._finish(known)
        row = Media(
            id=staged.id,
            kind=content.kind,
            content_type=content.content_type,
            size=staged.size,
            ts=draft.ts,
            seq=seq,
            device=upload.device,
            person=upload.person,
            room=upload.room,
            text=upload.text,
            thumbnail=staged.thumbnail is not None,
        )
        if not repeated:
            transaction.execute(
                insert(media), rows.values(row) | {"home": self._lifelog.home}
            )
        return self._finish(row)

    def _overdue(self, connection: Connection) -> Sequence[Media]:
        """Return some of the oldest uploads that must go."""
        _, total = rows.summary(connection, self._lifelog.home)
        # Room for more than the next upload, or each one would look through all.
        quota = self._settings.quota
        excess = total - quota * 0.95 if total > quota else 0
        before = time.time() - self._settings.days * 86400
        return rows.oldest(
            connection, self._lifelog.home, before, int(excess), _AT_ONCE
        )

    async def _write(self, file: Path, chunks: AsyncIterable[bytes]) -> tuple[str, int]:
        """Write what comes, some at a time; return its SHA-256 and its size."""
        digest, size, waiting = sha256(), 0, bytearray()

        def flush() -> None:
            digest.update(waiting)
            with file.open("ab") as stream:
                stream.write(waiting)
            waiting.clear()

        try:
            async for chunk in chunks:
                waiting += chunk
                size += len(chunk)
                if size > min(self._settings.largest, self._settings.quota):
                    raise MediaTooLargeError(
                        f"Send a file of at most {self._settings.largest} bytes"
                    )
                if len(waiting) >= _CHUNK:
                    await asyncio.to_thread(flush)
            await asyncio.to_thread(flush)
        except OSError as error:
            raise LifelogUnavailableError(
                f"The media folder cannot be written: {error.strerror}"
            ) from error
        return digest.hexdigest(), size

    def _discard(self, files: Iterable[Path]) -> None:
        for file in files:
            self._files.discard(file)

    def _finish(self, found: Media) -> Media:
        """Add when media will be let go."""
        expires = found.ts + self._settings.days * 86400
        return msgspec.structs.replace(found, expires=expires)

    def _is_whole(self, name: str) -> bool:
        """Compare a file with its name, unless it was and did not change since."""
        try:
            with self._files.fetch(name).open("rb") as stream:
                state = Path(f"/proc/self/fd/{stream.fileno()}").stat()
                mark = (state.st_mtime_ns, state.st_size)
                if self._trusted.get(name) == mark:
                    return True
                if file_digest(stream, "sha256").hexdigest() != name:
                    return False
        except OSError:
            return False
        with self._guard:
            while len(self._trusted) >= _TRUSTED:
                self._trusted.pop(next(iter(self._trusted)))
            self._trusted[name] = mark
        return True

    def _sweep(self, known: set[str]) -> int:
        self._files.sweep()
        orphans = [name for name in self._files.names() if name not in known]
        for name in orphans:
            self._files.remove(name)
        return len(orphans)


def _inspect(file: Path, thumbnail: Path) -> Content:
    content = recognize(file)
    if content.kind is MediaKind.FRAME:
        make_thumbnail(file, thumbnail)
    return content
