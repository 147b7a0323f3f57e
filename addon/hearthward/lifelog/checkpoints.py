"""Signed checkpoints: who holds the public key can tell whether the lifelog is the hub's own.

The chain shows that nothing was altered after the fact, unless whoever altered it made the chain
anew from there on. That needs the private key, too, where a checkpoint was signed.
"""

import asyncio
from contextlib import suppress
import logging
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row as Record, insert, select

from hearthward.config import ConfigError
from hearthward.model.entry import Lane
from hearthward.model.proof import Checkpoint

from .chain import message
from .errors import LifelogUnavailableError
from .log import Lifelog
from .schema import checkpoints
from .secretfile import load_or_make
from .transaction import Transaction

FILE = "checkpoint.key"

_ENTRIES = 10_000
_SECONDS = 900.0
_LOOK_SECONDS = 15.0

_LISTED = 1_000

_LOGGER = logging.getLogger(__name__)


def load_key(folder: Path) -> Ed25519PrivateKey:
    """Read the private key of a data folder, which is made at the first start; blocks.

    Raises:
        ConfigError: The file cannot be used.

    """
    file = folder / FILE
    key = load_or_make(file, lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    try:
        return Ed25519PrivateKey.from_private_bytes(key)
    except ValueError:
        raise ConfigError(
            f"Restore {file} from the backup, or remove it to sign with a new key: it holds "
            "none."
        ) from None


class Checkpoints:
    """Signs the end of a lifelog now and then."""

    def __init__(self, lifelog: Lifelog, key: Ed25519PrivateKey) -> None:
        """Sign with `key`, which `load_key` reads."""
        self._lifelog = lifelog
        self._key = key
        self._signed = 0
        self.public_key = key.public_key().public_bytes_raw()

    async def run(self) -> None:
        """Sign after so many entries or so much time, until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + _SECONDS
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if loop.time() >= due or self._lifelog.last - self._signed >= _ENTRIES:
                due = loop.time() + _SECONDS
                await self.sign_if_possible()

    async def sign(self) -> Checkpoint | None:
        """Sign what is committed; None if there is nothing, or nothing new.

        Raises:
            LifelogUnavailableError: The checkpoint cannot be stored.

        """
        return await self._lifelog.transact(self._sign, Lane.BULK)

    async def close(self) -> None:
        """Sign the end, with all that was given to the lifelog before."""
        with suppress(LifelogUnavailableError):
            await self._lifelog.transact(lambda transaction: None, Lane.BULK)
            await self.sign()

    async def sign_if_possible(self) -> None:
        """Sign unless nothing can be stored at present."""
        with suppress(LifelogUnavailableError):
            await self.sign()

    async def list(self) -> tuple[Checkpoint, ...]:
        """Return the newest checkpoints, newest first."""

        def query(connection: Connection) -> tuple[Checkpoint, ...]:
            found = connection.execute(
                select(checkpoints)
                .where(checkpoints.c.home == self._lifelog.home)
                .order_by(checkpoints.c.seq.desc())
                .limit(_LISTED)
            )
            return tuple(_checkpoint(row) for row in found)

        return await self._lifelog.load(query)

    def _sign(self, transaction: Transaction) -> Checkpoint | None:
        home, (seq, digest) = transaction.home, transaction.position
        table = checkpoints.c
        newest = transaction.execute(
            select(table.seq)
            .where(table.home == home)
            .order_by(table.seq.desc())
            .limit(1)
        ).scalar()
        self._signed = seq
        if seq == (newest or 0):
            return None
        signed = message(home, seq, transaction.now, digest)
        signature = self._key.sign(signed)
        transaction.execute(
            insert(checkpoints).values(
                home=home,
                seq=seq,
                ts=transaction.now,
                hash=digest,
                key=self.public_key,
                signature=signature,
            )
        )
        return Checkpoint(
            seq=seq,
            ts=transaction.now,
            hash=digest.hex(),
            key=self.public_key.hex(),
            signature=signature.hex(),
        )


def _checkpoint(row: Record[tuple[object, ...]]) -> Checkpoint:
    return Checkpoint(
        seq=row.seq,
        ts=row.ts,
        hash=row.hash.hex(),
        key=row.key.hex(),
        signature=row.signature.hex(),
    )
