"""The data folder belongs to one process at a time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import fcntl
import os
from pathlib import Path
import time

from hearthward.config import ConfigError

_LOCK = "hub.lock"
_PAUSE = 0.1


class FolderInUseError(ConfigError):
    """Another hub holds the data folder."""


@asynccontextmanager
async def locked(folder: Path, patience: float = 0.0) -> AsyncGenerator[None]:
    """Hold the data folder; the kernel lets go of it even when the hub is killed.

    Raises:
        FolderInUseError: A hub runs on it.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"Make `data_dir` a folder that can be written: {folder}: {error.strerror}."
        ) from None
    give_up = time.monotonic() + patience
    try:
        while not _take(descriptor):
            if time.monotonic() >= give_up:
                raise FolderInUseError(
                    f"Choose another `data_dir`: a hub already runs on {folder}."
                )
            await asyncio.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
