"""The hooks of Home Assistant's backups, which copy the data folder as it lies there.

A lifelog that is written meanwhile would be copied half old and half new. So a consistent copy is
laid beside it before, the app's manifest leaves out the live file, and a hub that starts with a
copy and no lifelog takes the copy. While the app is stopped no hook is called: when the hub stops,
it leaves a second name of the lifelog in the copy's place.
"""

from contextlib import suppress
import os
from pathlib import Path
import shutil
import sqlite3

from hearthward.lifelog import epoch

from . import snapshot
from .journal import DATABASE
from .sealing import measure, sync

_FOLDER = "snapshot"
_COPY = "lifelog.copy"


def hold(data: Path) -> None:
    """Lay the copy; blocks."""
    draft = _draft(data)
    snapshot.copy(data / DATABASE, draft / _COPY)
    measure(draft / _COPY)
    _place(data, draft)


def rest(data: Path) -> None:
    """Leave the lifelog, which nobody writes any more, in the copy's place; blocks."""
    if (data / f"{DATABASE}-wal").exists() or not (data / DATABASE).exists():
        return
    draft = _draft(data)
    os.link(data / DATABASE, draft / _COPY)
    _place(data, draft)


def release(data: Path) -> None:
    """Remove the copy; blocks."""
    shutil.rmtree(data / _FOLDER, ignore_errors=True)


def adopt(data: Path) -> bool:
    """Take the copy where there is no lifelog, and remove one that was left behind; blocks."""
    copy = data / _FOLDER / _COPY
    taken = copy.is_file() and not (data / DATABASE).exists()
    if taken:
        # Before it is in place: a start that is cut short comes here once more.
        with suppress(sqlite3.DatabaseError):
            # Of one that is damaged the start tells more.
            epoch.end(copy)
        copy.rename(data / DATABASE)
        sync(data)
    release(data)
    return taken


def _draft(data: Path) -> Path:
    release(data)
    draft = data / f"{_FOLDER}.part"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    return draft


def _place(data: Path, draft: Path) -> None:
    sync(draft)
    draft.rename(data / _FOLDER)
    sync(data)
