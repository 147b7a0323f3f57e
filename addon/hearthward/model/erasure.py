"""Forgetting: what is to be erased and what was."""

import msgspec

from .entry import Moment


class ForgetRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is to be erased for good; at least one of person, device and the time is given.

    `dry_run` only counts. Entries of access, audit and erasure stay: they prove what was done.
    """

    person: str | None = None
    device: str | None = None
    point: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    reason: str | None = None
    dry_run: bool = False


class Erasure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was erased; `seq` is the entry that records it, None for a dry run."""

    entries: int
    media: int
    seq: int | None = None
