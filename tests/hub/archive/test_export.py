"""Exports: complete, provable with nothing but the file, safe to open, never in the way."""

import asyncio
import csv
import hashlib
import io
import json
from pathlib import Path
import subprocess
import sys
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from msgspec.structs import replace
import pytest

from hearthward.config import Settings
from hearthward.lifelog.archive.jobs import JobsEraser
from hearthward.lifelog.archive.records import guard, unguard
from hearthward.lifelog.forgetting.scope import Scope
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.security import Role
from hearthward.model.transfer import Export
from tests.hub.archive.test_media import frame, upload
from tests.hub.conftest import Hub, running


def state(device: str, ts: float, value: float) -> Draft:
    """Return a measurement."""
    return Draft(
        ts=ts, kind=EntryKind.STATE, device=device, point="temperature", value=value
    )


def note(text: str, ts: float = 100.0, **body: object) -> Draft:
    """Return a note."""
    return Draft(ts=ts, kind=EntryKind.NOTE, text=text, body=body)


async def export(hub: Hub, **request: object) -> tuple[Any, bytes]:
    """Make an export; return how it ended and its file."""
    status, job = await hub.ask("POST", "/api/v1/exports", Role.SERVICE, request)
    assert status == 202
    path = f"/api/v1/exports/{job['id']}"
    async with asyncio.timeout(60):
        while job["status"] not in ("done", "failed"):
            await asyncio.sleep(0.02)
            _, job = await hub.ask("GET", path, Role.SERVICE)
    async with hub.session.get(
        f"{hub.url}{path}/file", headers=await hub.headers(Role.SERVICE)
    ) as response:
        return job, await response.read()


def entries(data: bytes) -> list[dict[str, Any]]:
    """Return the entries of an export."""
    with ZipFile(io.BytesIO(data)) as archive:
        return [json.loads(line) for line in archive.read("entries.jsonl").splitlines()]


def verify(
    data: bytes, folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the script that the export brings, in a Python that knows nothing of the hub."""
    file = folder / "export.zip"
    file.write_bytes(data)
    with ZipFile(file) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    blind = (
        "import runpy, sys\n"
        "class Blind:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('hearthward', 'msgspec', 'sqlalchemy'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Blind())\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path('verify.py', run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", blind, "verify.py", str(file), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def altered(data: bytes, name: str, change: Any) -> bytes:
    """Return an export with one file changed, and the manifest's sum of it, too."""
    source, target = ZipFile(io.BytesIO(data)), io.BytesIO()
    files = {member: source.read(member) for member in source.namelist()}
    files[name] = change(files[name])
    manifest = json.loads(files["manifest.json"])
    if name in manifest["sha256"]:
        manifest["sha256"][name] = hashlib.sha256(files[name]).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return target.getvalue()


async def test_everything_comes_out_and_proves_itself(hub: Hub, tmp_path: Path) -> None:
    """All kinds, odd numbers and all of Unicode; the script finds them as written."""
    odd = [1e16, 1e-7, -0.0, 1.1, 5e-324, 1.7976931348623157e308, 123456789.0]
    await hub.parts.lifelog.append(
        [state("stove", 10 + i, v) for i, v in enumerate(odd)]
    )
    await hub.parts.lifelog.append(
        [
            note('Tea 茶 \U0001f375 \u2028 \x00 \x7f "quoted"\nnext', author="Ada"),
            note("a formula", body={"deep": [1.0, None, True, {"x": "é"}]}),
        ]
    )
    _, media = await upload(hub, frame(), "?text=Stove")
    job, data = await export(hub)
    assert (job["status"], job["media"]) == ("done", 1)
    found = entries(data)
    assert [entry["seq"] for entry in found] == list(range(1, len(found) + 1))
    assert job["entries"] == len(found)
    stored = await hub.parts.lifelog.read(0, 1000)
    for entry, kept in zip(found, stored, strict=False):
        assert (entry["value"], entry["text"]) == (kept.value, kept.text)
        assert (entry["body"], entry["digest"]) == (kept.body, kept.digest)
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.read(f"media/{media['id']}.jpg") == frame()
    key = hub.parts.checkpoints.public_key.hex()
    proved = verify(data, tmp_path, "--key", key)
    assert proved.returncode == 0, proved.stderr
    assert f"{len(found)} entries are as they were written" in proved.stdout
    assert verify(data, tmp_path, "--key", "00" * 32).returncode == 1
    # It is itself recorded, by whom and for what.
    _, page = await hub.ask("GET", "/api/v1/entries?kind=audit")
    assert any(entry["body"]["action"] == "export" for entry in page["entries"])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("entries.jsonl", lambda text: text.replace(b"21.5", b"31.5")),
        ("entries.jsonl", lambda text: text + text.splitlines(True)[-1]),
        ("entries.jsonl", lambda text: b"".join(text.splitlines(True)[1:])),
        ("proof/entries.txt", lambda text: text.replace(b"21.5", b"31.5")),
        ("proof/entries.txt", lambda text: b"".join(text.splitlines(True)[1:])),
        ("proof/chain.jsonl", lambda text: b"".join(text.splitlines(True)[:-1])),
        ("proof/chain.jsonl", lambda text: b"".join(text.splitlines(True)[1:])),
        ("manifest.json", lambda text: text.replace(b'"home"', b'"hume"')),
    ],
)
async def test_what_was_altered_is_found(
    hub: Hub, tmp_path: Path, name: str, change: Any
) -> None:
    """Whatever is changed, one of the sums, digests, links or the signature tells."""
    await hub.parts.lifelog.append([state("stove", 10, 21.5)])
    await hub.parts.lifelog.append([state("stove", 20, 22.5)])
    _, data = await export(hub)
    assert verify(data, tmp_path).returncode == 0
    told = verify(altered(data, name, change), tmp_path)
    assert told.returncode == 1
    assert "NOT AS IT WAS WRITTEN" in told.stderr


