"""Secrets that the hub must read back, sealed with a key that only its user can read."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, delete, select

from hearthward.config import ConfigError
from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import secrets

FILE = "secret.key"


class VaultError(Exception):
    """A secret cannot be opened; the message says what to do."""


class Vault:
    """Named secrets of a home: `esphome/<device>` and the like."""

    def __init__(self, lifelog: Lifelog, key: bytes) -> None:
        """Seal with `key`, which `load_key` reads."""
        self._lifelog = lifelog
        self._fernet = Fernet(key)

    async def put(self, name: str, secret: str) -> None:
        """Store a secret, in place of the one of the same name."""
        sealed = self._fernet.encrypt(secret.encode())
        row = {"home": self._lifelog.home, "name": name, "sealed": sealed}
        await self._lifelog.transact(lambda transaction: transaction.put(secrets, row))

    async def get(self, name: str) -> str | None:
        """Return a secret, if it is there.

        Raises:
            VaultError: It was sealed with another key.

        """

        def query(connection: Connection) -> bytes | None:
            return connection.execute(
                select(secrets.c.sealed).where(
                    secrets.c.home == self._lifelog.home, secrets.c.name == name
                )
            ).scalar()

        sealed = await self._lifelog.load(query)
        if sealed is None:
            return None
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise VaultError(
                f"The secret {name} was sealed with another {FILE}: restore that file "
                "from the backup, or give the secret again"
            ) from None

    async def delete(self, name: str) -> None:
        """Forget a secret."""

        def work(transaction: Transaction) -> None:
            transaction.execute(
                delete(secrets).where(
                    secrets.c.home == self._lifelog.home, secrets.c.name == name
                )
            )

        await self._lifelog.transact(work)


def load_key(folder: Path) -> bytes:
    """Read the key of the secrets file, which is made at the first start; blocks.

    Raises:
        ConfigError: The file cannot be used.

    """
    file = folder / FILE
    try:
        key = file.read_bytes() if file.exists() else _make_key(file)
        Fernet(key)
    except OSError as error:
        raise ConfigError(f"Make {file} usable: {error.strerror}.") from None
    except ValueError:
        raise ConfigError(
            f"Restore {file} from the backup: it holds no key, and without the right one "
            "the secrets that the hub keeps cannot be opened."
        ) from None
    return key


def _make_key(file: Path) -> bytes:
    """Write a new key, aside and renamed: cut short by a power loss, it would lose all."""
    key = Fernet.generate_key()
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(file)
    # The name has to outlive a power loss too, before anything is sealed.
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key
