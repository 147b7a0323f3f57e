"""Exports and imports: jobs that bring entries out of the lifelog and into it."""

from functools import partial
import time

from aiohttp import web

from hearthward.lifelog.archive import export as exporting
from hearthward.model.security import Role
from hearthward.model.transfer import Export, ExportRequest, JobStatus
from hearthward.security.audit import audit

from .errors import ApiError
from .routes import Call, Routes

routes = Routes("transfer")


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
    return web.FileResponse(
        call.parts.jobs.place(job.id) / exporting.FILE,
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="hearthward-export.zip"',
            "Cache-Control": "no-store",
        },
    )


@routes.route("DELETE", "/exports/{export}", role=Role.SERVICE, errors=(404,))
async def delete_export(call: Call, export: str) -> None:
    """Stop an export that is under way, or remove one that has ended."""
    call.parts.jobs.get(Export, export)
    await call.parts.jobs.delete(export)


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
