"""The proof and forgetting, as clients and the command line see them."""

import asyncio
import json
import os
from pathlib import Path
import shutil
import sqlite3
import sys

from hearthward.lifelog.chain import message
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.security import Role
from tests.hub.conftest import Hub

HEARTHWARD = Path(sys.executable).with_name("hearthward")


async def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        HEARTHWARD,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HEARTHWARD_DATA_DIR": str(folder)},
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def test_clients_verify_and_see_checkpoints(hub: Hub) -> None:
    """What they are told can be checked with the public key alone."""
    await hub.parts.lifelog.append([Draft(ts=1.0, kind=EntryKind.NOTE, text="x")])
    assert await hub.parts.checkpoints.sign()
    status, found = await hub.ask("GET", "/api/v1/lifelog/checkpoints", Role.VIEWER)
    assert status == 200
    key = found[0]["key"]
    assert key == hub.parts.checkpoints.public_key.hex()
    assert message("home", found[0]["seq"], found[0]["ts"], bytes(32))
    body = {"public_keys": [key]}
    status, found = await hub.ask("POST", "/api/v1/lifelog/verify", Role.OPERATOR, body)
    assert status == 200
    assert found["keys"] == [key]
    assert "problem" not in found
    status, found = await hub.ask(
        "POST", "/api/v1/lifelog/verify", Role.OPERATOR, {"public_keys": ["zz"]}
    )
    assert status == 400


async def test_a_client_forgets(hub: Hub) -> None:
    """It is told how much, and which entry records it."""
    draft = Draft(ts=1.0, kind=EntryKind.NOTE, device="band", text="x")
    await hub.parts.lifelog.append([draft, draft])
    status, found = await hub.ask(
        "POST", "/api/v1/forget", Role.SERVICE, {"device": "band", "dry_run": True}
    )
    assert (status, found) == (200, {"entries": 2, "media": 0})
    status, found = await hub.ask(
        "POST", "/api/v1/forget", Role.SERVICE, {"device": "band"}
    )
    assert (status, found["entries"]) == (200, 2)
    entry = await hub.parts.lifelog.read(found["seq"] - 1, 1)
    assert entry[0].kind is EntryKind.ERASURE
    status, found = await hub.ask("POST", "/api/v1/forget", Role.SERVICE, {})
    assert status == 422
    assert "Say what to forget" in found["error"]
    status, _ = await hub.ask(
        "POST", "/api/v1/forget", Role.OPERATOR, {"device": "band"}
    )
    assert status == 403


async def test_the_command_line_verifies_while_the_hub_runs(hub: Hub) -> None:
    """A whole lifelog is said to be whole; it needs no hub."""
    folder = hub.parts.settings.data_dir
    await hub.parts.lifelog.append([Draft(ts=1.0, kind=EntryKind.NOTE, text="x")])
    await hub.parts.checkpoints.sign()
    code, key, _ = await run(folder, "lifelog", "key")
    assert code == 0
    code, output, errors = await run(
        folder, "lifelog", "verify", "--public-key", key.strip()
    )
    assert (code, errors) == (0, "")
    assert "Nothing was altered up to entry" in output
    code, output, _ = await run(folder, "lifelog", "verify", "--json")
    assert json.loads(output)["checkpoints"] == 1


async def test_the_command_line_names_the_first_break_of_a_copy(
    hub: Hub, tmp_path: Path
) -> None:
    """With exit code 1 and a sentence."""
    await hub.parts.lifelog.append([Draft(ts=1.0, kind=EntryKind.NOTE, text="x")])
    await hub.parts.lifelog.purge()
    copy = tmp_path / "copy.db"
    shutil.copy(hub.parts.settings.data_dir / "lifelog.db", copy)
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE entries SET text = 'y' WHERE text = 'x'")
    database.close()
    code, _, errors = await run(tmp_path, "lifelog", "verify", str(copy))
    assert code == 1
    assert "The lifelog was altered: an entry was altered between seq" in errors
    copy.chmod(0o400)
    code, _, errors = await run(tmp_path, "lifelog", "verify", str(tmp_path / "none"))
    assert code == 1
    assert "There is no lifelog" in errors
    copy.chmod(0o600)
    copy.write_bytes(b"x" * 9000)
    code, _, errors = await run(tmp_path, "lifelog", "verify", str(copy))
    assert code == 1
    assert "is not a lifelog" in errors


async def test_the_command_line_forgets(hub: Hub) -> None:
    """It counts first, and erases when told so."""
    folder = hub.parts.settings.data_dir
    await hub.parts.lifelog.append(
        [Draft(ts=1.0, kind=EntryKind.NOTE, device="band", text="x")]
    )
    forget = ("lifelog", "forget", "--device", "band")
    code, output, _ = await run(folder, *forget, "--dry-run")
    assert (code, output) == (0, "1 entries and 0 media would be erased.\n")
    code, output, _ = await run(folder, *forget, "--yes", "--reason", "asked to")
    assert code == 0
    assert output.startswith("1 entries and 0 media are erased; entry ")


async def test_forgotten_words_are_in_no_file_of_the_hub(hub: Hub) -> None:
    """Said, found, forgotten: not in the lifelog, its journal, the index or anywhere else."""
    word = "xylophone"
    folder = hub.parts.settings.data_dir
    indexing = asyncio.create_task(hub.parts.search.run())
    for number in range(60):
        device = "band" if number % 2 else "other"
        text = (
            f"{word} {number} " * 20 if number % 2 else f"something else {number} " * 20
        )
        draft = Draft(ts=1e9 + number, kind=EntryKind.NOTE, device=device, text=text)
        await hub.parts.lifelog.append([draft])
    async with asyncio.timeout(60):
        while not (await found_by_search(hub, word)):
            await asyncio.sleep(0.1)
    status, _ = await hub.ask(
        "POST", "/api/v1/forget", Role.SERVICE, {"device": "band"}
    )
    assert status == 200
    assert not await found_by_search(hub, word)
    assert await found_by_search(hub, "something")
    assert [
        file.relative_to(folder)
        for file in folder.rglob("*")
        if file.is_file() and word.encode() in file.read_bytes().lower()
    ] == []
    indexing.cancel()


async def found_by_search(hub: Hub, words: str) -> int:
    """Return how much is found."""
    status, page = await hub.ask("GET", f"/api/v1/search?q={words}", Role.VIEWER)
    assert status == 200, page
    return len(page["hits"])
