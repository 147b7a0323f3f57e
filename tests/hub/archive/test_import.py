"""Imports: nothing twice, nothing lost, and a word on every line that cannot be taken."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

from msgspec.structs import replace
import pytest

from hearthward.config import Settings
from hearthward.model.security import Role
from tests.hub.archive.test_export import entries, export, note, state
from tests.hub.archive.test_media import frame, upload
from tests.hub.conftest import Hub, running

ENDED = ("done", "failed", "canceled")


async def begin(hub: Hub, data: bytes, **query: str) -> tuple[int, Any]:
    """Upload a file; return the status and the job or the error."""
    async with hub.session.post(
        f"{hub.url}/api/v1/imports?{urlencode(query)}",
        data=data,
        headers=await hub.headers(Role.SERVICE),
    ) as response:
        return response.status, await response.json()


async def load(hub: Hub, data: bytes, **query: str) -> Any:
    """Import a file and return how it ended."""
    status, job = await begin(hub, data, **query)
    assert status == 202, job
    return await ended(hub, job["id"])


async def ended(hub: Hub, name: str) -> Any:
    """Wait until an import has ended."""
    async with asyncio.timeout(60):
        while True:
            _, job = await hub.ask("GET", f"/api/v1/imports/{name}", Role.SERVICE)
            if job["status"] in ENDED:
                return job
            await asyncio.sleep(0.02)


async def stored(hub: Hub) -> list[Any]:
    """Return the entries that are no record of the hub's own doings."""
    _, page = await hub.ask("GET", "/api/v1/entries?limit=1000")
    return [
        entry for entry in page["entries"] if entry["kind"] not in ("audit", "device")
    ]


def counts(job: Any) -> tuple[int, int, int]:
    """Return how many lines were accepted, known and refused."""
    return tuple(job.get(name, 0) for name in ("accepted", "duplicates", "rejected"))


CSV = """\
Time;Device;Point;Value;Text;Person
2026-01-31T08:00:00+01:00;stove;temperature;21.5;;
2026-01-31T08:00;stove;temperature;22;;
1769844700;stove;mode;;eco;Ada
not a time;stove;temperature;1;;
1769844800;stove;temperature;warm;;
1769844900;;temperature;3;;
1769845000;stove;temperature;4;;;more
1769845100;stove;"two
lines";5;"said ""so""
and on";
1769845100000;stove;temperature;6;;
"""


async def test_a_table_is_taken_and_its_bad_lines_are_named(hub: Hub) -> None:
    """Each refused line with its number, what to do, and itself in a file."""
    data = CSV.encode()
    seen = await load(hub, data, dry_run="true", time_zone="America/New_York")
    assert await stored(hub) == []
    assert counts(seen) == (4, 0, 5)
    assert [draft["ts"] for draft in seen["preview"]] == [
        1769842800.0,
        1769864400.0,
        1769844700.0,
        1769845100.0,
    ]
    job = await load(hub, data, time_zone="America/New_York")
    for told in ("preview", "problems", "accepted", "rejected", "first", "last"):
        assert job[told] == seen[told]
    told = {each["line"]: each["detail"] for each in job["problems"]}
    assert sorted(told) == [5, 6, 7, 8, 12]
    assert "2026-01-31T08:00:00+01:00" in told[5]
    assert "number such as 21.5" in told[6]
    assert "device" in told[7]
    assert "6 cells" in told[8]
    assert "milliseconds" in told[12]

    found = {(entry["point"], entry["ts"]): entry for entry in await stored(hub)}
    assert found["temperature", 1769842800.0]["value"] == 21.5
    assert found["mode", 1769844700.0]["text"] == "eco"
    assert found["mode", 1769844700.0]["body"] == {"person": "Ada"}
    assert found["two\nlines", 1769845100.0]["text"] == 'said "so"\nand on'

    async with hub.session.get(
        f"{hub.url}/api/v1/imports/{job['id']}/rejected", headers=await hub.headers()
    ) as response:
        refused = await response.read()
    lines = data.splitlines(keepends=True)
    assert refused == b"".join(lines[line - 1] for line in (1, 5, 6, 7, 8, 12))

    again = await load(hub, data, time_zone="America/New_York")
    assert counts(again) == (0, 4, 5)
    assert len(await stored(hub)) == 4


