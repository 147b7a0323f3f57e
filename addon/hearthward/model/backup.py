"""Backups of the hub: what there is to go back to."""

from enum import StrEnum

import msgspec


class BackupKind(StrEnum):
    """What a backup holds: everything, or what came since the one before."""

    FULL = "full"
    SEGMENT = "segment"


class BackupFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a backup as it lies there."""

    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A backup, as its manifest tells it: entries up to `last`, where the chain's hash is `hash`.

    A segment goes on from the backup `previous`, which held the entries up to `after`. `media` are
    the files that it needs beyond those. `salt` is there when it is sealed with a passphrase.
    """

    id: str
    kind: BackupKind
    created: float
    home: str
    version: str
    schema: str
    last: int
    hash: str
    after: int = 0
    previous: str | None = None
    files: dict[str, BackupFile] = {}
    media: tuple[str, ...] = ()
    salt: str | None = None
    format: int = 1


class BackupRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Which kind is made; without one, a segment if there is a full backup to go on from."""

    kind: BackupKind | None = None


class BackupSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A backup as it is listed; `size` is that of its own files, without media."""

    id: str
    kind: BackupKind
    created: float
    last: int
    size: int
    sealed: bool = False
