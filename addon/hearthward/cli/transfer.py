"""`hearthward export` and `import`: bring entries out of the lifelog and into it."""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hearthward.model.transfer import (
    Export,
    ExportRequest,
    Import,
    ImportFormat,
    JobStatus,
)

from .common import REFUSED, WRONG, Commands, add_settings, fail, settings, with_hub
from .times import moment

if TYPE_CHECKING:
    from hearthward.local import Local

_PAUSE = 0.2
_CHUNK = 1024 * 1024
_ENDED = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELED)


def register(commands: Commands) -> None:
    """Add the commands."""
    _add_export(commands)
    _add_import(commands)


def _add_export(commands: Commands) -> None:
    export = commands.add_parser("export", help="write entries and media to a ZIP")
    add_settings(export)
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.add_argument("--person", help="only what concerns this person")
    export.add_argument("--device", help="only what this device said")
    export.add_argument("--since", metavar="TIME", help="from this time on")
    export.add_argument("--until", metavar="TIME", help="before this time")
    export.add_argument("--no-media", action="store_true", help="leave media out")
    export.set_defaults(run=_run_export)


def _run_export(arguments: argparse.Namespace) -> None:
    chosen = settings(arguments)
    zone = chosen.zone
    request = ExportRequest(
        person=arguments.person,
        device=arguments.device,
        since=moment(arguments.since, zone),
        until=moment(arguments.until, zone),
        media=not arguments.no_media,
    )

    async def work(hub: Local) -> Export:
        job = await hub.ask("POST", "/api/v1/exports", Export, request)
        path = f"/api/v1/exports/{job.id}"
        job = await _wait(hub, path, job)
        if job.status is JobStatus.DONE:
            await hub.download(f"{path}/file", arguments.output)
        await hub.ask("DELETE", path, type(None))
        return job

    job = with_hub(arguments, work)
    if job.status is not JobStatus.DONE:
        fail(job.error or f"The export was {job.status}", REFUSED)
    print(f"{job.entries} entries and {job.media} media are in {arguments.output}")
    if job.missing_media:
        print(f"{job.missing_media} media were gone already", file=sys.stderr)


def _add_import(commands: Commands) -> None:
    load = commands.add_parser("import", help="read entries from a file")
    add_settings(load)
    load.add_argument("file", type=Path, metavar="FILE")
    load.add_argument(
        "--format",
        choices=[str(kind) for kind in ImportFormat],
        help="what the file is; told by its content when left out",
    )
    load.add_argument("--dry-run", action="store_true", help="store nothing")
    load.add_argument("--device", help="for lines that name no device")
    load.add_argument("--point", help="for lines that name no point")
    load.add_argument("--person", help="for lines that name no person")
    load.add_argument("--time-zone", metavar="NAME", help="of times without an offset")
    load.add_argument(
        "--entities",
        metavar="PATTERNS",
        help="of a recorder, for example 'sensor.*,binary_sensor.door'",
    )
    load.add_argument("--rejected", type=Path, metavar="FILE", help="for refused lines")
    load.set_defaults(run=_run_import)


def _run_import(arguments: argparse.Namespace) -> None:
    if not arguments.file.is_file():
        fail(f"There is no file {arguments.file}", WRONG)
    query = {
        "name": arguments.file.name,
        "format": arguments.format,
        "dry_run": "true" if arguments.dry_run else None,
        "device": arguments.device,
        "point": arguments.point,
        "person": arguments.person,
        "time_zone": arguments.time_zone,
        "entities": arguments.entities,
    }
    given = {name: value for name, value in query.items() if value is not None}

    async def work(hub: Local) -> Import:
        from hearthward.lifelog.archive.recorder import steady_copy

        with steady_copy(arguments.file) as file:
            job = await hub.upload(
                f"/api/v1/imports?{urlencode(given)}", Import, _chunks(file)
            )
        path = f"/api/v1/imports/{job.id}"
        job = await _wait(hub, path, job)
        if arguments.rejected and job.rejected:
            await hub.download(f"{path}/rejected", arguments.rejected)
        return job

    job = with_hub(arguments, work)
    _report(job)
    if job.status is not JobStatus.DONE:
        fail(job.error or f"The import was {job.status}", REFUSED)


def _report(job: Import) -> None:
    for draft in job.preview if job.query.dry_run else ():
        at = datetime.fromtimestamp(draft.ts).astimezone()
        said = draft.text if draft.value is None else f"{draft.value:g}"
        where = " ".join(filter(None, (draft.device, draft.point)))
        print(f"  {at:%Y-%m-%d %H:%M:%S}  {draft.kind}  {where}  {said or ''}")
    for problem in job.problems:
        print(f"line {problem.line}: {problem.detail}", file=sys.stderr)
    verb = "would be stored" if job.query.dry_run else "were stored"
    print(
        f"{job.accepted} entries {verb}, {job.duplicates} were there already, "
        f"{job.rejected} lines were refused, {job.skipped} were left out"
    )


async def _wait[T: (Export, Import)](hub: Local, path: str, job: T) -> T:
    """Wait until a job has ended, and show how far it is to who looks."""
    shown = sys.stderr.isatty()
    while job.status not in _ENDED:
        await asyncio.sleep(_PAUSE)
        job = await hub.ask("GET", path, type(job))
        if shown and job.total:
            print(f"\r{100 * job.done // job.total} %  ", end="", file=sys.stderr)
    if shown:
        print("\r", end="", file=sys.stderr)
    return job


async def _chunks(file: Path) -> AsyncGenerator[bytes]:
    with file.open("rb") as stream:
        while chunk := await asyncio.to_thread(stream.read, _CHUNK):
            yield chunk
