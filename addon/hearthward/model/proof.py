"""What proves that the lifelog was not altered."""

from typing import Annotated

import msgspec

# An Ed25519 key in hexadecimal.
type PublicKey = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}$")]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signature over the lifelog up to the entry `seq`; keep one elsewhere as a witness.

    `hash` is that of the chain, `key` the public key and `signature` over both and the time
    (Ed25519); all three in hexadecimal.
    """

    seq: int
    ts: float
    hash: str
    key: str
    signature: str


class Verification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the verification of a lifelog found; `problem` is the first break, None if there is none.

    `entries` are those that are there and were checked, `erased` those that are gone with an
    `erasure` on record; `unfinished` are erasures that have begun and not ended. `keys` are the
    public keys that signed the checkpoints.
    """

    home: str
    last: int
    entries: int
    batches: int
    erased: int
    erasures: int
    unfinished: int
    checkpoints: int
    keys: tuple[str, ...]
    problem: str | None = None


class VerifyRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How to verify: with `public_keys`, only checkpoints that one of them signed count."""

    public_keys: tuple[PublicKey, ...] = ()