async def test_a_person_a_device_and_a_time_can_be_chosen(
    hub: Hub, tmp_path: Path
) -> None:
    """A person's entries are those of the person's devices and those that name the person."""
    registry = hub.parts.registry
    for device in ("bed", "stove"):
        await registry.hello(
            Device(id=device, name=device, status=DeviceStatus.PENDING, adapter="mqtt")
        )
    await registry.update("bed", "test", owner="Ada")
    lifelog = hub.parts.lifelog
    for number in range(50):
        await lifelog.append([state("stove", 1000 + number, number)])
        await lifelog.append([state("bed", 1000 + number, number)])
    await lifelog.append(
        [
            note("for Ada", 1010, person="Ada"),
            note("for Ben", 1010, person="Ben"),
            note("of person Ada", 1010),
        ]
    )
    _, data = await export(hub, person="Ada", since=1010, until=1020)
    found = entries(data)
    assert {entry["device"] for entry in found} == {"bed", None}
    assert [entry["text"] for entry in found if entry["kind"] == "note"] == ["for Ada"]
    assert [e["value"] for e in found if e["kind"] == "state"] == list(range(10, 20))
    assert verify(data, tmp_path).returncode == 0

    _, data = await export(hub, device="stove", until=1005)
    assert [entry["value"] for entry in entries(data)] == list(range(5))
    assert verify(data, tmp_path).returncode == 0

    job, data = await export(hub, person="Nobody")
    assert (job.get("entries", 0), entries(data)) == (0, [])
    assert verify(data, tmp_path).returncode == 0


async def test_no_cell_is_a_formula(hub: Hub) -> None:
    """A spreadsheet shows what a stranger's device said; it never runs it."""
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "plain", "it's", "'", ""]
    await hub.parts.lifelog.append([note(text) for text in texts])
    _, data = await export(hub)
    with ZipFile(io.BytesIO(data)) as archive:
        table = archive.read("entries.csv").decode()
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    cells = [row["text"] for row in rows if row["kind"] == "note"]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n")]
    assert [unguard(cell) for cell in cells] == texts
    assert all(unguard(guard(text) or "") == text for text in texts)