async def test_what_home_assistant_offers_to_download_is_understood(hub: Hub) -> None:
    """Its history page writes entity, state and time."""
    data = (
        b"\xef\xbb\xbfentity_id,state,last_changed\r\n"
        b"sensor.kitchen,21.5,2026-01-31T08:00:00.123Z\r\n"
        b"binary_sensor.door,on,2026-01-31T08:00:01.000Z\r\n"
        b"sensor.kitchen,unavailable,2026-01-31T08:00:02.000Z\r\n"
        b"climate.stove,heat,2026-01-31T08:00:03.000Z\r\n"
    )
    job = await load(hub, data)
    assert counts(job) == (4, 0, 0)
    found = await stored(hub)
    assert {entry["device"] for entry in found} == {"homeassistant"}
    assert [(e["point"], e.get("value"), e.get("text")) for e in found] == [
        ("sensor.kitchen", 21.5, None),
        ("binary_sensor.door", 1.0, None),
        ("sensor.kitchen", None, None),
        ("climate.stove", None, "heat"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "one JSON object a line"),
        (b"[1]", "one JSON object a line"),
        (b"{" + b'"a":{' * 3000, "one JSON object a line"),
        (b'{"ts":1,"text":"\xff"}', "UTF-8"),
        (b'{"text":"x"}', "time"),
        (b'{"ts":true,"text":"x"}', "2026-01-31"),
        (b'{"ts":"x","text":"x"}', "2026-01-31"),
        (b'{"ts":1e12,"text":"x"}', "milliseconds"),
        (b'{"ts":9e9,"text":"x"}', "still to come"),
        (b'{"ts":1,"kind":"nonsense"}', "nonsense"),
        (b'{"ts":1,"kind":["x"]}', "kind"),
        (b'{"ts":1}', "text"),
        (b'{"ts":1,"point":"x","value":1}', "device"),
        (b'{"ts":1,"point":"x","device":7,"value":1}', "device"),
        (b'{"ts":1,"point":"x","device":"d","value":"1,5"}', "number"),
        (b'{"ts":1,"point":"x","device":"d","value":[]}', "number"),
        (b'{"ts":1,"text":"x","body":[]}', "body"),
        (b'{"ts":1,"text":"' + b"x" * 1_100_000 + b'"}', "Shorten"),
    ],
)
async def test_a_bad_line_says_what_to_do(hub: Hub, line: bytes, words: str) -> None:
    """The lines around it are taken."""
    good = b'{"ts":1,"text":"before"}\n\n', b'\n{"ts":2,"text":"behind"}'
    job = await load(hub, good[0] + line + good[1], format="jsonl")
    assert counts(job) == (2, 0, 1)
    (problem,) = job["problems"]
    assert problem["line"] == 3
    assert words in problem["detail"]
    assert [entry["text"] for entry in await stored(hub)] == ["before", "behind"]


@pytest.mark.parametrize(
    ("data", "query", "words"),
    [
        (b"", {}, "CSV with a header"),
        (b'[{"ts":1}]', {}, "one JSON object a line"),
        ("a,b".encode("utf-16"), {}, "UTF-8"),
        (b"a,b\n1,2\n", {"time_zone": "Mars/Base"}, "Europe/Berlin"),
    ],
)
async def test_a_file_that_is_nothing_is_refused(
    hub: Hub, data: bytes, query: dict[str, str], words: str
) -> None:
    """And nothing of it is kept."""
    status, error = await begin(hub, data, **query)
    assert (status, error["code"]) == (422, "invalid_file")
    assert words in error["error"]
    assert not list(hub.parts.jobs._folder.iterdir())


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"PK\x03\x04nothing", "archive", "ZIP that an export made"),
        (b"SQLite format 3\x00" + bytes(200), "homeassistant", "recorder"),
        (b"\n\n", "csv", "names of its columns"),
    ],
)
async def test_a_file_that_is_damaged_ends_its_import(
    hub: Hub, data: bytes, kind: str, words: str
) -> None:
    """With a sentence that says what to give instead."""
    job = await load(hub, data, format=kind)
    assert job["status"] == "failed"
    assert words in job["error"]


