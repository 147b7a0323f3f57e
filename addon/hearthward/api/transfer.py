"""Exports and imports: jobs that bring entries out of the lifelog and into it."""

import asyncio
from functools import partial
from pathlib import Path
import shutil
import time
from typing import IO

from aiohttp import web

from hearthward.lifelog.archive import export as exporting, importing
from hearthward.lifelog.archive.fields import LineError
from hearthward.lifelog.archive.pack import require_space
from hearthward.model.security import Role
from hearthward.model.transfer import (
    Export,
    ExportRequest,
    Import,
    ImportFormat,
    ImportQuery,
    JobStatus,
)
from hearthward.security.audit import audit

from .errors import ApiError
from .routes import UNLIMITED, Call, Routes

routes = Routes("transfer")

_CHUNK = 1024 * 1024


@routes.route("POST", "/exports", role=Role.SERVICE, status=202)
async def start_export(call: Call, body: ExportRequest) -> Export:
    """Begin an export; when it is done its file can be had for a day."""
    parts = call.parts
    job = Export(
        id=parts.jobs.name(),
        status=JobStatus.WAITING,
        created=time.time(),
        request=body,
        actor=call.actor,
        devices=_devices(call, body),
    )
    text = f"An export of {_told(body)} was asked for"
    note = partial(
        audit,
        text=text,
        action="export",
        actor=call.actor,
        request=body,
        export=job.id,
    )
    await parts.jobs.submit(job, note)
    return job


@routes.route("GET", "/exports", role=Role.SERVICE)
async def list_exports(call: Call) -> tuple[Export, ...]:
    """List the exports of the last day, newest first."""
    return call.parts.jobs.all(Export)


@routes.route("GET", "/exports/{export}", role=Role.SERVICE, errors=(404,))
async def read_export(call: Call, export: str) -> Export:
    """Say how far an export is."""
    return call.parts.jobs.get(Export, export)


@routes.route(
    "GET",
    "/exports/{export}/file",
    role=Role.SERVICE,
    errors=(404, 409),
    produces=("application/zip",),
)
async def read_export_file(call: Call, export: str) -> web.FileResponse:
    """Return the ZIP of an export that is done."""
    job = call.parts.jobs.get(Export, export)
    if job.status is not JobStatus.DONE:
        raise ApiError(409, "not_ready", f"The export is {job.status}: wait for `done`")
    return _file(
        call.parts.jobs.place(job.id) / exporting.FILE,
        "application/zip",
        "hearthward-export.zip",
    )


@routes.route("DELETE", "/exports/{export}", role=Role.SERVICE, errors=(404,))
async def delete_export(call: Call, export: str) -> None:
    """Stop an export that is under way, or remove one that has ended."""
    call.parts.jobs.get(Export, export)
    await call.parts.jobs.delete(export)


@routes.route(
    "POST",
    "/imports",
    role=Role.SERVICE,
    status=202,
    errors=(422,),
    limit=UNLIMITED,
    accepts=dict.fromkeys(
        (
            "text/csv",
            "application/jsonl",
            "application/zip",
            "application/vnd.sqlite3",
            "application/octet-stream",
        ),
        bytes,
    ),
)
async def start_import(call: Call, query: ImportQuery) -> Import:
    """Take a file and begin to import it: CSV, JSON Lines, an export, or a recorder's database.

    What is there already is not stored again: an import can be repeated.
    """
    jobs = call.parts.jobs
    name = jobs.name()
    folder = await asyncio.to_thread(jobs.place, name)
    try:
        await _receive(call, folder / importing.UPLOAD)
        kind = query.format
        if kind is None:
            kind = await asyncio.to_thread(importing.sniff, folder / importing.UPLOAD)
        importing.zone_of(query.time_zone, call.parts.settings.zone)
        job = Import(
            id=name,
            status=JobStatus.WAITING,
            created=time.time(),
            query=query,
            format=kind,
            actor=call.actor,
        )
        note = partial(
            audit,
            text=f"An import of {query.name or kind} began",
            action="import",
            actor=call.actor,
            request=query,
            job=name,
        )
        await jobs.submit(job, (lambda _: None) if query.dry_run else note)
    except LineError as error:
        await asyncio.to_thread(shutil.rmtree, folder)
        raise ApiError(422, "invalid_file", str(error)) from None
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder)
        raise
    return job


@routes.route("GET", "/imports", role=Role.SERVICE)
async def list_imports(call: Call) -> tuple[Import, ...]:
    """List the imports of the last day, newest first."""
    return call.parts.jobs.all(Import)


@routes.route("GET", "/imports/{job}", role=Role.SERVICE, errors=(404,))
async def read_import(call: Call, job: str) -> Import:
    """Say how far an import is."""
    return call.parts.jobs.get(Import, job)


@routes.route(
    "GET",
    "/imports/{job}/rejected",
    role=Role.SERVICE,
    errors=(404,),
    produces=("text/csv", "application/jsonl"),
)
async def read_rejected(call: Call, job: str) -> web.FileResponse:
    """Return the lines that were refused, as they came: to be corrected and imported."""
    found = call.parts.jobs.get(Import, job)
    if not found.rejected:
        raise ApiError(404, "nothing_rejected", "No line of this import was refused")
    is_csv = found.format is ImportFormat.CSV
    content_type = "text/csv" if is_csv else "application/jsonl"
    return _file(
        call.parts.jobs.place(found.id) / importing.REJECTED, content_type, "rejected"
    )


@routes.route("DELETE", "/imports/{job}", role=Role.SERVICE, errors=(404,))
async def delete_import(call: Call, job: str) -> None:
    """Stop an import that is under way, or forget one that has ended; what is stored stays."""
    call.parts.jobs.get(Import, job)
    await call.parts.jobs.delete(job)


async def _receive(call: Call, file: Path) -> None:
    """Write the body to a file, as long as the disk has space."""
    with file.open("wb") as stream:
        async for chunk in call.request.content.iter_chunked(_CHUNK):
            await asyncio.to_thread(_write, stream, chunk, file.parent)


def _write(stream: IO[bytes], chunk: bytes, folder: Path) -> None:
    require_space(folder)
    stream.write(chunk)


def _file(file: Path, content_type: str, name: str) -> web.FileResponse:
    return web.FileResponse(
        file,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _devices(call: Call, request: ExportRequest) -> tuple[str, ...] | None:
    """Return the devices that are meant, None for all."""
    if request.device is not None:
        return (request.device,)
    if request.person is None:
        return None
    devices = call.parts.registry.devices()
    return tuple(device.id for device in devices if device.owner == request.person)


def _told(request: ExportRequest) -> str:
    """Say what is exported, as people read it in the history."""
    return request.person or request.device or "the whole home"
