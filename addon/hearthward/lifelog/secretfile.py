"""Files that hold a secret: made once, for the eyes of their owner only, never half written."""

from collections.abc import Callable
import os
from pathlib import Path

from hearthward.config import ConfigError


def load_or_make(file: Path, make: Callable[[], bytes]) -> bytes:
    """Return what a file holds, which is made when it is not there; blocks.

    Raises:
        ConfigError: The file cannot be used.

    """
    try:
        return file.read_bytes() if file.exists() else _write(file, make())
    except OSError as error:
        raise ConfigError(f"Make {file} usable: {error.strerror}.") from None


def _write(file: Path, secret: bytes) -> bytes:
    """Write a new file, aside and renamed: cut short by a power loss, it would lose all."""
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secret)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(file)
    # The name has to outlive a power loss too, before anything relies on the secret.
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return secret