async def test_an_export_can_be_stopped_and_expires(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files go with it."""
    reached, held = asyncio.Event(), asyncio.Event()

    async def sign() -> None:
        reached.set()
        await held.wait()

    with monkeypatch.context() as patch:
        exporter = hub.parts.jobs._runners[Export].__self__
        patch.setattr(exporter, "_sign", sign)
        _, job = await hub.ask("POST", "/api/v1/exports", body={})
        path = f"/api/v1/exports/{job['id']}"
        await reached.wait()
        status, error = await hub.ask("GET", f"{path}/file")
        assert (status, error["code"]) == (409, "not_ready")
        assert (await hub.ask("DELETE", path))[0] == 204
    _, job = await hub.ask("GET", path)
    assert job["status"] == "canceled"
    folder = hub.parts.jobs._folder
    assert not (folder / job["id"]).exists()
    assert (await hub.ask("DELETE", path))[0] == 204
    assert (await hub.ask("GET", path))[0] == 404

    done, _ = await export(hub)
    assert (folder / done["id"]).is_dir()
    hub.parts.jobs._jobs[done["id"]] = _expired(hub.parts.jobs._jobs[done["id"]])
    await hub.parts.jobs._sweep()
    assert not (folder / done["id"]).exists()
    assert (await hub.ask("GET", f"/api/v1/exports/{done['id']}"))[0] == 404


def _expired(job: Any) -> Any:
    return replace(job, expires=1.0)


async def test_a_finished_export_outlives_a_restart(settings: Settings) -> None:
    """An unfinished one is made anew."""
    async with running(settings) as hub:
        await hub.parts.lifelog.append([state("stove", 10, 21.5)])
        job, data = await export(hub)
    async with running(settings) as hub:
        _, again = await hub.ask("GET", f"/api/v1/exports/{job['id']}")
        assert again == job
        async with hub.session.get(
            f"{hub.url}/api/v1/exports/{job['id']}/file", headers=await hub.headers()
        ) as response:
            assert await response.read() == data


async def test_forgetting_ends_every_export(hub: Hub) -> None:
    """Its file may hold what is forgotten."""
    await hub.parts.lifelog.append([note("secret of Ada", person="Ada")])
    job, _ = await export(hub)
    eraser = JobsEraser(hub.parts.jobs)
    scope = Scope(home="home", person="Ada", devices=())
    await hub.parts.lifelog.transact(lambda unit: eraser.erase_scope(unit, scope))
    assert (await hub.ask("GET", f"/api/v1/exports/{job['id']}"))[0] == 404
    assert not hub.parts.jobs._folder.exists()
    again, data = await export(hub)
    assert again["status"] == "done"
    assert any(entry["text"] == "secret of Ada" for entry in entries(data))


async def test_the_proof_still_fits_when_entries_were_forgotten(
    hub: Hub, tmp_path: Path
) -> None:
    """Their digests, or the sum of these, stay in the chain."""
    lifelog = hub.parts.lifelog
    await lifelog.append([note("a", person="Ada"), note("b"), note("c", person="Ada")])
    await lifelog.append([note("d", person="Ada"), note("e", person="Ada")])
    await lifelog.append([note("f")])
    status, _ = await hub.ask("POST", "/api/v1/forget", body={"person": "Ada"})
    assert status == 200
    _, data = await export(hub)
    texts = [entry["text"] for entry in entries(data) if entry["kind"] == "note"]
    assert texts == ["b", "f"]
    key = hub.parts.checkpoints.public_key.hex()
    proved = verify(data, tmp_path, "--key", key)
    assert proved.returncode == 0, proved.stderr


async def test_appends_go_on_while_an_export_runs(hub: Hub, tmp_path: Path) -> None:
    """What is appended meanwhile is not in it, and the proof still fits."""
    for start in range(0, 20_000, 1_000):
        await hub.parts.lifelog.append(
            [state("stove", start + number, number) for number in range(1_000)]
        )
    exporting = asyncio.create_task(export(hub))
    appended = 0
    while not exporting.done():
        await hub.parts.lifelog.append([state("bed", 1.0, appended)])
        appended += 1
    job, data = await exporting
    assert appended > 10
    assert job["entries"] >= 20_000
    proved = verify(data, tmp_path)
    assert "Compare the key" in proved.stdout, proved.stderr


async def test_only_who_may_can_export(hub: Hub) -> None:
    """Home Assistant may; a caregiver's key does not suffice."""
    status, _ = await hub.ask("POST", "/api/v1/exports", Role.CAREGIVER, {})
    assert status == 403
    status, error = await hub.ask("POST", "/api/v1/exports", body={"nobody": 1})
    assert (status, error["code"]) == (400, "invalid_request")
    assert (await hub.ask("GET", "/api/v1/exports/none"))[0] == 404