async def test_an_export_comes_back_whole(
    hub: Hub, settings: Settings, tmp_path: Path
) -> None:
    """Into another hub, with its media; into its own, nothing is added."""
    lifelog = hub.parts.lifelog
    await lifelog.append(
        [
            state("stove", 10.25, -0.5),
            state("stove", 11, 1e-7),
            note("茶 at ten", 12.5, person="Ada", deep={"x": [1, None]}),
            note("=formula", 13),
        ]
    )
    await upload(hub, frame(), "?person=Ada&text=Stove&ts=14")
    _, data = await export(hub)
    for part in (data, ZipFile(io.BytesIO(data)).read("entries.jsonl")):
        job = await load(hub, part)
        assert counts(job)[0] == 0
        assert counts(job)[2] == 0
        assert counts(job)[1] == 5
    table = ZipFile(io.BytesIO(data)).read("entries.csv")
    assert counts(await load(hub, table)) == (0, 5, 0)

    other = replace(settings, data_dir=tmp_path / "other", port=settings.port + 1)
    for name, source in (("archive", data), ("csv", table)):
        place = replace(other, data_dir=tmp_path / name)
        async with running(place) as second:
            job = await load(second, source)
            assert counts(job) == (5, 0, 0)
            assert job["skipped"] > 0
            assert counts(await load(second, source)) == (0, 5, 0)
            found = {entry["ts"]: entry for entry in await stored(second)}
            assert (found[10.25]["value"], found[11]["value"]) == (-0.5, 1e-7)
            assert found[13]["text"] == "=formula"
            body = found[12.5]["body"]
            assert body.pop("imported") in ("archive", "csv")
            assert body == {"person": "Ada", "deep": {"x": [1, None]}}
            if name == "archive":
                assert job["media"] == 1
                _, page = await second.ask("GET", "/api/v1/media?person=Ada")
                assert page["media"][0]["text"] == "Stove"
                _, again = await export(second)
                assert any(entry["ts"] == 14 for entry in entries(again))


async def test_what_was_forgotten_does_not_come_back(hub: Hub) -> None:
    """The chain knows the digest of an entry that is gone."""
    lifelog = hub.parts.lifelog
    await lifelog.append([note("secret of Ada", 10.0, person="Ada")])
    await lifelog.append(
        [note(f"secret {number}", 10.0 + number, person="Ada") for number in range(3)]
    )
    await lifelog.append([note("of nobody", 20.0)])
    _, data = await export(hub)
    status, _ = await hub.ask("POST", "/api/v1/forget", body={"person": "Ada"})
    assert status == 200
    assert counts(await load(hub, data)) == (0, 5, 0)
    assert "secret" not in json.dumps(await stored(hub))


async def test_an_import_goes_on_after_a_restart(settings: Settings) -> None:
    """Nothing is stored twice, no refused line is told twice."""
    lines = [
        f'{{"ts":{number},"device":"d","point":"p","value":{number}}}'
        if number % 100
        else f'{{"ts":{number}}}'
        for number in range(20_000)
    ]
    data = "\n".join(lines).encode()
    async with running(settings) as hub:
        _, job = await begin(hub, data)
        path = f"/api/v1/imports/{job['id']}"
        async with asyncio.timeout(60):
            while not job.get("accepted", 0):
                _, job = await hub.ask("GET", path)
                await asyncio.sleep(0)
    async with running(settings) as hub:
        job = await ended(hub, job["id"])
        assert counts(job) == (19_800, 0, 200)
        last, values = 0, []
        while found := await hub.parts.lifelog.read(last, 1000):
            last = found[-1].seq
            values += [entry.value for entry in found if entry.device == "d"]
        assert values == [number for number in range(20_000) if number % 100]
        async with hub.session.get(
            f"{hub.url}{path}/rejected", headers=await hub.headers()
        ) as response:
            refused = (await response.text()).splitlines()
        assert refused == [line for line in lines if "value" not in line]
        assert (await hub.parts.lifelog.verify()).problem is None


async def test_an_import_can_be_stopped(hub: Hub) -> None:
    """What is stored stays; the rest is not taken."""
    data = b"".join(
        b'{"ts":%d,"device":"d","point":"p","value":1}\n' % number
        for number in range(50_000)
    )
    _, job = await begin(hub, data)
    path = f"/api/v1/imports/{job['id']}"
    assert (await hub.ask("DELETE", path))[0] == 204
    _, job = await hub.ask("GET", path)
    assert job["status"] == "canceled"
    assert not (hub.parts.jobs._folder / job["id"]).exists()
