"""The media of an export that is imported."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
import logging
from pathlib import Path
from typing import Self
from zipfile import BadZipFile, ZipFile

from hearthward.lifelog.media import (
    MediaLibrary,
    MediaTooLargeError,
    UnsupportedContentError,
    Upload,
)
from hearthward.model.entry import Draft, EntryKind, Lane

from .jobs import JobError
from .records import named_media

_LOGGER = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_FOLDER = "media/"


class Attachments:
    """The media in the ZIP of an export; use it as a context manager."""

    def __init__(self, archive: Path) -> None:
        """Name the ZIP."""
        self._file = archive

    def __enter__(self) -> Self:
        """Open the ZIP."""
        try:
            self._archive = ZipFile(self._file)
        except BadZipFile:
            raise JobError(
                "Give the ZIP that an export made, whole: this is none"
            ) from None
        self._members = {
            name.removeprefix(_FOLDER).partition(".")[0]: name
            for name in self._archive.namelist()
            if name.startswith(_FOLDER)
        }
        return self

    def __exit__(self, *error: object) -> None:
        """Close the ZIP."""
        self._archive.close()

    async def keep(self, library: MediaLibrary, drafts: Sequence[Draft]) -> list[Draft]:
        """Keep the media that these entries tell of; return those whose entry it brought."""
        kept = []
        for draft in drafts:
            names = named_media(draft.body or {})
            if draft.kind is EntryKind.MEDIA and len(names) == 1:
                if await self._keep_one(library, draft, names[0]):
                    kept.append(draft)
        return kept

    async def _keep_one(self, library: MediaLibrary, draft: Draft, name: str) -> bool:
        member = self._members.get(name)
        if member is None:
            return False
        body = draft.body or {}
        upload = Upload(
            ts=draft.ts,
            device=draft.device,
            person=_word(body.get("person")),
            room=_word(body.get("room")),
            text=draft.text,
            key=f"import {name} {draft.ts!r}",
        )
        try:
            async with library.receive(self._chunks(member)) as staged:
                if staged.id != name:
                    return False
                await library.keep(staged, upload, Lane.BULK)
        except (MediaTooLargeError, UnsupportedContentError, BadZipFile) as error:
            # The entry is taken over all the same, as one whose media are gone.
            _LOGGER.warning("%s of an import is not kept: %s", member, error)
            return False
        return True

    async def _chunks(self, member: str) -> AsyncGenerator[bytes]:
        with self._archive.open(member) as stream:
            while chunk := await asyncio.to_thread(stream.read, _CHUNK):
                yield chunk


def _word(said: object) -> str | None:
    return said if isinstance(said, str) else None
