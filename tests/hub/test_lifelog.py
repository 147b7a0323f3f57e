"""What the lifelog promises: order, no gap, no loss, one effect per key, a chain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import math
from pathlib import Path
import sqlite3
import tempfile

from hypothesis import (
    HealthCheck,
    given,
    settings as hypothesis_settings,
    strategies as st,
)
import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from hearthward.lifelog import (
    Lifelog,
    LifelogError,
    LifelogUnavailableError,
    Transaction,
    log as log_module,
)
from hearthward.lifelog.schema import exposed
from hearthward.lifelog.sqlite import SqliteStore
from hearthward.model.entry import Draft, Entry, EntryKind, EntryQuery, Order

HOME = "home"

INSERTION = """
INSERT INTO entries SELECT home, 7, ts, received, kind, device, point, value, text, body,
salt FROM entries WHERE seq = 6
"""

# Any text that JSON and a database can hold.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
drafts = st.builds(
    Draft,
    ts=st.floats(0, 4e9),
    kind=st.sampled_from(EntryKind),
    device=st.none() | st.sampled_from(["heater", "button"]),
    point=st.none() | st.sampled_from(["burner", "living_room.zone"]),
    value=st.none() | st.floats(),
    text=st.none() | texts,
    body=st.none() | st.dictionaries(texts, st.integers() | texts, max_size=3),
    key=st.none() | st.sampled_from("abc"),
)
commits = st.lists(st.lists(st.lists(drafts, max_size=4), max_size=4), max_size=4)

quickly = hypothesis_settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def state(value: float, point: str = "burner", ts: float = 1.0) -> Draft:
    """Return a draft of a state."""
    return Draft(ts=ts, kind=EntryKind.STATE, device="heater", point=point, value=value)


@asynccontextmanager
async def reopened(folder: Path) -> AsyncIterator[Lifelog]:
    """Open the lifelog of a folder."""
    async with Lifelog(SqliteStore(folder / "lifelog.db"), HOME) as lifelog:
        yield lifelog


async def collect(lifelog: Lifelog, after: int = 0) -> list[Entry]:
    """Follow the lifelog to its present end."""
    found: list[Entry] = []
    if after < lifelog.last:
        async for batch in lifelog.follow(after):
            found.extend(batch.entries)
            if batch.last == lifelog.last:
                break
    return found


@quickly
@given(commits)
def test_entries_are_gapless_kept_and_the_same_for_followers_and_readers(
    groups: list[list[list[Draft]]],
) -> None:
    """Whatever is appended, in whatever batches, is there in order after a restart."""

    async def check(folder: Path) -> None:
        expected: list[Draft] = []
        keys: dict[tuple[str | None, str], int] = {}
        for group in groups:
            async with reopened(folder) as lifelog:
                waiting = [lifelog.append(part) for part in group]
                for part, seqs in zip(
                    group, await asyncio.gather(*waiting), strict=True
                ):
                    for draft, seq in zip(part, seqs, strict=True):
                        if draft.key and (draft.device, draft.key) in keys:
                            assert seq == keys[draft.device, draft.key]
                            continue
                        expected.append(draft)
                        assert seq == len(expected)
                        if draft.key:
                            keys[draft.device, draft.key] = seq
        async with reopened(folder) as lifelog:
            followed = await collect(lifelog)
            assert followed == await lifelog.read(0, 1000)
            assert [entry.seq for entry in followed] == list(
                range(1, len(expected) + 1)
            )
            for entry, draft in zip(followed, expected, strict=True):
                assert_same(entry, draft)
            assert (await lifelog.verify()).problem is None

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


def assert_same(entry: Entry, draft: Draft) -> None:
    """Check that an entry holds what its draft said."""
    finite = draft.value is not None and math.isfinite(draft.value)
    assert entry.value == (draft.value if finite else None)
    assert (entry.ts, entry.kind, entry.device, entry.point) == (
        draft.ts,
        draft.kind,
        draft.device,
        draft.point,
    )
    assert (entry.text, entry.body) == (draft.text, draft.body)


@quickly
@given(st.lists(drafts, max_size=20), st.data())
def test_history_pages_give_what_the_filters_ask_for(
    appended: list[Draft], data: st.DataObject
) -> None:
    """Paging through a query gives each entry that matches once, in the order of time."""
    query = data.draw(
        st.builds(
            EntryQuery,
            since=st.none() | st.floats(0, 4e9),
            until=st.none() | st.floats(0, 4e9),
            after_seq=st.none() | st.integers(0, 20),
            device=st.none() | st.sampled_from(["heater", "button"]),
            point=st.none() | st.sampled_from(["burner", "living_room.zone"]),
            kind=st.none() | st.sampled_from(EntryKind),
            limit=st.integers(1, 7),
            order=st.sampled_from(Order),
        )
    )

    async def check(folder: Path) -> None:
        async with reopened(folder) as lifelog:
            await lifelog.append(appended)
            entries = await lifelog.read(0, 1000)
            wanted = [entry for entry in entries if matches(entry, query)]
            wanted.sort(
                key=lambda entry: (entry.ts, entry.seq),
                reverse=query.order is Order.DESC,
            )
            assert await page_through(lifelog, query) == wanted

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


def matches(entry: Entry, query: EntryQuery) -> bool:
    """Say whether an entry passes the filters of a query."""
    return (
        (query.since is None or entry.ts >= query.since)
        and (query.until is None or entry.ts < query.until)
        and (query.after_seq is None or entry.seq > query.after_seq)
        and query.device in (None, entry.device)
        and query.point in (None, entry.point)
        and query.kind in (None, entry.kind)
    )


async def page_through(lifelog: Lifelog, query: EntryQuery) -> list[Entry]:
    """Return the entries of all pages; each page must hold something but the last."""
    found: list[Entry] = []
    fields = {name: getattr(query, name) for name in query.__struct_fields__}
    while True:
        page = await lifelog.history(EntryQuery(**fields))
        assert len(page.entries) <= query.limit
        found.extend(page.entries)
        if page.next is None:
            return found
        fields["cursor"] = page.next


async def test_calls_are_in_the_order_they_were_made(lifelog: Lifelog) -> None:
    """What is queued first has the lower seq, though nobody waits in between."""
    waiting = [lifelog.append([state(number)]) for number in range(200)]
    assert await asyncio.gather(*waiting) == [[seq] for seq in range(1, 201)]


async def test_failed_work_leaves_nothing_and_harms_nobody(lifelog: Lifelog) -> None:
    """Work that raises is undone; what shares its commit stays."""

    def fail(transaction: Transaction) -> None:
        transaction.append([state(1.0)])
        transaction.execute(insert(exposed).values(home=HOME, entity="light.undone"))
        raise RuntimeError("stop")

    def keep(transaction: Transaction) -> None:
        transaction.execute(insert(exposed).values(home=HOME, entity="light.kept"))

    results = await asyncio.gather(
        lifelog.append([state(1.0)]),
        lifelog.transact(fail),
        lifelog.transact(keep),
        lifelog.append([state(2.0)]),
        return_exceptions=True,
    )

    assert isinstance(results[1], RuntimeError)
    assert (results[0], results[3]) == ([1], [2])

    def query(connection: Connection) -> list[str]:
        return list(connection.execute(select(exposed.c.entity)).scalars())

    assert await lifelog.load(query) == ["light.kept"]
    assert (await lifelog.verify()).problem is None


async def test_a_statement_that_fails_harms_nobody_else(lifelog: Lifelog) -> None:
    """A broken constraint is the fault of who asked; the commit goes on."""

    def insert_twice(transaction: Transaction) -> None:
        for _ in range(2):
            transaction.execute(insert(exposed).values(home=HOME, entity="light.a"))

    first, second, third = await asyncio.gather(
        lifelog.append([state(1.0)]),
        lifelog.transact(insert_twice),
        lifelog.append([state(2.0)]),
        return_exceptions=True,
    )
    assert isinstance(second, IntegrityError)
    assert (first, third) == ([1], [2])
    assert lifelog.failure is None


async def test_text_that_cannot_be_stored_is_refused_alone(lifelog: Lifelog) -> None:
    """One bad draft fails its own producer."""
    broken = Draft(ts=1.0, kind=EntryKind.EVENT, text="\ud800")
    good, bad = await asyncio.gather(
        lifelog.append([state(1.0)]),
        lifelog.append([state(2.0), broken]),
        return_exceptions=True,
    )
    assert good == [1]
    assert isinstance(bad, UnicodeEncodeError)
    assert await lifelog.append([state(3.0)]) == [2]


async def test_a_cursor_moves_with_the_work_it_stands_for(tmp_path: Path) -> None:
    """A follower's cursor and writes are stored together or not at all."""

    def work(transaction: Transaction, fail: bool) -> None:
        transaction.append([state(1.0)])
        transaction.move_cursor("rollups", 7)
        if fail:
            raise RuntimeError("stop")

    async with reopened(tmp_path) as lifelog:
        with pytest.raises(RuntimeError):
            await lifelog.transact(lambda transaction: work(transaction, True))
        assert await lifelog.cursor("rollups") == 0
        await lifelog.transact(lambda transaction: work(transaction, False))
        await lifelog.transact(lambda transaction: work(transaction, False))
    async with reopened(tmp_path) as lifelog:
        assert await lifelog.cursor("rollups") == 7
        assert lifelog.last == 2


