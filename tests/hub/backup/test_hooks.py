"""Home Assistant's own backups copy the data folder: what they bring starts a hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import shutil

from msgspec.structs import replace
import pytest
import yaml

from demo.hub import Hub as Process
from hearthward.config import Settings
from tests.hub.archive.test_media import frame, get, upload
from tests.hub.backup.test_backup import proved, texts, write
from tests.hub.conftest import Hub, running

MANIFEST = Path(__file__).parents[3] / "addon" / "config.yaml"


@asynccontextmanager
async def held(hub: Hub) -> AsyncIterator[None]:
    """Do what the app's hooks do around a backup of the whole folder."""
    assert (await hub.ask("PUT", "/api/v1/backup-copy"))[0] == 204
    yield
    assert (await hub.ask("DELETE", "/api/v1/backup-copy"))[0] == 204


async def test_home_assistants_own_backup_is_whole(
    settings: Settings, tmp_path: Path
) -> None:
    """What Supervisor copies while the hub writes starts a hub elsewhere."""
    excluded = yaml.safe_load(MANIFEST.read_text())["backup_exclude"]
    slug = tmp_path / "apps" / "local_hearthward"
    async with running(settings) as hub:
        await write(hub, "one")
        epoch = hub.parts.info.epoch
        _, media = await upload(hub, frame())
        async with held(hub):
            await write(hub, "two")
            _copy(settings.data_dir, slug, excluded)
        assert not (settings.data_dir / "snapshot").exists()
        await write(hub, "three")
    assert not (slug / "lifelog.db").exists()
    brought = replace(settings, data_dir=slug)
    async with running(brought) as hub:
        assert await texts(hub) == ["one"]
        # It has another past than the one that went on.
        assert hub.parts.info.epoch != epoch
        assert (await get(hub, media["id"]))[1] == frame()
        assert (await get(hub, f"{media['id']}/thumbnail"))[0] == 200
        await proved(hub)
        assert not (slug / "snapshot").exists()


async def test_home_assistants_backup_of_a_stopped_app_is_whole(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody calls the hooks then; the hub has left what is needed."""
    excluded = yaml.safe_load(MANIFEST.read_text())["backup_exclude"]
    process = Process(settings.data_dir, settings.port)
    monkeypatch.setenv("SUPERVISOR_TOKEN", "unused")
    await process.start()
    try:
        await process.run("key", "create", "--name", "Ada", "--role", "viewer")
    finally:
        await process.stop()
    slug = tmp_path / "apps" / "local_hearthward"
    _copy(settings.data_dir, slug, excluded)
    assert not (slug / "lifelog.db").exists()
    async with running(replace(settings, data_dir=slug)) as hub:
        assert [key.name for key in hub.parts.keys.keys()] == ["Ada"]  # noqa: SIM118
    await process.start()
    try:
        assert "Ada" in await process.run("key", "list")
    finally:
        await process.stop()


def _copy(source: Path, target: Path, excluded: list[str]) -> None:
    """Copy a folder as Supervisor does: without what the manifest leaves out."""
    for item in source.rglob("*"):
        # As pathlib's `match` of Supervisor: the pattern fits the end of the path.
        parts = [item, *item.parents]
        if any(each.match(pattern) for each in parts for pattern in excluded):
            continue
        place = target / item.relative_to(source)
        if item.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif item.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(item, place)


async def test_a_copy_left_behind_is_removed(settings: Settings) -> None:
    """When the hook of afterwards never came, the next start goes on with the lifelog."""
    async with running(settings) as hub:
        await write(hub, "one")
        assert (await hub.ask("PUT", "/api/v1/backup-copy"))[0] == 204
        await write(hub, "two")
    async with running(settings) as hub:
        assert await texts(hub) == ["one", "two"]
    assert not (settings.data_dir / "snapshot").exists()
