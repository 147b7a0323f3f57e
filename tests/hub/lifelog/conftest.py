"""A lifelog with all that belongs to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearthward.lifelog import Lifelog
from hearthward.lifelog.checkpoints import Checkpoints, load_key
from hearthward.lifelog.forgetting.forgetting import Forgetting
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.proof import Verification

HOME = "home"


@dataclass(frozen=True, slots=True)
class Book:
    """A lifelog, what signs it and what forgets."""

    folder: Path
    lifelog: Lifelog
    checkpoints: Checkpoints
    forgetting: Forgetting

    async def verify(self) -> Verification:
        """Verify; the lifelog must be whole."""
        found = await self.lifelog.verify([self.checkpoints.public_key])
        assert found.problem is None
        return found


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Book]:
    """Open the lifelog of a folder."""
    folder.mkdir(exist_ok=True)
    store = SqliteStore(folder / "lifelog.db")
    async with Lifelog(store, HOME) as lifelog:
        checkpoints = Checkpoints(lifelog, load_key(folder))
        yield Book(folder, lifelog, checkpoints, Forgetting(lifelog, checkpoints))
        await checkpoints.close()


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    """Open a lifelog for a test."""
    async with opened(tmp_path) as found:
        yield found


def state(
    value: float, *, device: str = "heater", point: str = "burner", ts: float = 1.0
) -> Draft:
    """Return a draft of a state."""
    return Draft(ts=ts, kind=EntryKind.STATE, device=device, point=point, value=value)


def note(text: str, *, ts: float = 1.0, device: str | None = None) -> Draft:
    """Return a draft of a note."""
    return Draft(ts=ts, kind=EntryKind.NOTE, device=device, text=text)
