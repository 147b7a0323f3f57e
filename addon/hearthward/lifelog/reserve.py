"""Room on the disk that is kept for the day on which there is no other."""

import os
from pathlib import Path
import shutil

_SIZE = 8 * 1024 * 1024

# Room is only taken back when there is as much again for everybody else.
_WANTED = 2 * _SIZE


class Reserve:
    """A file that does nothing but take room."""

    def __init__(self, file: Path) -> None:
        """Name the file."""
        self._file = file

    def take(self) -> bool:
        """Take the room; False if there is not enough."""
        try:
            if self._file.exists() and self._file.stat().st_size == _SIZE:
                return True
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _WANTED)
                os.ftruncate(descriptor, _SIZE)
            finally:
                os.close(descriptor)
        except OSError:
            self.release()
            return False
        return True

    def free(self) -> int:
        """Return how many bytes are free beside it."""
        return shutil.disk_usage(self._file.parent).free

    def release(self) -> None:
        """Give the room to whoever writes next."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError:
            # On a read-only disk there is no room to gain.
            return