async def test_followers_see_every_batch_however_slow_they_are(
    lifelog: Lifelog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A follower beyond what is kept in memory reads on from the disk, then lives again."""
    monkeypatch.setattr(log_module, "_RECENT_ENTRIES", 10)
    monkeypatch.setattr(log_module, "_READ_ENTRIES", 7)
    seen: list[int] = []
    last = 120

    async def follow() -> None:
        async for batch in lifelog.follow(3):
            assert batch.first == (seen[-1] if seen else 3) + 1
            seen.extend(entry.seq for entry in batch.entries)
            await asyncio.sleep(0.001)
            if batch.last >= last:
                return

    following = asyncio.create_task(follow())
    for number in range(last // 3):
        await lifelog.append([state(number)] * 3)
    async with asyncio.timeout(30):
        await following
    assert seen == list(range(4, last + 1))


async def test_following_ends_when_the_lifelog_closes(tmp_path: Path) -> None:
    """A follower that waits is let go."""
    async with reopened(tmp_path) as lifelog:
        await lifelog.append([state(1.0)])
        following = asyncio.create_task(collect_all(lifelog))
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert len(await following) == 1


async def collect_all(lifelog: Lifelog) -> list[Entry]:
    """Follow until the lifelog closes."""
    return [entry async for batch in lifelog.follow(0) for entry in batch.entries]


async def test_the_current_state_is_the_newest_by_its_own_time(tmp_path: Path) -> None:
    """Late data stays in the history, but does not become the current state."""
    async with reopened(tmp_path) as lifelog:
        await lifelog.append([state(20.0, ts=10.0), state(21.0, ts=9.0)])
        await lifelog.append([state(22.0, ts=8.0), state(5.0, point="pump", ts=1.0)])
        before = (lifelog.state("heater", "burner"), lifelog.states())
        assert before[0] is not None
        assert (before[0].value, before[0].seq) == (20.0, 1)
    async with reopened(tmp_path) as lifelog:
        assert lifelog.state("heater", "burner") == before[0]
        assert set(lifelog.states()) == set(before[1])


async def test_a_state_from_the_future_gives_way(tmp_path: Path) -> None:
    """A clock that was wrong once does not freeze a point."""
    async with reopened(tmp_path) as lifelog:
        await lifelog.append([state(1.0, ts=9e9)])
        await lifelog.append([state(2.0, ts=100.0)])
        found = lifelog.state("heater", "burner")
        assert found is not None
        assert found.value == 2.0
    async with reopened(tmp_path) as lifelog:
        assert lifelog.state("heater", "burner") == found


async def test_a_negative_zero_is_a_zero(lifelog: Lifelog) -> None:
    """SQLite forgets the sign of a zero; the digest must not remember it."""
    await lifelog.append([state(-0.0, ts=-0.0)])
    assert (await lifelog.verify()).problem is None
    (entry,) = await lifelog.read(0, 1)
    assert (str(entry.value), str(entry.ts)) == ("0.0", "0.0")


@pytest.mark.parametrize("ts", [math.nan, math.inf])
async def test_an_entry_without_a_time_is_refused_alone(
    lifelog: Lifelog, ts: float
) -> None:
    """A time that is none fails its own producer."""
    good, bad = await asyncio.gather(
        lifelog.append([state(1.0)]),
        lifelog.append([state(2.0, ts=ts)]),
        return_exceptions=True,
    )
    assert good == [1]
    assert isinstance(bad, ValueError)


async def test_a_closing_lifelog_takes_nothing(tmp_path: Path) -> None:
    """What comes too late is refused; it does not wait for ever."""
    async with reopened(tmp_path) as lifelog:
        pass
    with pytest.raises(LifelogUnavailableError, match="stops"):
        await lifelog.append([state(1.0)])


@pytest.mark.parametrize(
    ("tampering", "complaint"),
    [
        ("UPDATE entries SET value = 99 WHERE seq = 4", "altered between seq 3 and 4"),
        ("UPDATE entries SET text = 'x' WHERE seq = 1", "altered between seq 1 and 2"),
        ("DELETE FROM entries WHERE seq = 5", "missing between seq 5 and 6"),
        ("DELETE FROM batches WHERE first = 3", "begins at seq 5, not at 3"),
        (
            INSERTION,
            "the entry 7 is not in the chain",
        ),
        ("UPDATE batches SET hash = zeroblob(32) WHERE first = 3", "chain breaks"),
        ("UPDATE batches SET digests = zeroblob(96) WHERE first = 3", "2 digests"),
        ("UPDATE batches SET digests = zeroblob(32) WHERE first = 3", "chain breaks"),
        ("UPDATE batches SET digests = zeroblob(64) WHERE first = 3", "chain breaks"),
    ],
)
async def test_tampering_is_found(
    tmp_path: Path, tampering: str, complaint: str
) -> None:
    """Whatever is changed in the file, verification says where."""
    async with reopened(tmp_path) as lifelog:
        for _ in range(3):
            await lifelog.append([state(1.0), state(2.0)])
        assert (await lifelog.verify()).problem is None
    with sqlite3.connect(tmp_path / "lifelog.db") as connection:
        assert connection.execute(tampering).rowcount == 1
    connection.close()
    async with reopened(tmp_path) as lifelog:
        assert complaint in ((await lifelog.verify()).problem or "")


async def test_equal_entries_have_different_digests(lifelog: Lifelog) -> None:
    """Nobody can tell from a digest what a forgotten entry said."""
    await lifelog.append([state(1.0), state(1.0)])
    first, second = await lifelog.read(0, 2)
    assert first.digest != second.digest


class SmallStore(SqliteStore):
    """A lifelog on a disk that is nearly full."""

    pages = 10**6

    def begin(self) -> Connection:
        """Begin, with no more than so many pages."""
        connection = super().begin()
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


async def test_a_full_disk_acknowledges_nothing_and_heals(tmp_path: Path) -> None:
    """The error says what to do; what was acknowledged stays; with room it goes on."""
    store = SmallStore(tmp_path / "lifelog.db")
    long = Draft(ts=1.0, kind=EntryKind.EVENT, text="x" * 5000)
    async with Lifelog(store, HOME) as lifelog:
        assert await lifelog.append([state(1.0)]) == [1]
        store.pages = 1
        with pytest.raises(LifelogUnavailableError, match="free space in"):
            await lifelog.append([long] * 50)
        assert lifelog.failure is not None
        with pytest.raises(LifelogUnavailableError, match="free space in"):
            await lifelog.transact(lambda transaction: transaction.append([long] * 50))
        store.pages = 10**6
        async with asyncio.timeout(30):
            while lifelog.failure:
                await lifelog.probe()
                await asyncio.sleep(0.1)
        assert await lifelog.append([state(2.0)]) == [lifelog.last]
        texts = [entry.text or "" for entry in await lifelog.read(1, 10)]
        assert long.text not in texts
        assert "Nothing but alarms is stored. The disk is full" in texts[0]
        assert any("Everything is stored again" in text for text in texts)
        assert (await lifelog.verify()).problem is None


class CrampedStore(SqliteStore):
    """A lifelog on a disk with some room, but too little for its schema."""

    free = 2**30
    looked = 0

    def take_room(self) -> bool:
        """Note that somebody looks."""
        self.looked += 1
        return super().take_room()

    def free_room(self) -> int:
        """Return what the test says."""
        self.looked += 1
        return self.free

    def _migrate(self) -> None:
        self._raw.execute("PRAGMA max_page_count = 1")
        super()._migrate()


async def test_too_little_room_to_open_is_not_tried_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The hub begins anew when there is more, not as soon as there is any."""
    monkeypatch.setattr(log_module, "_LOOK_SECONDS", 0.01)
    store = CrampedStore(tmp_path / "lifelog.db")
    async with asyncio.timeout(30), Lifelog(store, HOME) as lifelog:
        assert "The disk is full" in (lifelog.failure or "")
        assert not caplog.text.count("database is locked")
        while store.looked < 5 and not lifelog.roomy.is_set():
            await asyncio.sleep(0.01)
        assert not lifelog.roomy.is_set()
        store.free += 2**30
        await lifelog.roomy.wait()


async def test_a_locked_file_acknowledges_nothing_and_heals(tmp_path: Path) -> None:
    """Another program's lock is an error that says so, not a hang."""
    file = tmp_path / "lifelog.db"
    async with reopened(tmp_path) as lifelog:
        thief = sqlite3.connect(file, isolation_level=None)
        thief.execute("BEGIN IMMEDIATE")
        with pytest.raises(LifelogUnavailableError, match="close the program"):
            await lifelog.append([state(1.0)])
        thief.execute("ROLLBACK")
        thief.close()
        assert await lifelog.append([state(1.0)]) == [2]
        assert lifelog.failure is None
        (incident, _) = await lifelog.read(0, 2)
        assert "The lifelog is locked" in (incident.text or "")


async def test_a_file_of_a_newer_hub_is_left_alone(tmp_path: Path) -> None:
    """An older hub says which way out there is."""
    file = tmp_path / "lifelog.db"
    async with Lifelog(SqliteStore(file), HOME):
        pass
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(LifelogError, match="newer hub"):
        async with Lifelog(SqliteStore(file), HOME):
            pass


async def test_a_query_that_takes_too_long_is_ended(
    lifelog: Lifelog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told what to ask instead, and the next one is answered."""
    await lifelog.append([state(float(number)) for number in range(5_000)])
    rare = EntryQuery(point="nothing")
    with monkeypatch.context() as patch:
        patch.setattr(log_module, "_HISTORY_SECONDS", 0.0)
        with pytest.raises(LifelogUnavailableError, match="takes too long"):
            await lifelog.history(rare)
    assert lifelog.failure is None
    assert not (await lifelog.history(rare)).entries


async def test_find_returns_the_entry_of_a_key(lifelog: Lifelog) -> None:
    """A key is found with its device, and only with it."""
    draft = Draft(ts=1.0, kind=EntryKind.COMMAND, device="heater", key="k")
    bare = Draft(ts=1.0, kind=EntryKind.COMMAND, key="k")
    assert await lifelog.append([draft, bare, draft]) == [1, 2, 1]
    found = [await lifelog.find(device, "k") for device in ("heater", None, "button")]
    assert [entry and entry.seq for entry in found] == [1, 2, None]
