"""The journal of backups: a folder with one folder for each, and a pool of their media.

A full backup holds the lifelog file, the files that hold keys, and the profiles; a segment holds
what came since the backup before it. Media lie in the pool once, however many backups need them. A
backup is there when its folder has its name: it is written aside, synced and renamed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
import os
from pathlib import Path
import shutil
import time

import msgspec
from msgspec.structs import replace

from hearthward.lifelog.media import MediaFiles
from hearthward.model.backup import Backup, BackupFile, BackupKind

from . import snapshot
from .errors import BackupError
from .sealing import SALT_SIZE, Key, SealError, fetch, measure, store, sync

DATABASE = "lifelog.db"
SEGMENT = "segment.db"

# What a hub needs besides its lifelog, where it is there.
KEPT = ("secret.key", "checkpoint.key")
PROFILES = "profiles"

_MANIFEST = "manifest.json"
_SEALING = "sealing.json"
_POOL = "media"
_PART = ".part"
_COPY = ".copy"


class _Sealing(msgspec.Struct):
    """With which salt the backups of a folder are sealed, and how to tell the passphrase."""

    salt: str
    check: str


class Journal:
    """The backups in a folder; all methods block."""

    def __init__(self, folder: Path, passphrase: str | None) -> None:
        """Seal what is written, and open what is read, with the passphrase if there is one."""
        self.folder = folder
        self._passphrase = passphrase
        self._keys: dict[str, Key] = {}

    def backups(self) -> list[Backup]:
        """Return the backups, oldest first."""
        found = []
        for file in sorted(self.folder.glob(f"*/{_MANIFEST}")):
            if not file.parent.name.endswith(_PART):
                with suppress(OSError, msgspec.MsgspecError):
                    found.append(msgspec.json.decode(file.read_bytes(), type=Backup))
        return sorted(found, key=lambda backup: (backup.created, backup.id))

    def find(self, name: str) -> Backup:
        """Return a backup.

        Raises:
            BackupError: There is none of this name.

        """
        for backup in self.backups():
            if backup.id == name:
                return backup
        raise BackupError(f"There is no backup {name} in {self.folder}")

    def size(self, backup: Backup) -> int:
        """Return the bytes of a backup's own files."""
        return sum(file.size for file in backup.files.values())

    def create(
        self, data: Path, home: str, media: MediaFiles, kind: BackupKind | None
    ) -> Backup:
        """Make a backup of a data folder; a segment if one is enough and nothing else is asked.

        Raises:
            BackupError: It cannot be made.

        """
        previous = self._newest(home)
        if kind is BackupKind.SEGMENT and previous is None:
            raise BackupError("Make a full backup first: there is none to go on from")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if previous is not None and kind is not BackupKind.FULL:
            made = self._segment(data, home, media, previous)
            if made is not None:
                return made
        return self._full(data, home, media)

    def unpack(self, backup: Backup, name: str, target: Path) -> None:
        """Write one of a backup's files as it was, after comparing it with the manifest.

        Raises:
            BackupError: It is damaged, or sealed with another passphrase.

        """
        source = self.folder / backup.id / name
        known = backup.files[name]
        try:
            if measure(source) != (known.size, known.sha256):
                raise BackupError(
                    f"The backup {backup.id} is damaged: {name} was altered"
                )
            fetch(source, target, self._key(backup.salt))
        except FileNotFoundError:
            raise BackupError(
                f"The backup {backup.id} is damaged: {name} is missing"
            ) from None
        except SealError as error:
            raise BackupError(str(error)) from None

    def unpack_media(self, backup: Backup, name: str, target: Path) -> bool:
        """Write one of the pool's files as it was; False if it is gone."""
        source = self._pooled(backup.salt, name)
        try:
            key = self._key(backup.salt)
            if key is None:
                _link(source, target)
                return True
            with source.open("rb") as sealed, target.open("wb") as plain:
                key.open(sealed, plain)
        except FileNotFoundError:
            return False
        except SealError as error:
            raise BackupError(str(error)) from None
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Remove backups, those that go on from them, and media that none needs any more."""
        doomed = set(names)
        for backup in self.backups():
            if backup.previous in doomed:
                doomed.add(backup.id)
        for name in doomed:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self._sweep()

    def prune(self, before: float) -> list[str]:
        """Remove what is only needed to go back to before a time; the newest full one stays."""
        full = [each for each in self.backups() if each.kind is BackupKind.FULL]
        old = [each for each in full if each.created < before]
        # The last full backup of before that time is where the time after it begins.
        doomed = [each.id for each in old[:-1]]
        if doomed:
            self.remove(doomed)
        return doomed

    def _full(self, data: Path, home: str, media: MediaFiles) -> Backup:
        with self._draft(BackupKind.FULL) as (name, draft):
            copied = draft / f"{DATABASE}{_COPY}"
            snapshot.copy(data / DATABASE, copied)
            end = snapshot.position(copied, home)
            files = {DATABASE: copied} | {
                kept: data / kept for kept in KEPT if (data / kept).is_file()
            }
            for profile in sorted((data / PROFILES).glob("*.y*ml")):
                files[f"{PROFILES}-{profile.name}"] = profile
            backup = Backup(
                id=name,
                kind=BackupKind.FULL,
                created=time.time(),
                home=home,
                version=version("hearthward"),
                schema=snapshot.revision(copied),
                last=end.last,
                hash=end.hash.hex(),
                media=tuple(snapshot.media(copied, home)),
            )
            return self._finish(backup, draft, files, media)

    def _segment(
        self, data: Path, home: str, media: MediaFiles, previous: Backup
    ) -> Backup | None:
        since = snapshot.Position(previous.last, bytes.fromhex(previous.hash))
        if snapshot.revision(data / DATABASE) != previous.schema:
            return None
        with self._draft(BackupKind.SEGMENT) as (name, draft):
            copied = draft / f"{SEGMENT}{_COPY}"
            end = snapshot.segment(data / DATABASE, copied, home, since)
            if end is None:
                return None
            backup = Backup(
                id=name,
                kind=BackupKind.SEGMENT,
                created=time.time(),
                home=home,
                version=version("hearthward"),
                schema=previous.schema,
                last=end.last,
                hash=end.hash.hex(),
                after=since.last,
                previous=previous.id,
                media=tuple(snapshot.media(copied, home)),
            )
            return self._finish(backup, draft, {SEGMENT: copied}, media)

    @contextmanager
    def _draft(self, kind: BackupKind) -> Iterator[tuple[str, Path]]:
        """Return the name of a new backup and the folder to make it in."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        name = f"{stamp}Z-{kind}"
        draft = self.folder / f"{name}{_PART}"
        draft.mkdir(mode=0o700)
        try:
            yield name, draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _finish(
        self, backup: Backup, draft: Path, files: dict[str, Path], media: MediaFiles
    ) -> Backup:
        """Store the files and the media, then the manifest that makes it a backup."""
        key = self._sealing()
        salt = key.salt.hex() if key else None
        stored = {}
        for name, source in files.items():
            size, checksum = store(source, draft / name, key)
            stored[name] = BackupFile(size=size, sha256=checksum)
        for copied in draft.glob(f"*{_COPY}"):
            copied.unlink()
        kept = [name for name in backup.media if self._pool(media, name, salt, key)]
        backup = replace(backup, files=stored, media=tuple(kept), salt=salt)
        _write(draft / _MANIFEST, msgspec.json.format(msgspec.json.encode(backup)))
        sync(draft)
        draft.rename(self.folder / backup.id)
        sync(self.folder)
        return backup

    def _pool(
        self, media: MediaFiles, name: str, salt: str | None, key: Key | None
    ) -> bool:
        """Keep a file of the media in the pool; False if it is gone."""
        target = self._pooled(salt, name)
        if target.exists():
            return True
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f"{name}{_PART}")
        part.unlink(missing_ok=True)
        try:
            if key is None:
                _link(media.fetch(name), part)
            else:
                with media.fetch(name).open("rb") as plain, part.open("wb") as sealed:
                    key.seal(plain, sealed)
                measure(part)
        except FileNotFoundError:
            return False
        part.rename(target)
        sync(target.parent)
        return True

    def _pooled(self, salt: str | None, name: str) -> Path:
        return self.folder / _POOL / (salt or "plain") / name[:2] / name

    def _sealing(self) -> Key | None:
        """Return the key to seal with; another passphrase gets a salt of its own."""
        if self._passphrase is None:
            return None
        file = self.folder / _SEALING
        with suppress(FileNotFoundError):
            known = msgspec.json.decode(file.read_bytes(), type=_Sealing)
            key = self._derive(known.salt)
            if key.check == known.check:
                return key
        key = self._derive(os.urandom(SALT_SIZE).hex())
        _write(
            file, msgspec.json.encode(_Sealing(salt=key.salt.hex(), check=key.check))
        )
        return key

    def _key(self, salt: str | None) -> Key | None:
        if salt is None:
            return None
        if self._passphrase is None:
            raise BackupError(
                "The backup is sealed: give the passphrase it was made with"
            )
        return self._derive(salt)

    def _derive(self, salt: str) -> Key:
        if salt not in self._keys:
            self._keys[salt] = Key(self._passphrase or "", bytes.fromhex(salt))
        return self._keys[salt]

    def _newest(self, home: str) -> Backup | None:
        """Return the backup that a segment would go on from."""
        found = [each for each in self.backups() if each.home == home]
        key = self._sealing() if found else None
        if not found or found[-1].salt != (key.salt.hex() if key else None):
            return None
        return found[-1]

    def _sweep(self) -> None:
        """Remove what no backup needs any more from the pool."""
        needed = {name for backup in self.backups() for name in backup.media}
        for file in (self.folder / _POOL).glob("*/*/*"):
            if file.name not in needed:
                file.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; on another disk, copy it."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(0o600)
        measure(target)


def _write(file: Path, content: bytes) -> None:
    """Write a file, durably, whole or not at all."""
    draft = file.with_name(f"{file.name}{_PART}")
    draft.write_bytes(content)
    draft.chmod(0o600)
    measure(draft)
    draft.rename(file)
