"""`hearthward backup`: make, list and restore backups; the hooks of the app's own backups."""

import argparse
import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hearthward.config import Settings
from hearthward.model.backup import BackupKind, BackupRequest, BackupSummary

from .common import REFUSED, WRONG, Commands, add_settings, fail, patiently, settings
from .times import moment

if TYPE_CHECKING:
    from hearthward.ops.backup.journal import Journal

_COPY = "/api/v1/backup-copy"


def register(commands: Commands) -> None:
    """Add the commands."""
    backup = commands.add_parser("backup", help="make, list and restore backups")
    actions = backup.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a backup, while the hub runs")
    create.add_argument("--kind", choices=[str(kind) for kind in BackupKind])
    create.set_defaults(run=_run_create)
    listing = actions.add_parser("list", help="list the backups")
    listing.set_defaults(run=_run_list)
    check = actions.add_parser("verify", help="put a moment together and prove it")
    check.set_defaults(run=_run_verify)
    restore = actions.add_parser(
        "restore", help="go back to a moment; stop the hub first"
    )
    restore.set_defaults(run=_run_restore)
    for action in (listing, check, restore):
        action.add_argument("--folder", type=Path, help="where the backups are")
    for action in (check, restore):
        action.add_argument("--at", metavar="TIME", help="the moment; else the newest")
    hold = actions.add_parser("hold", help="before the data folder is copied")
    hold.set_defaults(run=_run_hold)
    release = actions.add_parser("release", help="after the data folder was copied")
    release.set_defaults(run=_run_release)
    for action in (create, listing, check, restore, hold, release):
        add_settings(action)


def _run_create(arguments: argparse.Namespace) -> None:
    kind = BackupKind(arguments.kind) if arguments.kind else None
    request = BackupRequest(kind=kind)
    made = patiently(arguments, "POST", "/api/v1/backups", BackupSummary, request)
    print(f"{made.id}: entries up to {made.last}, {made.size} bytes")


def _run_list(arguments: argparse.Namespace) -> None:
    from hearthward.ops.backup.backups import summary

    journal = _journal(settings(arguments), arguments.folder)
    for backup in journal.backups():
        told = summary(journal, backup)
        at = datetime.fromtimestamp(told.created).astimezone()
        sealed = "sealed" if told.sealed else "open"
        print(
            f"{told.id}  {at:%Y-%m-%d %H:%M:%S}  {told.kind:<7}  {sealed:<6}  "
            f"{told.size:>12}  entries up to {told.last}"
        )


def _run_verify(arguments: argparse.Namespace) -> None:
    import tempfile

    from hearthward.ops.backup import restore
    from hearthward.ops.backup.errors import BackupError

    chosen = settings(arguments)
    at = moment(arguments.at, chosen.zone)
    journal = _journal(chosen, arguments.folder)
    try:
        with tempfile.TemporaryDirectory(prefix="hearthward-") as folder:
            chain = restore.plan(journal, chosen.home, at)
            last, ts = restore.assemble(journal, chain, at, Path(folder))
    except BackupError as error:
        fail(error, REFUSED)
    told = datetime.fromtimestamp(ts).astimezone()
    print(f"Proved: {last} entries as of {told:%Y-%m-%d %H:%M:%S}")


def _run_restore(arguments: argparse.Namespace) -> None:
    from hearthward.ops.backup import restore
    from hearthward.ops.backup.errors import BackupError
    from hearthward.ops.lock import locked

    chosen = settings(arguments)
    at = moment(arguments.at, chosen.zone)
    journal = _journal(chosen, arguments.folder)

    async def work() -> restore.Restored:
        async with locked(chosen.data_dir):
            return await asyncio.to_thread(
                restore.restore, journal, chosen.data_dir, chosen.home, at
            )

    try:
        done = asyncio.run(work())
    except BackupError as error:
        fail(error, REFUSED)
    told = datetime.fromtimestamp(done.ts).astimezone()
    print(f"Restored {done.last} entries as of {told:%Y-%m-%d %H:%M:%S}")
    print(f"What was there before is in {chosen.data_dir / done.aside}")
    if done.missing_media:
        print(f"{done.missing_media} media are in no backup any more")


def _run_hold(arguments: argparse.Namespace) -> None:
    patiently(arguments, "PUT", _COPY, type(None))


def _run_release(arguments: argparse.Namespace) -> None:
    patiently(arguments, "DELETE", _COPY, type(None))


def _journal(chosen: Settings, folder: Path | None) -> Journal:
    from hearthward.ops.backup import backups
    from hearthward.ops.backup.journal import Journal

    place = folder or backups.folder(chosen.data_dir, chosen.backup)
    if not place.is_dir():
        fail(f"There are no backups in {place}", WRONG)
    return Journal(place, chosen.backup.passphrase)
