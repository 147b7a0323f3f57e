"""What is forgotten is gone, down to the bytes, and the rest can still be proven."""

import asyncio
from pathlib import Path
import random
import sqlite3

import pytest
from sqlalchemy import insert

from hearthward.lifelog import (
    Eraser,
    LifelogError,
    LifelogUnavailableError,
    Scope,
    Transaction,
)
from hearthward.lifelog.schema import devices, entries
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.erasure import ForgetRequest

from .conftest import Book, note, opened, state

SECRET = "xylophone"  # pragma: allowlist secret

RETURN = """
INSERT INTO entries SELECT home, 2, ts, received, kind, device, point, value, text, body,
salt FROM entries WHERE seq = 4
"""


def told(folder: Path, word: str = SECRET) -> list[str]:
    """Return the names of the files that still hold a word."""
    return [
        file.name
        for file in folder.rglob("*")
        if file.is_file() and word.encode() in file.read_bytes()
    ]


def sound(folder: Path) -> bool:
    """Say whether SQLite finds its file in order."""
    with sqlite3.connect(folder / "lifelog.db") as database:
        (found,) = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    return bool(found == "ok")


async def test_forgotten_words_are_in_no_file(book: Book) -> None:
    """Among much that stays, every trace of the words is gone, and the chain is whole."""
    random.seed(5)
    lifelog = book.lifelog
    for _ in range(60):
        await lifelog.append([random.choice((spoken, plain))() for _ in range(40)])
    await lifelog.append([state(1.0, device="camera", point=SECRET, ts=2.0)])
    assert told(book.folder)

    await book.forgetting.forget(ForgetRequest(device="camera"))

    assert not told(book.folder)
    assert sound(book.folder)
    found = await book.verify()
    assert found.erased > 1000
    assert found.entries > 1000
    assert lifelog.state("camera", SECRET) is None
    assert lifelog.state("heater", "burner") is not None


def spoken() -> Draft:
    """Return a draft that holds the secret wherever one can."""
    return Draft(
        ts=random.random(),
        kind=EntryKind.NOTE,
        device="camera",
        point=f"{SECRET}_{random.random()}",
        text=f"{SECRET} " * random.randint(0, 60),
        body={"words": SECRET * random.randint(0, 300)},
        key=f"{SECRET} {random.random()}",
    )


def plain() -> Draft:
    """Return a draft that stays, of any length."""
    return Draft(
        ts=random.random(),
        kind=random.choice((EntryKind.NOTE, EntryKind.STATE)),
        device="heater",
        point="burner",
        text="x" * random.randint(0, 900),
        key=f"{random.random()}",
    )


async def test_an_erasure_is_an_entry_that_says_how_much(book: Book) -> None:
    """It names neither the person nor what was said."""
    await book.lifelog.append([note("a"), note("b", ts=5.0), note("c", ts=9.0)])
    done = await book.forgetting.forget(
        ForgetRequest(since=4.0, until=6.0, reason="asked to"), "key-1"
    )
    assert (done.entries, done.seq) == (1, 4)
    entries = await book.lifelog.read(0, 10)
    assert [entry.text for entry in entries][:2] == ["a", "c"]
    record = entries[-1]
    assert record.kind is EntryKind.ERASURE
    assert record.text == "Forgotten: a time, asked to: 1 entries"
    assert record.body is not None
    assert (record.body["entries"], record.body["actor"]) == (1, "key-1")
    assert (await book.verify()).erased == 1


async def test_a_dry_run_counts_and_leaves_everything(book: Book) -> None:
    """What it counts is what would be erased."""
    await book.lifelog.append([note("a"), note("b")])
    found = await book.forgetting.forget(ForgetRequest(until=2.0, dry_run=True))
    assert (found.entries, found.seq, book.lifelog.last) == (2, None, 2)


@pytest.mark.parametrize(
    ("request_", "advice"),
    [
        (ForgetRequest(), "a person, a device or a time"),
        (ForgetRequest(point="x", since=1.0), "Give the device"),
        (ForgetRequest(person="anna", device="heater"), "does not belong to anna"),
    ],
)
async def test_an_unclear_request_is_refused(
    book: Book, request_: ForgetRequest, advice: str
) -> None:
    """It says what to give instead."""
    with pytest.raises(LifelogError, match=advice):
        await book.forgetting.forget(request_)
    assert book.lifelog.last == 0


