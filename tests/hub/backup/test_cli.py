"""Backups from the command line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.hub import Hub
from demo.process import ProcessError
from hearthward.config import Settings

ROW = "time,device,point,value\n2026-01-31T08:00:00Z,stove,temperature,{}\n"


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """Run a hub as a process of its own."""
    process = Hub(settings.data_dir, settings.port)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def put(hub: Hub, folder: Path, value: float) -> None:
    """Import one measurement."""
    (folder / "row.csv").write_text(ROW.format(value))
    assert "1 entries were stored" in await hub.run("import", str(folder / "row.csv"))


async def test_a_backup_is_made_proved_and_restored(hub: Hub, tmp_path: Path) -> None:
    """Beside the running hub, but for the restore."""
    with pytest.raises(ProcessError, match="There are no backups"):
        await hub.run("backup", "list")
    await put(hub, tmp_path, 1)
    assert "-full: entries up to" in await hub.run("backup", "create")
    await put(hub, tmp_path, 2)
    assert "-segment: entries up to" in await hub.run("backup", "create")
    listed = (await hub.run("backup", "list")).splitlines()
    assert ["full" in line for line in listed] == [True, False]
    await put(hub, tmp_path, 3)
    assert "Proved:" in await hub.run("backup", "verify")
    with pytest.raises(ProcessError, match="a hub already runs"):
        await hub.run("backup", "restore")
    with pytest.raises(ProcessError, match="The oldest backup is of"):
        await hub.run("backup", "verify", "--at", "2020-01-01")
    await hub.run("backup", "hold")
    assert (hub.directory / "snapshot" / "lifelog.copy").is_file()
    await hub.run("backup", "release")
    assert not (hub.directory / "snapshot").exists()

    await hub.stop()
    told = await hub.run("backup", "restore")
    assert "What was there before is in" in told
    await hub.start()
    archive = tmp_path / "export.zip"
    told = await hub.run("export", "--device", "stove", "-o", str(archive))
    assert told.startswith("2 entries")
