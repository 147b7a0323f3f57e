"""Backups of the hub; to restore one the hub must not run, so that is the command line's."""

from functools import partial

from hearthward.model.backup import BackupRequest, BackupSummary
from hearthward.model.security import Role
from hearthward.security.audit import audit

from .routes import Call, Routes

routes = Routes("backups")


@routes.route("GET", "/backups", role=Role.SERVICE)
async def list_backups(call: Call) -> tuple[BackupSummary, ...]:
    """List the backups, newest first."""
    return await call.parts.backups.list()


@routes.route("POST", "/backups", role=Role.SERVICE, status=201, errors=(409,))
async def create_backup(call: Call, body: BackupRequest) -> BackupSummary:
    """Make a backup while the hub goes on; this answers when it is on the disk."""
    made = await call.parts.backups.create(body.kind)
    await _note(call, f"The backup {made.id} was made", "backup")
    return made


@routes.route("DELETE", "/backups/{backup}", role=Role.ADMIN, errors=(409,))
async def delete_backup(call: Call, backup: str) -> None:
    """Remove a backup, and those that go on from it."""
    await call.parts.backups.delete(backup)
    await _note(call, f"The backup {backup} was removed", "backup_removed")


@routes.route("PUT", "/backup-copy", role=Role.ADMIN, errors=(409,))
async def hold_snapshot(call: Call) -> None:
    """Lay a consistent copy of the lifelog beside it, before the data folder is copied."""
    await call.parts.backups.hold()


@routes.route("DELETE", "/backup-copy", role=Role.ADMIN)
async def release_snapshot(call: Call) -> None:
    """Remove that copy."""
    await call.parts.backups.release()


async def _note(call: Call, text: str, action: str) -> None:
    note = partial(audit, text=text, action=action, actor=call.actor)
    await call.parts.lifelog.transact(note)
