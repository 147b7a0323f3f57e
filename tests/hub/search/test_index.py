"""The index is derived: it is erased, damaged, left behind and built anew, and the lifelog stays."""

import asyncio
from pathlib import Path
import time
from typing import Any

import msgspec
import pytest

from hearthward.config import Settings
from hearthward.lifelog.search.document import Document
from hearthward.lifelog.search.index import Index, Position
from hearthward.lifelog.search.narrate import Narrator
from hearthward.model.device import Device, DeviceStatus, Point, PointKind
from hearthward.model.entry import Entry, EntryKind
from hearthward.model.security import Role
from tests.hub.conftest import running

from .conftest import Searching, searching

SECRET = "Geheimniskraemerei"  # pragma: allowlist secret
CHINESE = "绝密早餐"


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _holders(folder: Path, *words: str) -> list[str]:
    """Return the files that hold a word, or its beginning as the index has it."""
    wanted = [form.encode() for word in words for form in (word, word.casefold()[:6])]
    return [
        str(file.relative_to(folder))
        for file in _files(folder)
        if any(word in file.read_bytes() for word in wanted)
    ]


async def test_forgotten_words_and_vectors_are_gone_from_every_byte(
    settings: Settings,
) -> None:
    """Neither the words, nor the text, nor its vector is left in any file."""
    async with searching(settings) as search:
        await search.note(*(f"ordinary note {at}" for at in range(200)), ts=1.7e9)
        await search.note(
            f"{SECRET} in the cellar", f"{CHINESE} {SECRET}", person="Anna"
        )
        assert len(await search.hits(SECRET, mode="text")) == 2
        vectors = _vectors(settings, SECRET)
        assert len(vectors) == 2
        assert _holders(settings.data_dir, SECRET, CHINESE)
        status, answer = await search.hub.ask(
            "POST", "/api/v1/forget", Role.ADMIN, {"person": "Anna"}
        )
        assert (status, answer["entries"]) == (200, 2)
        left = _holders(settings.data_dir, SECRET, CHINESE)
        assert left == []
        assert not any(
            vector in file.read_bytes()
            for vector in vectors
            for file in _files(settings.data_dir)
        )
        assert await search.summaries(SECRET, mode="text") == []
        assert len(await search.hits("ordinary", limit=100)) == 100
    assert _holders(settings.data_dir, SECRET, CHINESE) == []


def _vectors(settings: Settings, word: str) -> list[bytes]:
    index = Index(settings.data_dir / "search" / "home.db")
    index.open()
    with index.reader() as connection:
        return [
            vector
            for (vector,) in connection.execute(
                "SELECT vector FROM texts WHERE summary LIKE ?", (f"%{word}%",)
            )
        ]


async def test_an_entry_forgotten_before_it_was_indexed_never_is(
    tmp_path: Path,
) -> None:
    """The follower may hold an entry that is erased before its turn."""
    index = Index(tmp_path / "index.db")
    index.open()
    index.add([Document(1, 1.0, "note", "kept")], Position(1, "", index.generation))
    assert index.erase([2]) == []
    index.add(
        [Document(2, 2.0, "note", SECRET), Document(3, 3.0, "note", "kept")],
        Position(3, "", index.generation),
    )
    assert index.without_vector(10) == [(index.without_vector(1)[0][0], "kept")]
    index.close()
    assert _holders(tmp_path, SECRET) == []


async def test_each_entry_is_indexed_once(plain: Settings) -> None:
    """A hub that starts again goes on where its index is."""
    async with searching(plain) as search:
        await search.note("first walk")
        await search.page()
    async with searching(plain) as search:
        await search.note("second walk")
        assert sorted(await search.summaries("walk")) == ["first walk", "second walk"]


