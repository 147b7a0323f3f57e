"""Back to a moment: a full backup, the segments after it, and the last of them in part.

All is put together and proved beside the data. Only then it is exchanged, by renaming, and what was
there is kept aside. An exchange that is cut short is completed by the next start of the hub.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
import shutil
import sqlite3

import msgspec

from hearthward.lifelog import epoch
from hearthward.lifelog.media import LocalFiles
from hearthward.lifelog.sqlite import reading
from hearthward.lifelog.verify import verify
from hearthward.model.backup import Backup, BackupKind

from . import snapshot
from .errors import BackupError
from .journal import DATABASE, KEPT, PROFILES, SEGMENT, Journal
from .sealing import measure, sync

_STAGE = "restoring"
_READY = "ready"
_ASIDE = "before-restore-"

# What is made anew from the lifelog, and would know of what is not there any more.
_DERIVED = ("search", "transfer")
_OLD = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *_DERIVED)

_STATES = """
INSERT INTO states (home, device, point, seq, ts, value, text, body)
SELECT home, device, point, seq, ts, value, text, body FROM part.entries
WHERE kind = 'state' AND device IS NOT NULL AND point IS NOT NULL AND seq <= ?
ORDER BY seq
ON CONFLICT (home, device, point) DO UPDATE SET
  seq=excluded.seq, ts=excluded.ts, value=excluded.value, text=excluded.text,
  body=excluded.body
WHERE excluded.ts >= states.ts
"""

# The registry as its entries tell it; one without a body says that the device was deleted.
_DEVICES = """
SELECT device, body FROM part.entries
WHERE kind = 'device' AND device IS NOT NULL AND seq <= ? ORDER BY seq
"""

_ERASURES = """
INSERT OR REPLACE INTO erased SELECT * FROM part.erased WHERE erasure IN (
  SELECT json_extract(body, '$.erasure') FROM part.entries
  WHERE kind = 'erasure' AND seq <= ?)
"""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was brought back: the state of `ts`, with entries up to `last`."""

    last: int
    ts: float
    aside: str
    missing_media: int


def plan(journal: Journal, home: str, at: float | None) -> list[Backup]:
    """Return the backups that lead to a moment, the full one first.

    Raises:
        BackupError: None does.

    """
    found = [backup for backup in journal.backups() if backup.home == home]
    full = [
        backup
        for backup in found
        if backup.kind is BackupKind.FULL and (at is None or backup.created <= at)
    ]
    if not full:
        oldest = min((backup.created for backup in found), default=None)
        raise BackupError(
            f"There is no backup of the home {home} in {journal.folder}"
            if oldest is None
            else f"The oldest backup is of {_told(oldest)}: choose a later time"
        )
    chain = [full[-1]]
    for backup in found:
        if backup.previous == chain[-1].id and (at is None or chain[-1].created < at):
            chain.append(backup)
    return chain


def assemble(
    journal: Journal, chain: Sequence[Backup], at: float | None, folder: Path
) -> tuple[int, float]:
    """Put the lifelog of a moment together in a folder; return its last seq and its time.

    Raises:
        BackupError: A backup is damaged, or what they make together does not verify.

    """
    database = folder / DATABASE
    journal.unpack(chain[0], DATABASE, database)
    for name in chain[0].files:
        if name in KEPT:
            journal.unpack(chain[0], name, folder / name)
        elif name.startswith(f"{PROFILES}-"):
            (folder / PROFILES).mkdir(exist_ok=True)
            target = folder / PROFILES / name.removeprefix(f"{PROFILES}-")
            journal.unpack(chain[0], name, target)
    part = folder / SEGMENT
    for backup in chain[1:]:
        journal.unpack(backup, SEGMENT, part)
        _apply(database, part, backup, at)
        part.unlink()
    return _prove(database, chain, at)


def restore(journal: Journal, data: Path, home: str, at: float | None) -> Restored:
    """Bring a data folder, which no hub uses, back to a moment; blocks.

    Raises:
        BackupError: It cannot be done; the data folder is as it was.

    """
    chain = plan(journal, home, at)
    stage = data / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700, parents=True)
    try:
        last, ts = assemble(journal, chain, at, stage)
        missing = _bring_media(journal, chain, stage / DATABASE, data, home)
        epoch.end(stage / DATABASE)
        aside = f"{_ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        for file in sorted(stage.rglob("*")):
            if file.is_file():
                measure(file)
        (stage / _READY).write_text(aside)
        measure(stage / _READY)
        sync(stage)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    complete(data)
    return Restored(last=last, ts=ts, aside=aside, missing_media=missing)


