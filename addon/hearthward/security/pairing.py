"""Pairing: a short code, shown once by the hub, buys a key."""

from hashlib import sha256
import hmac
from hmac import compare_digest
import secrets
import time

from sqlalchemy import delete, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import pairing_codes
from hearthward.model.security import NewKey, PairingCode, PairingRequest, Role

from .audit import audit
from .errors import PairingError
from .keys import Keys

LIFETIME = 15 * 60.0
ATTEMPTS = 5
DIGITS = 8

_REFUSED = "The pairing code is wrong or too old: make a new one with `hearthward pair`"


class Pairing:
    """The one pairing code that may be open in a home.

    Eight digits are few, so the stored hash is keyed with the hub's own key, a code ends after
    five wrong attempts, and clients that fail often must wait (see `limits`).
    """

    def __init__(self, lifelog: Lifelog, keys: Keys, key: bytes) -> None:
        """Derive the key of the hashes from the hub's secret `key`."""
        self._lifelog = lifelog
        self._keys = keys
        self._key = sha256(b"pairing" + key).digest()

    async def open(self, actor: str | None) -> PairingCode:
        """Make a new code, in place of the one before."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        expires = time.time() + LIFETIME

        def work(transaction: Transaction) -> None:
            transaction.put(
                pairing_codes,
                {
                    "home": self._lifelog.home,
                    "hash": self._hash(code),
                    "expires": expires,
                    "attempts": 0,
                },
            )
            audit(transaction, "A pairing code was made", "pairing_opened", actor)

        await self._lifelog.transact(work)
        return PairingCode(code=code, expires=expires)

    async def redeem(self, request: PairingRequest) -> NewKey:
        """Give a key for a code, once.

        Raises:
            PairingError: The code is wrong, used or too old.

        """
        new = await self._lifelog.transact(
            lambda transaction: self._redeem(transaction, request)
        )
        if new is None:
            raise PairingError(_REFUSED)
        return self._keys.admit(new)

    def _redeem(
        self, transaction: Transaction, request: PairingRequest
    ) -> NewKey | None:
        """Check the code; a wrong one is counted, so this must not raise."""
        mine = pairing_codes.c.home == self._lifelog.home
        row = transaction.execute(select(pairing_codes).where(mine)).mappings().first()
        # A code of a clock that was ahead would otherwise be good for years.
        if row is None or not 0 <= row["expires"] - transaction.now <= LIFETIME:
            return None
        right = compare_digest(self._hash(_digits(request.code)), row["hash"])
        attempts = row["attempts"] + 1
        if right or attempts >= ATTEMPTS:
            transaction.execute(delete(pairing_codes).where(mine))
        else:
            transaction.put(pairing_codes, dict(row) | {"attempts": attempts})
        if right:
            return self._keys.insert(transaction, request.name, Role.SERVICE, None)
        audit(transaction, "A wrong pairing code was given", "pairing_refused", None)
        return None

    def _hash(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(errors="surrogatepass"), "sha256")


def _digits(code: str) -> str:
    """Return a code as it was made: people type spaces and dashes."""
    return code.replace(" ", "").replace("-", "")
