"""Secrets that the hub must read back, sealed with a key that only its user can read."""

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, delete, select

from hearthward.config import ConfigError
from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import secrets
from hearthward.lifelog.secretfile import load_or_make

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
    key = load_or_make(file, Fernet.generate_key)
    try:
        Fernet(key)
    except ValueError:
        raise ConfigError(
            f"Restore {file} from the backup: it holds no key, and without the right one "
            "the secrets that the hub keeps cannot be opened."
        ) from None
    return key