def complete(data: Path) -> bool:
    """Complete an exchange that has begun; False if there is none; blocks."""
    stage = data / _STAGE
    if not (stage / _READY).is_file():
        shutil.rmtree(stage, ignore_errors=True)
        return False
    aside = data / (stage / _READY).read_text()
    aside.mkdir(mode=0o700, exist_ok=True)
    names = [file.name for file in stage.iterdir() if file.name != _READY]
    # As long as the new database is not in place, everything of the old one goes aside.
    old = _OLD if DATABASE in names else ()
    for name in (*names, *old):
        if (data / name).exists() and not (aside / name).exists():
            (data / name).rename(aside / name)
    sync(aside)
    for name in sorted(names, key=lambda name: name == DATABASE):
        (stage / name).rename(data / name)
    sync(data)
    shutil.rmtree(stage)
    return True


def drop_aside(data: Path) -> None:
    """Remove what restores have put aside; blocks."""
    for folder in data.glob(f"{_ASIDE}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _apply(database: Path, part: Path, backup: Backup, at: float | None) -> None:
    """Take a segment's rows over, those up to a moment."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS part", (str(part),))
        connection.execute("BEGIN")
        last = backup.last
        whole = at is None or backup.created <= at
        if not whole:
            row = connection.execute(
                "SELECT max(last) FROM part.batches WHERE ts <= ?", (at,)
            ).fetchone()
            last = backup.after if row[0] is None else row[0]
        # The names are those of our own schema.
        for table, column in snapshot.GROWING.items():
            bound = "last" if table == "batches" else column
            take = f"INSERT INTO {table} SELECT * FROM part.{table} WHERE {bound} <= ?"  # noqa: S608
            connection.execute(take, (last,))
        connection.execute(_STATES, (last,))
        if whole:
            for table in snapshot.SMALL:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
                take = f"INSERT INTO {table} SELECT * FROM part.{table}"  # noqa: S608
                connection.execute(take)
        else:
            _apply_devices(connection, backup.home, last)
            connection.execute(_ERASURES, (last,))
        for first, end in connection.execute(
            "SELECT first, last FROM erased"
        ).fetchall():
            connection.execute(
                "DELETE FROM entries WHERE seq BETWEEN ? AND ?", (first, end)
            )
        connection.execute("COMMIT")


def _apply_devices(connection: sqlite3.Connection, home: str, last: int) -> None:
    for device, body in connection.execute(_DEVICES, (last,)).fetchall():
        if body is None:
            connection.execute("DELETE FROM devices WHERE id = ?", (device,))
        else:
            connection.execute(
                "INSERT OR REPLACE INTO devices (home, id, body) VALUES (?, ?, ?)",
                (home, device, body),
            )


def _prove(
    database: Path, chain: Sequence[Backup], at: float | None
) -> tuple[int, float]:
    """Verify what was put together; return its last seq and its time."""
    newest = chain[-1]
    with reading(database) as connection:
        proved = verify(connection, newest.home)
    if proved.problem:
        raise BackupError(f"The backups do not fit together: {proved.problem}")
    end = snapshot.position(database, newest.home)
    whole = at is None or newest.created <= at
    if whole and (end.last, end.hash.hex()) != (newest.last, newest.hash):
        raise BackupError(
            f"The backup {newest.id} does not hold what its manifest says"
        )
    return end.last, newest.created if at is None else min(at, newest.created)


def _bring_media(
    journal: Journal, chain: Sequence[Backup], database: Path, data: Path, home: str
) -> int:
    """Put the media that are missing into the media folder; return how many are nowhere."""
    files = LocalFiles(data / "media" / home)
    held = {name: backup for backup in chain for name in backup.media}
    missing = 0
    for name in snapshot.media(database, home):
        if files.fetch(name).exists():
            continue
        staged = files.stage()
        backup = held.get(name)
        if backup is None or not journal.unpack_media(backup, name, staged):
            missing += 1
            continue
        files.place(staged, name, None)
    return missing


def _told(ts: float) -> str:
    return f"{datetime.fromtimestamp(ts).astimezone():%Y-%m-%d %H:%M}"
