"""Signed checkpoints: what they find that the chain alone does not."""

import asyncio
from pathlib import Path
import shutil
import sqlite3

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
import pytest

from hearthward.lifelog import checkpoints as module
from hearthward.lifelog.chain import message
from hearthward.lifelog.checkpoints import Checkpoints

from .conftest import Book, note, opened


async def test_a_checkpoint_can_be_checked_by_anybody(book: Book) -> None:
    """With the public key and what the checkpoint says of itself."""
    await book.lifelog.append([note("a")])
    made = await book.checkpoints.sign()
    assert made is not None
    assert await book.checkpoints.sign() is None
    assert await book.checkpoints.list() == (made,)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.key))
    signed = message("home", made.seq, made.ts, bytes.fromhex(made.hash))
    key.verify(bytes.fromhex(made.signature), signed)
    assert (await book.verify()).checkpoints == 1


async def test_the_end_is_signed_when_the_lifelog_closes(tmp_path: Path) -> None:
    """With what was still on its way; the key stays the same."""
    async with opened(tmp_path) as book:
        waiting = [book.lifelog.append([note(str(number))]) for number in range(50)]
        key = book.checkpoints.public_key
    await asyncio.gather(*waiting)
    assert (tmp_path / module.FILE).stat().st_mode & 0o777 == 0o600
    async with opened(tmp_path) as book:
        assert book.checkpoints.public_key == key
        assert [made.seq for made in await book.checkpoints.list()] == [50]


async def test_it_signs_by_itself(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many entries, and after a while."""
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "_ENTRIES", 5)
    running = asyncio.create_task(book.checkpoints.run())
    await book.lifelog.append([note(str(number)) for number in range(5)])
    async with asyncio.timeout(30):
        while not await book.checkpoints.list():
            await asyncio.sleep(0.01)
    running.cancel()


@pytest.mark.parametrize(
    ("tampering", "complaint"),
    [
        (
            "DELETE FROM entries WHERE seq > 2; DELETE FROM batches WHERE first > 2",
            "the end is missing: the last entry is 2, but a checkpoint was signed at 3",
        ),
        ("UPDATE checkpoints SET hash = zeroblob(32)", "not the one that was signed"),
        ("UPDATE checkpoints SET ts = 1", "the signature of the checkpoint at seq 3"),
        ("UPDATE checkpoints SET signature = zeroblob(64)", "signature"),
        ("UPDATE checkpoints SET key = zeroblob(32)", "signature"),
        ("UPDATE checkpoints SET key = x'00'", "signature"),
        ("DELETE FROM checkpoints", "no checkpoint was signed"),
    ],
)
async def test_what_the_chain_alone_would_not_show_is_found(
    tmp_path: Path, tampering: str, complaint: str
) -> None:
    """Also by who holds nothing but the public key."""
    async with opened(tmp_path) as book:
        for text in "abc":
            await book.lifelog.append([note(text)])
        key = book.checkpoints.public_key
    with sqlite3.connect(tmp_path / "lifelog.db") as database:
        database.executescript(tampering)
    database.close()
    async with opened(tmp_path) as book:
        assert complaint in ((await book.lifelog.verify([key])).problem or "")


async def test_a_lifelog_made_anew_is_not_trusted(tmp_path: Path) -> None:
    """Whole in itself, but signed with another key."""
    async with opened(tmp_path / "mine") as book:
        mine = book.checkpoints.public_key
    async with opened(tmp_path / "theirs") as book:
        await book.lifelog.append([note("faked")])
    async with opened(tmp_path / "theirs") as book:
        assert (await book.lifelog.verify()).problem is None
        problem = (await book.lifelog.verify([mine])).problem
        assert problem is not None
        assert f"unknown key {book.checkpoints.public_key.hex()}" in problem


async def test_a_lost_key_is_replaced(tmp_path: Path) -> None:
    """The old signatures still hold; both keys are named."""
    async with opened(tmp_path) as book:
        await book.lifelog.append([note("a")])
    (tmp_path / module.FILE).unlink()
    async with opened(tmp_path) as book:
        await book.lifelog.append([note("b")])
        await Checkpoints.close(book.checkpoints)
        found = await book.lifelog.verify()
    assert found.problem is None
    assert len(found.keys) == 2


async def test_a_copy_verifies_like_the_original(tmp_path: Path) -> None:
    """Whoever has the file has the proof."""
    async with opened(tmp_path) as book:
        await book.lifelog.append([note("a")])
        await book.checkpoints.sign()
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "lifelog.db", tmp_path / "copy")
    shutil.copy(tmp_path / module.FILE, tmp_path / "copy")
    async with opened(tmp_path / "copy") as book:
        assert (await book.verify()).entries == 1
