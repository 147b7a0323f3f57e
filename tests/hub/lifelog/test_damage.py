"""A damaged file: the hub starts, reads what it can, tells alarms and writes nothing."""

from pathlib import Path
import sqlite3

import pytest

from hearthward.lifelog import LifelogUnavailableError
from hearthward.model.entry import Draft, Entry, EntryKind, Lane

from .conftest import Book, note, opened, state

PAGE = 4096


def write(file: Path, offset: int, data: bytes) -> None:
    """Overwrite a part of a file."""
    with file.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)


def root_page(file: Path, table: str) -> int:
    """Return where the first page of a table begins."""
    with sqlite3.connect(file) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    database.close()
    return int(page - 1) * PAGE


async def is_told_and_not_stored(book: Book) -> None:
    """Check that an alarm reaches the listeners once and its producer hears of the failure."""
    told: list[Entry] = []
    book.lifelog.on_unstored(told.extend)
    alarm = Draft(ts=2.0, kind=EntryKind.EVENT, device="button", text="help")
    for _ in range(3):
        with pytest.raises(LifelogUnavailableError, match="restore"):
            await book.lifelog.append([alarm], Lane.ALARM)
    with pytest.raises(LifelogUnavailableError, match="restore"):
        await book.lifelog.append([note("x")])
    assert [(entry.seq, entry.text) for entry in told] == [(0, "help")]
    assert "restore" in (book.lifelog.failure or "")


async def test_a_file_that_is_no_lifelog_does_not_keep_the_hub_from_starting(
    tmp_path: Path,
) -> None:
    """It is left as it is."""
    file = tmp_path / "lifelog.db"
    file.write_bytes(b"not a database" * 500)
    async with opened(tmp_path) as book:
        book.lifelog.seal()
        await is_told_and_not_stored(book)
        assert await book.lifelog.read(0, 10) == []
    assert file.read_bytes() == b"not a database" * 500


async def test_what_can_be_read_of_a_damaged_file_is_read(tmp_path: Path) -> None:
    """A table that is broken does not take the others with it."""
    file = tmp_path / "lifelog.db"
    async with opened(tmp_path) as book:
        await book.lifelog.append([state(21.5), note("yesterday")])
    write(file, root_page(file, "batches"), b"\xff" * PAGE)
    before = file.read_bytes()
    async with opened(tmp_path) as book:
        book.lifelog.seal()
        await is_told_and_not_stored(book)
        known = book.lifelog.state("heater", "burner")
        assert known is not None
        assert known.value == 21.5
    assert file.read_bytes() == before


async def test_damage_that_is_met_on_the_way_stops_all_writing(tmp_path: Path) -> None:
    """From the first write that meets it, nothing is written any more."""
    file = tmp_path / "lifelog.db"
    async with opened(tmp_path) as book:
        await book.lifelog.append([state(21.5)])
    write(file, root_page(file, "idempotency"), b"\xff" * PAGE)
    async with opened(tmp_path) as book:
        keyed = Draft(ts=1.0, kind=EntryKind.NOTE, text="a", key="k")
        with pytest.raises(LifelogUnavailableError, match="restore"):
            await book.lifelog.append([keyed])
        await is_told_and_not_stored(book)
        assert len(await book.lifelog.read(0, 10)) == 1


async def test_verification_says_that_a_file_is_damaged(tmp_path: Path) -> None:
    """Not that somebody altered it."""
    file = tmp_path / "lifelog.db"
    async with opened(tmp_path) as book:
        await book.lifelog.append([state(21.5)])
    write(file, root_page(file, "entries"), b"\xff" * PAGE)
    async with opened(tmp_path) as book:
        with pytest.raises(LifelogUnavailableError, match="damaged"):
            await book.lifelog.verify()
