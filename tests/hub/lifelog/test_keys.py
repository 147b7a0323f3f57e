"""Idempotency keys: they expire, and still nothing is stored twice."""

import time

from hearthward.lifelog import Batch
from hearthward.model.entry import Draft, EntryKind, Lane

from .conftest import Book, note


def keyed(number: int, **changes: object) -> Draft:
    """Return a draft with a key of its own."""
    fields: dict[str, object] = {"device": "band", "point": "pulse", "value": 60.0}
    fields |= changes
    return Draft(ts=1e9 + number, kind=EntryKind.STATE, key=f"k{number}", **fields)  # type: ignore[arg-type]


async def test_expired_keys_open_no_hole(book: Book) -> None:
    """A copy of old data without a key on record is known by what it says."""
    drafts = [keyed(number) for number in range(50)]
    assert await book.lifelog.append(drafts) == list(range(1, 51))
    assert await book.forgetting.expire_keys(time.time() + 1) == 50
    assert await book.forgetting.expire_keys(time.time() + 1) == 0
    again = await book.lifelog.append_new(drafts)
    assert again.seqs == list(range(1, 51))
    assert again.known == list(range(50))
    other = [keyed(3, value=61.0), keyed(4, point="steps"), keyed(5, device="other")]
    assert await book.lifelog.append(other) == [51, 52, 53]
    assert (await book.lifelog.verify()).problem is None


async def test_keys_that_are_young_stay(book: Book) -> None:
    """Only what was received before the time loses its key."""
    await book.lifelog.append([keyed(1)])
    assert await book.forgetting.expire_keys(time.time() - 60) == 0
    assert (await book.lifelog.append_new([keyed(1, value=1.0)])).known == [0]


async def test_what_is_joined_shares_the_fate_of_its_message(book: Book) -> None:
    """All entries of a message that is known are dropped, and named in the result."""
    head = keyed(1)
    joined = [
        Draft(ts=1.0, kind=EntryKind.STATE, device="band", point=p, joined=True)
        for p in ("a", "b")
    ]
    assert (await book.lifelog.append_new([head, *joined])).seqs == [1, 2, 3]
    again = await book.lifelog.append_new([note("x"), head, *joined, note("y")])
    assert again.seqs == [4, 1, 1, 1, 5]
    assert again.known == [1, 2, 3]


async def test_many_keys_at_once_are_found_as_one_by_one(book: Book) -> None:
    """Whatever characters they have, and whoever's they are."""
    names = ["", "a", "'", '"', "\x00", "a\x00b", "ä", "鍵", "🔑", "{}", "null", "1"]
    drafts = [
        Draft(ts=1.0, kind=EntryKind.NOTE, device=device, key=name)
        for name in names
        for device in (None, "band")
    ]
    seqs = await book.lifelog.append(drafts)
    assert seqs == list(range(1, len(drafts) + 1))
    assert await book.lifelog.append(drafts) == seqs
    without = [draft for draft in drafts if "\x00" not in (draft.key or "")]
    known = await book.lifelog.append_new(without)
    assert known.known == list(range(len(without)))


async def test_an_alarm_overtakes_what_waits(book: Book) -> None:
    """It is stored before the telemetry that was there first; each lane keeps its order."""
    waiting = [
        book.lifelog.append([note(f"bulk {number}")] * 900, Lane.BULK)
        for number in range(8)
    ]
    late = book.lifelog.append([note("control")])
    alarm = book.lifelog.append([note("alarm")], Lane.ALARM)
    (seq,) = await alarm
    assert seq < 8 * 900 / 2
    assert not waiting[-1].done()
    assert (await late)[0] < (await waiting[-1])[0]
    firsts = [(await future)[0] for future in waiting]
    assert firsts == sorted(firsts)
    assert book.lifelog.backlog == 0


async def test_a_listener_that_fails_keeps_nobody_waiting(book: Book) -> None:
    """Producers are answered and the others are told."""
    told: list[int] = []

    def fails(batch: Batch) -> None:
        raise RuntimeError("not understood")

    book.lifelog.project(fails)
    book.lifelog.project(lambda batch: told.append(batch.last))
    assert await book.lifelog.append([note("a")]) == [1]
    assert told == [1]
