"""Export and import from the command line, beside a running hub and without one."""

from collections.abc import AsyncIterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from demo.hub import Hub
from demo.process import ProcessError
from hearthward.config import Settings

TABLE = """\
time,device,point,value
2026-01-31T08:00:00Z,stove,temperature,21.5
bad,stove,temperature,1
"""


@pytest.fixture(params=[True, False], ids=["beside a hub", "without one"])
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[Hub]:
    """Return a hub that runs, or its folder alone."""
    process = Hub(settings.data_dir, settings.port)
    if request.param:
        await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def test_a_table_goes_in_and_a_zip_comes_out(hub: Hub, tmp_path: Path) -> None:
    """A dry run shows what would be stored; refused lines land in a file."""
    table, refused = tmp_path / "table.csv", tmp_path / "refused.csv"
    table.write_text(TABLE)
    told = await hub.run("import", table, "--dry-run", "--rejected", refused)
    assert "stove temperature  21.5" in told
    assert (
        "1 entries would be stored, 0 were there already, 1 lines were refused" in told
    )
    assert refused.read_text() == "time,device,point,value\nbad,stove,temperature,1\n"
    told = await hub.run("import", table)
    assert "1 entries were stored" in told
    told = await hub.run("import", table, "--format", "csv")
    assert "0 entries were stored, 1 were there already" in told

    archive = tmp_path / "stove.zip"
    told = await hub.run("export", "--device", "stove", "-o", archive)
    assert told == f"1 entries and 0 media are in {archive}"
    with ZipFile(archive) as packed:
        assert b'"value":21.5' in packed.read("entries.jsonl")
    told = await hub.run("export", "--until", "2026-01-01", "-o", archive)
    assert told.startswith("0 entries")


async def test_what_cannot_be_done_says_why(hub: Hub, tmp_path: Path) -> None:
    """With an exit code, and no file left behind."""
    with pytest.raises(ProcessError, match="There is no file"):
        await hub.run("import", tmp_path / "nothing.csv")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ProcessError, match="one JSON object a line"):
        await hub.run("import", tmp_path / "list.json")
    with pytest.raises(ProcessError, match="2026-01-31"):
        await hub.run("export", "--since", "yesterday", "-o", tmp_path / "x.zip")
    with pytest.raises(ProcessError):
        await hub.run("export", "-o", tmp_path / "none" / "x.zip")
    assert not list(tmp_path.glob("*.zip*"))
