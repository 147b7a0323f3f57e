"""A lifelog on a full disk, with the room that is kept for alarms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from hearthward.lifelog import Lifelog, LifelogUnavailableError, Transaction
from hearthward.lifelog.reserve import Reserve
from hearthward.model.entry import Draft, EntryKind, Lane

LARGE = Draft(ts=1.0, kind=EntryKind.EVENT, text="x" * 5_000)


@asynccontextmanager
async def full(
    lifelog: Lifelog, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Leave no other room within, and wait until all is well again behind."""

    def limit(transaction: Transaction, pages: int) -> None:
        transaction.execute(text(f"PRAGMA max_page_count = {pages}"))

    def overflow(transaction: Transaction) -> None:
        limit(transaction, 1)
        transaction.append([LARGE] * 99)

    with monkeypatch.context() as patched:
        patched.setattr(Reserve, "take", lambda reserve: False)
        with pytest.raises(LifelogUnavailableError, match="disk is full"):
            await lifelog.transact(overflow)
        await lifelog.transact(
            lambda transaction: limit(transaction, 10**6), Lane.ALARM
        )
        yield
        assert lifelog.failure
    while lifelog.failure:
        await lifelog.probe()
        await asyncio.sleep(0.1)
