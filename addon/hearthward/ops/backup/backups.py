"""Backups of a running hub: when they are made and removed, and the app's hooks."""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path
import shutil
import time

from sqlalchemy import Connection, select

from hearthward.config import BackupSettings
from hearthward.lifelog import Eraser, Lifelog, LifelogError, Scope, Transaction
from hearthward.lifelog.media import LocalFiles, MediaLibrary
from hearthward.lifelog.schema import erasures
from hearthward.model.backup import Backup, BackupKind, BackupSummary

from . import hooks, restore
from .errors import BackupError
from .journal import DATABASE, Journal
from .sealing import sync

_LOGGER = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0

# A first backup waits until a new hub has settled.
_FIRST_SECONDS = 600.0

# No media are let go while the folder is copied; should its end never be told, not for longer.
_HOLD_SECONDS = 3600.0

# Whoever asks for a backup waits so long for what is being forgotten: mostly some seconds.
_PATIENCE = 60.0
_PAUSE = 0.2

# A full backup is not begun unless twice the lifelog's size is free.
_SPARE = 2


class Backups:
    """The backups of a running hub; one is made at a time."""

    def __init__(
        self,
        lifelog: Lifelog,
        library: MediaLibrary,
        data: Path,
        settings: BackupSettings,
    ) -> None:
        """Back up the data folder of `lifelog`, with the media of `library`."""
        self._library = library
        self._lifelog = lifelog
        self._data = data
        self._settings = settings
        self._media = LocalFiles(data / "media" / lifelog.home)
        self._lock = asyncio.Lock()
        # Something was forgotten before there was a folder to note it in.
        self._missed = False
        self.journal = Journal(folder(data, settings), settings.passphrase)
        self._mark = self.journal.folder / "renew"

    async def list(self) -> tuple[BackupSummary, ...]:
        """Return the backups, newest first."""
        found = await asyncio.to_thread(self.journal.backups)
        return tuple(summary(self.journal, backup) for backup in reversed(found))

    async def create(self, kind: BackupKind | None = None) -> BackupSummary:
        """Make a backup while the hub goes on.

        Raises:
            BackupError: It cannot be made.

        """
        async with self._lock:
            await self._await_forgetting()
            return summary(self.journal, await self._create(kind))

    async def delete(self, name: str) -> None:
        """Remove a backup, and those that go on from it.

        Raises:
            BackupError: There is none of this name.

        """
        async with self._lock:
            backup = await asyncio.to_thread(self.journal.find, name)
            await asyncio.to_thread(self.journal.remove, [backup.id])

    async def hold(self) -> None:
        """Lay a consistent copy beside the lifelog, for a backup of the whole data folder."""
        async with self._lock:
            self._require_health()
            await self._await_forgetting()
            self._library.stay(_HOLD_SECONDS)
            await self._work(hooks.hold, self._data)

    async def release(self) -> None:
        """Remove that copy."""
        async with self._lock:
            self._library.stay(0.0)
            await asyncio.to_thread(hooks.release, self._data)

    async def run(self) -> None:
        """Make and remove backups as the settings say."""
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            try:
                await self._look()
            except (LifelogError, OSError) as error:
                _LOGGER.error("No backup was made: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    def forgot(self) -> None:
        """Note, for the next start too, that the backups may hold what was forgotten; blocks."""
        if self.journal.folder.is_dir():
            self._mark.touch(mode=0o600)
            sync(self.journal.folder)
        else:
            self._missed = True

    async def _await_forgetting(self) -> None:
        """Wait until nothing is being forgotten, which a copy would keep.

        Raises:
            BackupError: That takes too long.

        """
        give_up = time.monotonic() + _PATIENCE
        while await self._lifelog.load(self._forgetting):
            if time.monotonic() >= give_up:
                raise BackupError(
                    "Nothing was backed up, as it would keep what is being forgotten: "
                    "try again when that has ended"
                )
            await asyncio.sleep(_PAUSE)

    def _forgetting(self, connection: Connection) -> bool:
        """Tell whether an erasure has begun and not ended."""
        home = erasures.c.home == self._lifelog.home
        return connection.execute(select(erasures.c.id).where(home)).first() is not None

    async def _look(self) -> None:
        async with self._lock:
            # What is being forgotten would be in a new backup, too.
            if await self._lifelog.load(self._forgetting):
                return
            if await asyncio.to_thread(self._mark.exists):
                await self._renew()
            kind = await asyncio.to_thread(self._due)
            if kind is not None:
                await self._create(kind)
                limit = time.time() - self._settings.keep_days * 86400
                await asyncio.to_thread(self.journal.prune, limit)

    async def _renew(self) -> None:
        """Replace the backups of before something was forgotten by one of after it."""
        await asyncio.to_thread(restore.drop_aside, self._data)
        old = await asyncio.to_thread(self.journal.backups)
        if old:
            await self._create(BackupKind.FULL)
            await asyncio.to_thread(self.journal.remove, [each.id for each in old])
            _LOGGER.warning(
                "%s backups held what was forgotten: a new one replaces them", len(old)
            )
        await asyncio.to_thread(self._mark.unlink)

    def _due(self) -> BackupKind | None:
        """Return the kind of backup that is due."""
        settings, now = self._settings, time.time()
        found = self.journal.backups()
        full = [each.created for each in found if each.kind is BackupKind.FULL]
        if (
            settings.full_days
            and now - max(full, default=0) >= settings.full_days * 86400
        ):
            return BackupKind.FULL
        newest = max((each.created for each in found), default=0)
        if full and settings.segment_minutes:
            if now - newest >= settings.segment_minutes * 60:
                return BackupKind.SEGMENT
        return None

    async def _create(self, kind: BackupKind | None) -> Backup:
        self._require_health()
        if kind is not BackupKind.SEGMENT:
            await asyncio.to_thread(self._require_space)
        self._missed = False
        made = await self._work(
            self.journal.create, self._data, self._lifelog.home, self._media, kind
        )
        if self._missed:
            await asyncio.to_thread(self.forgot)
        return made

    async def _work[**P, T](
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run blocking work in a thread, to its end even when the hub stops."""
        running = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    def _require_health(self) -> None:
        """Refuse to take a copy of what is damaged for a backup."""
        if self._lifelog.failure:
            raise BackupError(f"Nothing was backed up: {self._lifelog.failure}")

    def _require_space(self) -> None:
        place = self.journal.folder
        while not place.is_dir():
            place = place.parent
        needed = _SPARE * (self._data / DATABASE).stat().st_size
        if shutil.disk_usage(place).free < needed:
            raise BackupError(
                f"Free {needed // 2**20} MiB for a backup on the disk that holds {place}"
            )


class BackupEraser(Eraser):
    """Lets go of the backups that hold what is forgotten."""

    def __init__(self, backups: Backups) -> None:
        """Name the backups."""
        self._backups = backups

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Have them replaced."""
        self._backups.forgot()
        return 0


def folder(data: Path, settings: BackupSettings) -> Path:
    """Return where the journal of a data folder lies."""
    return settings.folder or data / "backups"


def summary(journal: Journal, backup: Backup) -> BackupSummary:
    """Return a backup as it is listed."""
    return BackupSummary(
        id=backup.id,
        kind=backup.kind,
        created=backup.created,
        last=backup.last,
        size=journal.size(backup),
        sealed=backup.salt is not None,
    )
