"""Client of the hub's lifelog; knows nothing of Home Assistant."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from .client import HearthwardClient
from .lifelog_models import (
    DeadLetter,
    DeadLetterPage,
    Deleted,
    Erasure,
    Export,
    MediaPage,
    Replayed,
    SearchPage,
)
from .models import Entry

PIECE: Final = 256 * 1024
LETTERS_AT_ONCE: Final = 1000

type Fields = Mapping[str, Any]
"""The fields of the hub's request structs; those that are None are left out."""


class Lifelog:
    """Find, write, export and forget what happened."""

    def __init__(self, client: HearthwardClient) -> None:
        """Ask through `client`."""
        self._client = client

    async def search(self, **query: Any) -> SearchPage:
        """Return what was found (`SearchQuery`)."""
        return SearchPage.from_dict(
            await self._client.request("GET", "search", query=_given(query))
        )

    async def add_note(self, **note: Any) -> Entry:
        """Write something down (`NoteRequest`)."""
        return Entry.from_dict(
            await self._client.request("POST", "notes", body=_given(note))
        )

    async def media(self, **query: Any) -> MediaPage:
        """Return media, newest first (`MediaQuery`)."""
        return MediaPage.from_dict(
            await self._client.request("GET", "media", query=_given(query))
        )

    async def dead_letters(self, **query: Any) -> DeadLetterPage:
        """Return rejected messages, newest first (`DeadLetterQuery`)."""
        return DeadLetterPage.from_dict(
            await self._client.request("GET", "dead-letters", query=_given(query))
        )

    async def dead_letter(self, letter: int) -> DeadLetter:
        """Return a rejected message with its payload."""
        return DeadLetter.from_dict(
            await self._client.request("GET", f"dead-letters/{letter}")
        )

    async def replay(self, letter: int) -> Replayed:
        """Try a rejected message again."""
        return Replayed.from_dict(
            await self._client.request("POST", f"dead-letters/{letter}/replay")
        )

    async def replay_many(self, **query: Any) -> Replayed:
        """Try the rejected messages again that a query lists (`DeadLetterQuery`)."""
        return Replayed.from_dict(
            await self._client.request(
                "POST", "dead-letters/replay", query=_given(query)
            )
        )

    async def delete(self, letter: int) -> None:
        """Delete a rejected message."""
        await self._client.request("DELETE", f"dead-letters/{letter}")

    async def delete_many(self, **query: Any) -> int:
        """Delete the rejected messages that a query lists; return how many those were."""
        answer = await self._client.request(
            "DELETE", "dead-letters", query=_given(query)
        )
        return Deleted.from_dict(answer).deleted

    async def replay_all(self) -> Replayed:
        """Try all rejected messages again, as many at once as the hub takes."""
        accepted = rejected = 0
        before: int | None = None
        while True:
            page = await self.dead_letters(limit=LETTERS_AT_ONCE, before=before)
            done = await self.replay_many(limit=LETTERS_AT_ONCE, before=before)
            accepted += done.accepted
            rejected += done.rejected
            if (before := page.next) is None:
                return Replayed(accepted=accepted, rejected=rejected)

    async def delete_all(self) -> None:
        """Delete all rejected messages, as many at once as the hub takes."""
        while await self.delete_many(limit=LETTERS_AT_ONCE) >= LETTERS_AT_ONCE:
            pass

    async def start_export(self, **request: Any) -> Export:
        """Let the hub pack an export (`ExportRequest`)."""
        return Export.from_dict(
            await self._client.request("POST", "exports", body=_given(request))
        )

    async def export(self, export: str) -> Export:
        """Return how far an export is."""
        return Export.from_dict(await self._client.request("GET", f"exports/{export}"))

    async def export_file(self, export: str) -> AsyncIterator[bytes]:
        """Yield the file of an export piece by piece."""
        async with self._client.open(f"exports/{export}/file") as response:
            async for piece in response.content.iter_chunked(PIECE):
                yield piece

    async def forget(self, **request: Any) -> Erasure:
        """Erase for good, or only count (`ForgetRequest`)."""
        return Erasure.from_dict(
            await self._client.request("POST", "forget", body=_given(request))
        )

    async def set_privacy_mode(self, on: bool, until: float | None = None) -> None:
        """Stop recording what tells about people, or go on."""
        await self._client.request(
            "POST", "privacy/mode", body=_given({"on": on, "until": until})
        )


def _given(fields: Fields) -> dict[str, Any]:
    """Return the fields that are given."""
    return {name: value for name, value in fields.items() if value is not None}
