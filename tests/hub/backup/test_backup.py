"""Backups: whole while the hub writes, proved before they are used, back to any moment."""

import asyncio
import gzip
from pathlib import Path
import shutil
import sqlite3
import time
from typing import Any

import msgspec
from msgspec.structs import replace
import pytest
from sqlalchemy import delete

from hearthward.config import BackupSettings, Settings
from hearthward.lifelog.schema import entries, erasures
from hearthward.model.backup import Backup, BackupFile, BackupKind
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import EntryKind
from hearthward.model.security import Role
from hearthward.ops.backup import restore
from hearthward.ops.backup.backups import folder
from hearthward.ops.backup.errors import BackupError
from hearthward.ops.backup.journal import Journal
from hearthward.ops.backup.sealing import measure
from hearthward.ops.lock import FolderInUseError, locked
from tests.hub.archive.test_export import note, state
from tests.hub.archive.test_media import frame, get, upload
from tests.hub.conftest import Hub, running


def journal(settings: Settings) -> Journal:
    """Return the journal of a data folder."""
    place = folder(settings.data_dir, settings.backup)
    return Journal(place, settings.backup.passphrase)


def bring_back(settings: Settings, at: float | None = None) -> restore.Restored:
    """Restore a data folder."""
    return restore.restore(journal(settings), settings.data_dir, settings.home, at)


async def texts(hub: Hub) -> list[str | None]:
    """Return what the notes say."""
    last, found = 0, []
    while part := await hub.parts.lifelog.read(last, 1000):
        last = part[-1].seq
        found += [entry.text for entry in part if entry.kind is EntryKind.NOTE]
    return found


async def write(hub: Hub, *words: str) -> None:
    """Write notes, each in a commit of its own."""
    for word in words:
        await hub.parts.lifelog.append([note(word)])


async def back_up(hub: Hub, kind: str | None = None) -> Any:
    """Make a backup."""
    status, made = await hub.ask("POST", "/api/v1/backups", body={"kind": kind})
    assert status == 201, made
    return made


async def proved(hub: Hub) -> None:
    """Check that the chain is whole and the hub can go on with it."""
    await write(hub, "after")
    verification = await hub.parts.lifelog.verify()
    assert verification.problem is None
    assert verification.last == hub.parts.lifelog.last


async def test_everything_comes_back(settings: Settings) -> None:
    """Entries, states, devices, keys, secrets and media of the newest backup."""
    async with running(settings) as hub:
        token = await hub.token(Role.VIEWER)
        await write(hub, "one")
        _, first = await upload(hub, frame("red"))
        full = await back_up(hub)
        assert full["kind"] == "full"
        await write(hub, "two")
        await hub.parts.registry.hello(
            Device(
                id="stove", name="Stove", status=DeviceStatus.PENDING, adapter="mqtt"
            )
        )
        await hub.parts.lifelog.append([state("stove", 10.0, 21.5)])
        await hub.parts.lifelog.append([state("stove", 5.0, 1.0)])
        await hub.parts.vault.put("esphome/stove", "a secret")
        _, second = await upload(hub, frame("blue"))
        segment = await back_up(hub)
        assert segment["kind"] == "segment"
        assert segment["size"] < full["size"]
        await write(hub, "lost")
        info = hub.parts.info
    shutil.rmtree(settings.data_dir / "media")
    for name in ("lifelog.db", "secret.key", "checkpoint.key"):
        (settings.data_dir / name).write_bytes(b"ruined")

    done = bring_back(settings)
    assert done.last == segment["last"]
    assert done.missing_media == 0
    aside = settings.data_dir / done.aside
    assert (aside / "lifelog.db").read_bytes() == b"ruined"
    async with running(settings) as hub:
        assert await texts(hub) == ["one", "two"]
        assert hub.parts.info.id == info.id
        assert hub.parts.registry.require("stove").name == "Stove"
        known = hub.parts.lifelog.state("stove", "temperature")
        assert known is not None
        assert (known.ts, known.value) == (10.0, 21.5)
        assert await hub.parts.vault.get("esphome/stove") == "a secret"
        assert hub.parts.keys.verify(token) is not None
        for media in (first, second):
            assert (await get(hub, media["id"]))[0] == 200
        await proved(hub)