@pytest.mark.parametrize("damage", ["torn", "garbage", "gone", "old"])
async def test_a_damaged_index_is_built_anew(plain: Settings, damage: str) -> None:
    """The lifelog neither minds nor notices."""
    file = plain.data_dir / "search" / "home.db"
    async with searching(plain) as search:
        await search.note(*(f"walk {at}" for at in range(300)))
        await search.page()
    _damage(file, damage)
    async with searching(plain) as search:
        await search.note("walk at last")
        assert await search.summaries("last") == ["walk at last"]
        assert len(await search.hits("walk", limit=100)) == 100
        assert await search.summaries("walk 299")
        report = await search.parts.lifelog.verify()
        assert not report.problem


def _damage(file: Path, damage: str) -> None:
    if damage == "gone":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"not a database" * 1000)
    elif damage == "torn":
        content = bytearray(file.read_bytes())
        content[8192:40960] = bytes(32768)
        file.write_bytes(content)
    else:
        index = Index(file)
        index.open()
        index.note("version", "0")
        index.close()


async def test_a_restored_lifelog_has_another_index(plain: Settings) -> None:
    """An index that knows a future that never was is thrown away."""
    lifelog = plain.data_dir / "lifelog.db"
    async with searching(plain) as search:
        await search.note("before the backup")
        await search.page()
    backup = lifelog.read_bytes()
    async with searching(plain) as search:
        await search.note(*(f"after the backup {at}" for at in range(10)))
        assert len(await search.hits("backup")) == 11
    lifelog.write_bytes(backup)
    async with searching(plain) as search:
        assert await search.summaries("backup") == ["before the backup"]


async def test_rebuild(plain: Settings) -> None:
    """What is found before is found after, and the rebuilding is on record."""
    async with searching(plain) as search:
        await search.note(*(f"walk {at}" for at in range(50)))
        before = await search.summaries("walk", limit=100)
        status, _ = await search.hub.ask(
            "POST", "/api/v1/search/rebuild", Role.OPERATOR
        )
        assert status == 204
        assert await search.summaries("walk", limit=100) == before
        assert "The search index is built anew" in await search.summaries("built anew")
        status, _ = await search.hub.ask("POST", "/api/v1/search/rebuild", Role.VIEWER)
        assert status == 403