async def test_a_person_is_forgotten_with_their_devices(book: Book) -> None:
    """What their devices told and what names them goes; the others' stays."""
    band = Device(
        id="band", name="b", status=DeviceStatus.ACTIVE, adapter="mqtt", owner="anna"
    )

    def own(transaction: Transaction) -> None:
        body = (
            '{"id":"band","name":"b","status":"active","adapter":"mqtt","owner":"anna"}'
        )
        transaction.execute(insert(devices).values(home="home", id="band", body=body))

    await book.lifelog.transact(own)
    named = Draft(ts=1.0, kind=EntryKind.NOTE, text="x", body={"person": "anna"})
    other = Draft(ts=1.0, kind=EntryKind.NOTE, text="y", body={"person": "bert"})
    await book.lifelog.append([state(1.0, device=band.id), named, other, note("z")])
    done = await book.forgetting.forget(ForgetRequest(person="anna"))
    assert done.entries == 2
    texts = [entry.text for entry in await book.lifelog.read(0, 10)]
    assert texts == ["y", "z", "Forgotten: what concerns a person: 2 entries"]
    assert not told(book.folder, "band ")
    await book.verify()


async def test_the_name_of_who_is_forgotten_is_in_no_file(book: Book) -> None:
    """Nor is it in what the hub notes for itself, to complete what is cut short."""
    said = {"person": SECRET}
    await book.lifelog.append(
        [Draft(ts=1.0, kind=EntryKind.NOTE, text="at home", body=said)]
    )
    await book.forgetting.forget(ForgetRequest(person=SECRET))
    assert not told(book.folder)