async def test_back_to_any_moment_between(settings: Settings) -> None:
    """A segment is taken up to the commit of that moment, and nothing of after it."""
    moments: dict[str, float] = {}
    async with running(settings) as hub:
        for number in range(12):
            if number in {2, 5, 9}:
                await back_up(hub)
            word = f"note {number}"
            await write(hub, word)
            await hub.parts.registry.hello(
                Device(
                    id=f"device-{number}",
                    name=word,
                    status=DeviceStatus.PENDING,
                    adapter="mqtt",
                )
            )
            moments[word] = time.time()
            await asyncio.sleep(0.005)
        await back_up(hub)
    for number in (2, 4, 5, 8, 11):
        bring_back(settings, moments[f"note {number}"])
        async with running(settings) as hub:
            assert await texts(hub) == [f"note {each}" for each in range(number + 1)]
            assert {device.id for device in hub.parts.registry.devices()} == {
                f"device-{each}" for each in range(number + 1)
            }
            await proved(hub)
    with pytest.raises(BackupError, match="The oldest backup is of"):
        bring_back(settings, moments["note 0"])


async def test_a_backup_of_a_busy_hub_is_whole(settings: Settings) -> None:
    """Commits go on while it is made; it ends with one of them."""
    async with running(settings) as hub:
        stop = asyncio.Event()

        async def write_on() -> int:
            written = 0
            while not stop.is_set():
                await hub.parts.lifelog.append(
                    [state("stove", 1.0 + written, number) for number in range(50)]
                )
                written += 1
            return written

        writing = asyncio.create_task(write_on())
        made = [await back_up(hub, "full"), await back_up(hub), await back_up(hub)]
        stop.set()
        assert await writing > 0
    assert made[0]["last"] < made[1]["last"] <= made[2]["last"]
    for backup in reversed(journal(settings).backups()):
        assert bring_back(settings, backup.created).last == backup.last
        async with running(settings) as hub:
            assert (await hub.parts.lifelog.verify()).problem is None


async def test_sealed_backups_need_their_passphrase(settings: Settings) -> None:
    """And tell nothing without it, not even of the keys and the media."""
    sealed = replace(settings, backup=BackupSettings(passphrase="correct horse"))
    secret = "Ada's diary at the lake"
    async with running(sealed) as hub:
        await write(hub, secret)
        _, media = await upload(hub, frame())
        await back_up(hub)
        await write(hub, "more of it")
        await back_up(hub)
    place = folder(settings.data_dir, settings.backup)
    key = (settings.data_dir / "secret.key").read_bytes()
    for file in place.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert secret.encode() not in content
        assert key not in content
        assert not content.startswith((b"\xff\xd8\xff", b"\x1f\x8b"))
    with pytest.raises(BackupError, match="give the passphrase"):
        bring_back(settings)
    other = replace(settings, backup=BackupSettings(passphrase="battery staple"))
    with pytest.raises(BackupError, match="Give the passphrase"):
        bring_back(other)
    shutil.rmtree(settings.data_dir / "media")
    bring_back(sealed)
    async with running(sealed) as hub:
        assert await texts(hub) == [secret, "more of it"]
        assert (await get(hub, media["id"]))[1] == frame()
    # With another passphrase a journal begins anew, and the old one stays readable.
    async with running(other) as hub:
        assert (await back_up(hub))["kind"] == "full"