async def test_a_disk_that_is_full_stops_no_appends(
    plain: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index waits, the lifelog goes on, and then the index catches up."""
    import sqlite3

    from hearthward.lifelog.search import indexer

    monkeypatch.setattr(indexer, "_RETRY_S", 0.05)
    full = True
    add = Index.add

    def fails(self: Index, *arguments: object) -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        add(self, *arguments)  # type: ignore[arg-type]  # it passes on what it got

    monkeypatch.setattr(Index, "add", fails)
    async with searching(plain) as search:
        await search.note("while it was full")
        status, answer = await search.ask("full")
        assert (status, answer["hits"]) == (200, [])
        full = False
        assert await search.summaries("full") == ["while it was full"]


async def test_a_disk_that_is_full_at_the_start_keeps_no_hub_from_it(
    plain: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else works; the index is opened when there is room again."""
    import sqlite3

    from hearthward.lifelog.search import indexer

    monkeypatch.setattr(indexer, "_RETRY_S", 0.05)
    full = True
    open_ = Index.open

    def fails(self: Index) -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        open_(self)

    monkeypatch.setattr(Index, "open", fails)
    async with searching(plain) as search:
        await search.note("while it was full")
        status, _ = await search.ask("full")
        assert status == 503
        full = False
        while (await search.ask("full"))[0] == 503:
            await asyncio.sleep(0.05)
        assert await search.summaries("full") == ["while it was full"]


async def test_notes(plain: Settings) -> None:
    """A note is signed, durable when it is answered and found like any other."""
    async with searching(plain) as search:
        note = {"text": "slept well", "person": "Zoë", "room": "Bedroom"}
        status, entry = await search.hub.ask(
            "POST", "/api/v1/notes", Role.CAREGIVER, note | {"author": "somebody"}
        )
        assert status == 201
        assert entry["text"] == "slept well"
        assert entry["body"] == {
            "author": "a caregiver",
            "person": "Zoë",
            "room": "Bedroom",
        }
        status, entry = await search.hub.ask(
            "POST", "/api/v1/notes", Role.SERVICE, note | {"author": "Paula"}
        )
        assert (status, entry["body"]["author"]) == (201, "Paula")
        assert len(await search.hits("slept", person="zoe")) == 2
        for role, body, refused in (
            (Role.VIEWER, note, 403),
            (Role.CAREGIVER, {"text": ""}, 400),
            (Role.CAREGIVER, note | {"ts": 1e12}, 400),
        ):
            status, _ = await search.hub.ask("POST", "/api/v1/notes", role, body)
            assert status == refused


async def test_a_note_is_written_once(plain: Settings) -> None:
    """The same idempotency key gives the same entry."""
    async with running(plain) as hub:
        headers = await hub.headers(Role.CAREGIVER) | {"Idempotency-Key": "abc"}
        seqs = []
        for _ in range(2):
            async with hub.session.post(
                hub.url + "/api/v1/notes",
                data=msgspec.json.encode({"text": "slept well"}),
                headers=headers,
            ) as response:
                assert response.status == 201
                seqs.append((await response.json())["seq"])
        assert seqs[0] == seqs[1]


async def test_no_notes_where_privacy_says_so(plain: Settings) -> None:
    """A refused note tells why, and nothing of it is kept."""
    async with running(plain) as hub:
        await hub.ask("PUT", "/api/v1/privacy", Role.ADMIN, {"off": ["notes"]})
        status, answer = await hub.ask(
            "POST", "/api/v1/notes", Role.CAREGIVER, {"text": SECRET}
        )
        assert (status, answer["code"]) == (409, "privacy")
    assert _holders(plain.data_dir, SECRET) == []


async def test_appends_go_on_while_the_index_catches_up(plain: Settings) -> None:
    """A lifelog of thousands is indexed beside appends that are answered."""
    async with running(plain) as hub:
        quiet = Searching(hub)
        for start in range(0, 6_000, 1_000):
            await quiet.note(*(f"entry {start + at}" for at in range(1_000)))
    async with searching(plain) as search:
        behind = 0
        while True:
            status, answer = await search.ask("entry")
            assert status == 200, answer
            if answer.get("complete", True):
                break
            await search.note("meanwhile", ts=time.time())
            behind += 1
            await asyncio.sleep(0)
        assert behind > 1
        assert await search.summaries("entry 5999")
        assert len(await search.hits("meanwhile", limit=100)) == min(behind, 100)


async def test_news_are_told_once() -> None:
    """The first value of a point is no change, and a device no news to its audit entry."""
    device = Device(
        id="node",
        name="Node",
        status=DeviceStatus.ACTIVE,
        adapter="mqtt",
        version="2",
        points=(
            Point(
                id="smoke",
                kind=PointKind.BINARY_SENSOR,
                name="Smoke",
                object_id="smoke",
                device_class="smoke",
            ),
        ),
    )
    narrator = Narrator({"node": device}.get)

    def told(kind: EntryKind, **said: Any) -> str | None:
        document = narrator.document(
            Entry(seq=1, ts=1, received=1, home="home", kind=kind, digest="", **said)
        )
        return document and document.summary

    point = {"device": "node", "point": "smoke"}
    assert told(EntryKind.STATE, value=0.0, **point) is None
    assert told(EntryKind.STATE, value=1.0, **point) == "Node, Smoke: smoke detected"
    assert told(EntryKind.STATE, value=1.0, **point) is None
    assert told(EntryKind.STATE, value=0.0, **point) == "Node, Smoke: no smoke any more"
    for version, news in ((None, None), ("1", None), ("2", "Node runs version 2 now")):
        body = msgspec.to_builtins(msgspec.structs.replace(device, version=version))
        assert told(EntryKind.DEVICE, device="node", body=body) == news
    for kind in EntryKind:
        told(kind, device="unknown", point="unknown", text="words", body={"odd": 1})