async def test_an_erasure_that_fails_is_completed_by_itself(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub does not have to be started again for it."""
    monkeypatch.setattr("hearthward.lifelog.forgetting.forgetting._RETRY", 0.05)
    eraser = Hesitant()
    book.lifelog.erasers.append(eraser)
    completing = asyncio.create_task(book.forgetting.run())
    await book.lifelog.append([note("a"), note("b")])
    with pytest.raises(LifelogUnavailableError):
        await book.forgetting.forget(ForgetRequest(until=5.0))
    assert (await book.lifelog.verify()).unfinished == 1
    eraser.failing = False
    while (await book.lifelog.verify()).unfinished:
        await asyncio.sleep(0.05)
    completing.cancel()
    found = await book.lifelog.read(0, 10)
    assert [entry.kind for entry in found] == [EntryKind.ERASURE]


class Hesitant(Eraser):
    """Cannot erase for a while."""

    failing = True

    def finish(self, transaction: Transaction) -> None:
        """Fail as long as it does."""
        if self.failing:
            raise LifelogUnavailableError("Not now")


async def test_audit_and_erasures_stay(book: Book) -> None:
    """They prove what was done."""
    await book.lifelog.append(
        [Draft(ts=1.0, kind=EntryKind.AUDIT, text="a key"), note("a")]
    )
    await book.forgetting.forget(ForgetRequest(until=2.0))
    await book.forgetting.forget(ForgetRequest(until=4e9))
    kinds = [entry.kind for entry in await book.lifelog.read(0, 10)]
    assert kinds == [EntryKind.AUDIT, EntryKind.ERASURE, EntryKind.ERASURE]


async def test_followers_pass_what_is_gone(book: Book) -> None:
    """Whether they follow from the beginning or live, they get the rest in order."""
    await book.lifelog.append([note(str(number)) for number in range(10)])
    await book.forgetting.forget(ForgetRequest(until=2.0))
    batch = await book.lifelog.next(0)
    assert batch is not None
    assert [entry.seq for entry in batch.entries] == [11]
    waiting = asyncio.create_task(book.lifelog.next(11))
    await asyncio.sleep(0)
    await book.lifelog.append([note("new")])
    batch = await waiting
    assert batch is not None
    assert batch.first == 12


class Recorder(Eraser):
    """An eraser that remembers what it was told, and has more to do twice."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.steps: list[object] = []
        self.more = 2

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Count three media."""
        self.steps.append("scope")
        return 3

    def erase_beside(self, seqs: object) -> None:
        """Remember which entries are about to be deleted."""
        self.steps.append(("beside", seqs))

    def erase_entries(self, transaction: Transaction, seqs: object) -> None:
        """Remember which entries are deleted."""
        self.steps.append(seqs)

    def finish(self, transaction: Transaction) -> bool:
        """Ask to be called again twice."""
        self.steps.append("finish")
        self.more -= 1
        return self.more >= 0


async def test_other_packages_erase_theirs(book: Book) -> None:
    """Each is asked for its own, and to finish until it has."""
    eraser = Recorder()
    book.lifelog.erasers.append(eraser)
    await book.lifelog.append([note("a"), note("b")])
    done = await book.forgetting.forget(ForgetRequest(until=2.0))
    assert done.media == 3
    assert eraser.steps == [
        "scope",
        ("beside", (1, 2)),
        (1, 2),
        *["finish"] * 3,
    ]


async def test_a_large_erasure_lets_alarms_pass(book: Book) -> None:
    """While thousands are erased, an alarm is stored long before the end."""
    for _ in range(12):
        await book.lifelog.append([note("x" * 50) for _ in range(1_000)])
    erasing = asyncio.create_task(book.forgetting.forget(ForgetRequest(until=2.0)))
    alarms = 0
    while not erasing.done():
        await book.lifelog.append([note("alarm", ts=3.0)], Lane.ALARM)
        alarms += 1
    assert (await erasing).entries == 12_000
    assert alarms > 12
    assert (await book.verify()).erased == 12_000
    assert sound(book.folder)


async def test_aging_keeps_states_and_the_chain(book: Book) -> None:
    """Old entries go; their points' state stays; batches without entries shrink."""
    await book.lifelog.append([state(float(number)) for number in range(100)])
    await book.lifelog.append([state(5.0, ts=9.0), note("a")])
    size = await digest_bytes(book)
    gone = await book.forgetting.age_out([entries.c.kind == "state"], "Too old")
    assert gone == 101
    known = book.lifelog.state("heater", "burner")
    assert known is not None
    assert known.value == 5.0
    found = await book.verify()
    assert (found.erased, found.erasures) == (101, 1)
    assert await digest_bytes(book) == size - 99 * 32 + 32


async def digest_bytes(book: Book) -> int:
    """Return how much the chain keeps of its entries."""
    with sqlite3.connect(book.folder / "lifelog.db") as database:
        (size,) = database.execute(
            "SELECT sum(length(digests)) FROM batches"
        ).fetchone()
    database.close()
    return int(size)


class Failing(Eraser):
    """An eraser whose last step fails as often as it is told."""

    def __init__(self, times: int) -> None:
        """Fail so often."""
        self.times = times

    def finish(self, transaction: Transaction) -> None:
        """Fail, or not."""
        if self.times:
            self.times -= 1
            raise RuntimeError("cut short")


async def test_an_erasure_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    """What was begun ends after the next start, and once."""
    async with opened(tmp_path) as book:
        book.lifelog.erasers.append(Failing(1))
        await book.lifelog.append([note(SECRET), note("stays", ts=5.0)])
        with pytest.raises(RuntimeError, match="cut short"):
            await book.forgetting.forget(ForgetRequest(until=2.0))
        found = await book.lifelog.verify()
        assert (found.problem, found.unfinished) == (None, 1)
    async with opened(tmp_path) as book:
        await book.forgetting.resume()
        assert not told(tmp_path)
        found = await book.verify()
        assert (found.unfinished, found.erasures, found.erased) == (0, 1, 1)
        await book.forgetting.resume()
        assert (await book.verify()).erasures == 1


@pytest.mark.parametrize(
    ("tampering", "complaint"),
    [
        ("DELETE FROM erased", "entries are missing between seq 1 and 3"),
        ("UPDATE erased SET last = 2", "missing between seq 1 and 3"),
        ("UPDATE erased SET erasure = 'x'", "no entry records why"),
        (RETURN, "erased are there again"),
        ("DELETE FROM entries WHERE seq = 4", "missing between seq 4 and 4"),
    ],
)
async def test_a_faked_erasure_is_found(
    tmp_path: Path, tampering: str, complaint: str
) -> None:
    """Only what an entry on record erased may be gone."""
    async with opened(tmp_path) as book:
        await book.lifelog.append([note("a"), note("b"), note("c")])
        await book.lifelog.append([note("d", ts=5.0)])
        await book.forgetting.forget(ForgetRequest(until=2.0))
    with sqlite3.connect(tmp_path / "lifelog.db") as database:
        assert database.execute(tampering).rowcount == 1
    database.close()
    async with opened(tmp_path) as book:
        assert complaint in ((await book.lifelog.verify()).problem or "")