@pytest.mark.parametrize("name", ["lifelog.db", "segment.db", "secret.key"])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
async def test_a_damaged_backup_is_refused(
    settings: Settings, name: str, harm: str
) -> None:
    """The data folder stays as it is."""
    async with running(settings) as hub:
        await write(hub, "one")
        await back_up(hub)
        await write(hub, "two")
        await back_up(hub)
        await write(hub, "three")
    (file,) = folder(settings.data_dir, settings.backup).glob(f"*/{name}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(content if harm == "flip" else content[:-20])
    with pytest.raises(BackupError, match="damaged"):
        bring_back(settings)
    assert not list(settings.data_dir.glob("before-restore-*"))
    async with running(settings) as hub:
        assert await texts(hub) == ["one", "two", "three"]


async def test_a_forged_backup_is_refused(settings: Settings) -> None:
    """Sums can be made anew; the chain cannot."""
    async with running(settings) as hub:
        await write(hub, "one")
        made = await back_up(hub)
    place = journal(settings)
    source = place.find(made["id"])
    file = place.folder / made["id"] / "lifelog.db"
    plain = file.with_name("plain.db")
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    connection = sqlite3.connect(plain)
    connection.execute("UPDATE entries SET text = 'won' WHERE text = 'one'")
    connection.commit()
    connection.close()
    file.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    _forge(place, source)
    with pytest.raises(BackupError, match="altered"):
        bring_back(settings)


def _forge(place: Journal, backup: Backup) -> None:
    """Make the sums of a manifest anew."""
    sums = {}
    for name in backup.files:
        size, checksum = measure(place.folder / backup.id / name)
        sums[name] = BackupFile(size=size, sha256=checksum)
    manifest = place.folder / backup.id / "manifest.json"
    manifest.write_bytes(msgspec.json.encode(replace(backup, files=sums)))


async def test_a_running_hub_is_not_restored(settings: Settings) -> None:
    """The folder is held by the one who uses it."""
    async with running(settings) as hub:
        await back_up(hub)
        with pytest.raises(FolderInUseError):
            async with locked(settings.data_dir):
                pass


class Killed(BaseException):
    """What ends a process; nobody catches it."""


@pytest.mark.parametrize("steps", range(8))
async def test_a_restore_that_is_cut_short_is_completed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Killed at any of its renames, the hub starts with the old state or with the new one."""
    async with running(settings) as hub:
        await write(hub, "one")
        await back_up(hub)
        await write(hub, "two")
    left = steps
    rename = Path.rename

    def counted(self: Path, target: Path) -> Path:
        nonlocal left
        if "incoming" not in self.parts:
            if left == 0:
                raise Killed
            left -= 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted)
        try:
            bring_back(settings)
        except Killed:
            assert steps < 7
    async with running(settings) as hub:
        assert await texts(hub) == ["one"]
        await proved(hub)


async def test_backups_do_not_keep_what_was_forgotten(settings: Settings) -> None:
    """A new one takes their place."""
    async with running(settings) as hub:
        await hub.parts.lifelog.append([note("secret of Ada", person="Ada")])
        await write(hub, "of nobody")
        old = await back_up(hub)
        status, _ = await hub.ask("POST", "/api/v1/forget", body={"person": "Ada"})
        assert status == 200
    aside = settings.data_dir / "before-restore-20261121T000000Z"
    aside.mkdir()
    async with running(settings) as hub:
        await _begin_to_forget(hub)
        await hub.parts.backups._look()
        (kept,) = await hub.parts.backups.list()
        assert kept.id == old["id"]
        await hub.parts.lifelog.transact(
            lambda transaction: transaction.execute(delete(erasures))
        )
        await hub.parts.backups._look()
        (kept,) = await hub.parts.backups.list()
        assert kept.id != old["id"]
        assert not aside.exists()
    bring_back(settings)
    async with running(settings) as hub:
        assert await texts(hub) == ["of nobody"]
        await proved(hub)


async def _begin_to_forget(hub: Hub) -> None:
    """Leave the lifelog as it is in the middle of an erasure."""
    under_way = {"home": hub.parts.lifelog.home, "id": "under way", "body": "{}"}
    await hub.parts.lifelog.transact(
        lambda transaction: transaction.put(erasures, under_way)
    )


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/v1/backups"), ("PUT", "/api/v1/backup-copy")]
)
async def test_no_copy_is_made_of_what_is_being_forgotten(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    """Whoever asks for one waits, and is told when that takes too long."""
    module = "hearthward.ops.backup.backups"
    copy = settings.data_dir / "snapshot"
    async with running(settings) as hub:
        await _begin_to_forget(hub)
        body = {} if method == "POST" else None
        with monkeypatch.context() as patched:
            patched.setattr(f"{module}._PATIENCE", 0.0)
            status, problem = await hub.ask(method, path, body=body)
        assert status >= 400
        assert "being forgotten: try again" in problem["error"]
        assert not copy.exists()
        assert await hub.parts.backups.list() == ()
        asked = asyncio.create_task(hub.ask(method, path, body=body))
        await asyncio.sleep(0.1)
        assert not asked.done()
        await hub.parts.lifelog.transact(
            lambda transaction: transaction.execute(delete(erasures))
        )
        status, _ = await asked
        assert status < 300
        assert copy.exists() or await hub.parts.backups.list()


async def test_a_first_backup_that_crosses_an_erasure_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun before, so that it may keep what was forgotten meanwhile."""
    async with running(settings) as hub:
        backups = hub.parts.backups
        create = backups.journal.create

        def cross(*arguments: Any) -> Backup:
            backups.forgot()
            return create(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(backups.journal, "create", cross)
            first = await back_up(hub)
        await backups._look()
        (kept,) = await backups.list()
        assert kept.id != first["id"]


async def test_entries_that_aged_out_do_not_come_back(settings: Settings) -> None:
    """Neither at the end of a segment nor within it."""
    async with running(settings) as hub:
        for number in range(4):
            await hub.parts.lifelog.append(
                [state("stove", 10.0 + number + step / 10, number) for step in range(3)]
            )
        await back_up(hub)
        old = (entries.c.kind == "state") & (entries.c.ts < 12)
        assert await hub.parts.forgetting.age_out([old], "Measurements aged out") == 6
        within = time.time()
        await asyncio.sleep(0.01)
        await write(hub, "later")
        await back_up(hub)
    for at in (None, within):
        bring_back(settings, at)
        async with running(settings) as hub:
            assert (await hub.parts.lifelog.verify()).problem is None
            found = await hub.parts.lifelog.read(0, 1000)
            values = [entry.value for entry in found if entry.kind is EntryKind.STATE]
            assert values == [2.0] * 3 + [3.0] * 3


async def test_nothing_is_lost_when_the_lifelog_is_damaged(settings: Settings) -> None:
    """No damaged file takes the place of a good backup, and no media pass for unknown."""
    async with running(settings) as hub:
        _, media = await upload(hub, frame())
        await write(hub, *(f"note {number}" for number in range(200)))
        await back_up(hub)
    file = settings.data_dir / "lifelog.db"
    whole = file.read_bytes()
    content = bytearray(whole)
    content[4096 : len(content) // 2] = bytes(len(content) // 2 - 4096)
    file.write_bytes(content)
    async with running(settings) as hub:
        assert hub.parts.lifelog.failure
        for work in (hub.parts.backups.create, hub.parts.backups.hold):
            with pytest.raises(BackupError, match="damaged"):
                await work()
    place = settings.data_dir / "media" / "home" / media["id"][:2] / media["id"]
    assert place.is_file()
    bring_back(settings)
    async with running(settings) as hub:
        assert len(await texts(hub)) == 200
        assert (await get(hub, media["id"]))[0] == 200
        await proved(hub)


async def test_old_backups_go_and_the_way_back_stays(settings: Settings) -> None:
    """What leads to the time that is kept stays, and its media with it."""
    async with running(settings) as hub:
        made = []
        for number in range(3):
            await upload(hub, frame(size=(64, 64 + number)))
            made.append((await back_up(hub, "full"))["id"])
            await write(hub, f"note {number}")
            made.append((await back_up(hub))["id"])
        place = hub.parts.backups.journal
        pool = place.folder / "media"
        assert len([file for file in pool.rglob("*") if file.is_file()]) == 3
        limit = place.find(made[3]).created
        assert place.prune(limit) == [made[0]]
        assert [backup.id for backup in place.backups()] == made[2:]
        status, _ = await hub.ask("DELETE", f"/api/v1/backups/{made[2]}")
        assert status == 204
        assert [backup.id for backup in place.backups()] == made[4:]
        status, error = await hub.ask("DELETE", "/api/v1/backups/none")
        assert (status, error["code"]) == (409, "backup_failed")
    assert len([file for file in pool.rglob("*") if file.is_file()]) == 3


async def test_they_are_made_when_they_are_due(settings: Settings) -> None:
    """A full one first, then segments; none when nobody wants any."""
    quick = BackupSettings(segment_minutes=0.0001, full_days=1)
    async with running(replace(settings, backup=quick)) as hub:
        backups = hub.parts.backups
        await backups._look()
        await asyncio.sleep(0.01)
        await backups._look()
        assert [made.kind for made in await backups.list()] == [
            BackupKind.SEGMENT,
            BackupKind.FULL,
        ]
    never = BackupSettings(
        segment_minutes=0, full_days=0, folder=settings.data_dir / "none"
    )
    async with running(replace(settings, backup=never)) as hub:
        await hub.parts.backups._look()
        assert await hub.parts.backups.list() == ()


async def test_a_restored_lifelog_is_backed_up_anew(settings: Settings) -> None:
    """Its past is another one: no segment goes on from what is no more."""
    async with running(settings) as hub:
        await write(hub, "one")
        await back_up(hub)
        await write(hub, "two")
        moment = time.time()
        await asyncio.sleep(0.01)
        await write(hub, "three")
        await back_up(hub)
    bring_back(settings, moment)
    async with running(settings) as hub:
        await write(hub, "another three")
        made = await back_up(hub)
        assert made["kind"] == "full"
    bring_back(settings)
    async with running(settings) as hub:
        assert await texts(hub) == ["one", "two", "another three"]


async def test_a_client_that_is_ahead_begins_anew(settings: Settings) -> None:
    """What it knows beyond the restored end never was: it gets a snapshot."""
    async with running(settings) as hub:
        await write(hub, "one")
        await back_up(hub)
        await write(hub, "two", "three")
        ahead = hub.parts.lifelog.last
    bring_back(settings)
    async with running(settings) as hub:
        async with hub.session.ws_connect(
            f"{hub.url}/api/v1/stream?after={ahead}", headers=await hub.headers()
        ) as socket:
            first = await socket.receive_json(timeout=30)
        assert first["type"] == "snapshot"
        assert first["seq"] < ahead
