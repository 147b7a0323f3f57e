"""Access keys: made once, shown once, stored as a hash."""

from asyncio import Future
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
import logging
import secrets
import time

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import access_keys
from hearthward.model.security import Key, NewKey, Role

from .audit import audit
from .errors import BoundKeyError, UnknownKeyError

_LOGGER = logging.getLogger(__name__)

# When a key was last used is stored at most this often, in seconds.
_TOUCH = 600.0


class Keys:
    """The access keys of a home.

    A token is `hw_<key id>_<secret>` with a secret of 256 random bits; for one that cannot be
    guessed, SHA-256 is as good as a slow password hash.
    """

    def __init__(self, lifelog: Lifelog) -> None:
        """Keep the keys of the lifelog's home."""
        self._lifelog = lifelog
        self._keys: dict[str, Key] = {}
        self._hashes: dict[str, bytes] = {}
        self._listeners: list[Callable[[str], None]] = []

    async def load(self) -> None:
        """Read the keys."""
        for key, hashed in await self._lifelog.load(self._stored):
            self._note(key, hashed)

    def keys(self) -> tuple[Key, ...]:
        """Return all keys, the revoked ones too, oldest first."""
        return tuple(sorted(self._keys.values(), key=lambda key: key.created))

    def anyone(self) -> bool:
        """Say whether there is a key that is not revoked."""
        return any(key.revoked is None for key in self._keys.values())

    def verify(self, token: str) -> Key | None:
        """Return the key that a token proves, None if it proves none."""
        parts = token.split("_", 2)
        if len(parts) != 3 or parts[0] != "hw":
            return None
        _, key_id, secret = parts
        # An unknown id takes as long as a wrong secret.
        expected = self._hashes.get(key_id, bytes(32))
        if not compare_digest(_hash(secret), expected):
            return None
        key = self._keys[key_id]
        if key.revoked is not None:
            return None
        self._touch(key)
        return key

    async def create(
        self, name: str, role: Role, actor: str | None, device: str | None = None
    ) -> NewKey:
        """Make a key; its token is shown this once.

        Raises:
            BoundKeyError: It is to be bound to a device, and its role is not `device`.

        """
        if device is not None and role is not Role.DEVICE:
            raise BoundKeyError(
                f"Only a key of the role device can be bound to one, not of {role}"
            )
        new = await self._lifelog.transact(
            lambda transaction: self.insert(transaction, name, role, actor, device)
        )
        return self.admit(new)

    def insert(
        self,
        transaction: Transaction,
        name: str,
        role: Role,
        actor: str | None,
        device: str | None = None,
    ) -> NewKey:
        """Make a key within a transaction; `admit` lets it in after the commit."""
        secret = secrets.token_urlsafe(32)
        key = Key(
            id=secrets.token_hex(6),
            name=name,
            role=role,
            home=self._lifelog.home,
            created=transaction.now,
            device=device,
        )
        transaction.put(access_keys, _row(key) | {"hash": _hash(secret)})
        text = f"{name} received a key as {role}"
        audit(transaction, text, "key_created", actor, key=key.id, role=role.value)
        return NewKey(key=key, token=f"hw_{key.id}_{secret}")

    def admit(self, new: NewKey) -> NewKey:
        """Accept a key from now on."""
        self._note(new.key, _hash(new.token.split("_", 2)[2]))
        return new

    async def revoke(self, key_id: str, actor: str) -> Key:
        """Refuse a key from now on and close what is open with it.

        Raises:
            UnknownKeyError: There is no such key.

        """
        known = self._keys.get(key_id)
        if known is None:
            raise UnknownKeyError(f"There is no key {key_id}")
        if known.revoked is not None:
            return known

        def work(transaction: Transaction) -> Key:
            key = replace(known, revoked=transaction.now)
            self._update(transaction, key_id, revoked=transaction.now)
            text = f"The key of {key.name} was revoked"
            audit(transaction, text, "key_revoked", actor, key=key_id)
            return key

        key = await self._lifelog.transact(work)
        self._keys[key_id] = key
        for listener in self._listeners:
            listener(key_id)
        return key

    def name(self, key_id: str) -> str | None:
        """Return who holds a key, if there is such a key."""
        known = self._keys.get(key_id)
        return None if known is None else known.name

    def on_revoked(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the id of each key that is revoked."""
        self._listeners.append(listener)

    def _stored(self, connection: Connection) -> list[tuple[Key, bytes]]:
        rows = connection.execute(
            select(access_keys).where(access_keys.c.home == self._lifelog.home)
        )
        return [
            (msgspec.convert(row, Key, from_attributes=True), row.hash) for row in rows
        ]

    def _note(self, key: Key, hashed: bytes) -> None:
        self._keys[key.id] = key
        self._hashes[key.id] = hashed

    def _touch(self, key: Key) -> None:
        """Note the use of a key; losing the newest note in a crash harms nobody."""
        now = time.time()
        if key.last_used is not None and now - key.last_used < _TOUCH:
            return
        self._keys[key.id] = replace(key, last_used=now)
        self._lifelog.transact(
            lambda transaction: self._update(transaction, key.id, last_used=now)
        ).add_done_callback(_log_failure)

    def _update(self, transaction: Transaction, key_id: str, **values: float) -> None:
        transaction.execute(
            update(access_keys)
            .where(access_keys.c.home == self._lifelog.home, access_keys.c.id == key_id)
            .values(**values)
        )


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()


def _row(key: Key) -> dict[str, object]:
    return msgspec.structs.asdict(key) | {"role": key.role.value}


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()):
        _LOGGER.warning("The last use of a key was not stored: %s", error)
