"""Forgetting for good: entries, and whatever else holds what they said.

What is to be erased is written down first, so an erasure that is cut short is completed by the
next start. It goes in small transactions of the lowest lane: nothing that is appended meanwhile
waits for long. The chain stays whole; see `erasing`.
"""

from array import array
import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import batched
import logging
import uuid

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from hearthward.lifelog.checkpoints import Checkpoints
from hearthward.lifelog.errors import LifelogError, LifelogUnavailableError
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.schema import devices, entries, erasures, properties
from hearthward.lifelog.store import KEYS_EXPIRED
from hearthward.lifelog.transaction import Transaction
from hearthward.model.device import Device
from hearthward.model.entry import Draft, EntryKind, Lane
from hearthward.model.erasure import Erasure, ForgetRequest

from . import erasing
from .scope import KEPT, Scope, meant

# So many entries, or keys, go in one transaction.
_CHUNK = 100

# Up to 32 KiB of digests of a batch are wiped when it is folded.
_FOLDED = 10

# Keys that are looked through at once.
_KEYS = 10_000

# What waits for the writer goes first.
_STEP_PAUSE = 0.005

_RETRY = 60.0

# What keeps the journal from being emptied are readers, and they come to an end.
_PURGE_PAUSE = 1.0

_LOGGER = logging.getLogger(__name__)


class _Intent(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure that has begun: of entries up to `end`; without a scope it only ends."""

    id: str
    end: int
    text: str
    scope: Scope | None = None
    actor: str = "hub"


class Forgetting:
    """Erases entries of a lifelog, one erasure after the other."""

    def __init__(self, lifelog: Lifelog, checkpoints: Checkpoints) -> None:
        """Erase from `lifelog` and sign its chain after each erasure."""
        self._lifelog = lifelog
        self._checkpoints = checkpoints
        self._lock = asyncio.Lock()

    async def forget(self, request: ForgetRequest, actor: str | None = None) -> Erasure:
        """Erase what is asked for, down to the bytes of the files.

        `actor` is the id of the key of who asks, None for the hub itself.

        Raises:
            LifelogError: The request does not say what is meant.
            LifelogUnavailableError: It is not done yet; it is completed when that is possible.

        """
        scope = await self._scope(request)
        async with self._lock:
            end = self._lifelog.last
            if request.dry_run:
                return await self._lifelog.load(
                    lambda connection: self._count(connection, scope, end)
                )
            intent = _Intent(
                id=uuid.uuid4().hex,
                end=end,
                text=_text(request),
                scope=scope,
                actor=actor or "hub",
            )
            await self._begin(intent)
            return await self._complete(intent)

    async def age_out(self, conditions: Sequence[ColumnElement[bool]], why: str) -> int:
        """Erase old entries that meet one of the conditions on `schema.entries`.

        No entry may meet two of them. Returns how many were erased.

        What they left behind in other tables stays, as do the points' current states. `why` is the
        sentence of the entry that records it.
        """
        async with self._lock:
            intent = _Intent(id=uuid.uuid4().hex, end=self._lifelog.last, text=why)
            # One by one, each finds its entries by an index.
            found = array("q")
            for condition in conditions:
                own = and_(entries.c.home == self._lifelog.home, condition)
                found.extend(await self._seqs(own, intent.end))
            if not found:
                return 0
            seqs = array("q", sorted(found))
            await self._begin(intent)
            await self._erase(seqs, intent)
            await self._close(intent)
            await self._finished(intent)
            return len(seqs)

    async def expire_keys(self, before: float) -> int:
        """Drop the idempotency keys of entries received before a time; return how many.

        Of what may have lost its key, a second copy is known by saying the same at the same time.
        """
        async with self._lock:
            old = await self._lifelog.load(
                lambda connection: erasing.expiring(
                    connection, self._lifelog.home, before
                )
            )
            if old is None:
                return 0
            # First, or a hub that is killed in between would take a copy for new.
            await self._lifelog.transact(
                lambda transaction: transaction.put(
                    properties,
                    {
                        "home": transaction.home,
                        "name": KEYS_EXPIRED,
                        "value": repr(old.received),
                    },
                ),
                Lane.BULK,
            )
            return await self._delete_keys(lambda seq: seq <= old.last)

    async def run(self) -> None:
        """Complete the erasures that are cut short, as soon as the lifelog lets us."""
        while True:
            try:
                await self.resume()
            except (LifelogUnavailableError, OSError) as error:
                _LOGGER.warning("An erasure waits to be completed: %s", error)
            await asyncio.sleep(_RETRY)

    async def resume(self) -> None:
        """Complete the erasures that were cut short.

        Raises:
            LifelogUnavailableError: They have to wait.

        """
        # One that is under way holds the lock until it has ended.
        async with self._lock:
            for intent in await self._lifelog.load(self._begun):
                await self._complete(intent)
                _LOGGER.warning("An erasure that was cut short is completed")

    async def _scope(self, request: ForgetRequest) -> Scope:
        """Return what a request means; a person's devices are looked up."""
        time = (request.since, request.until)
        if not request.person and not request.device and time == (None, None):
            raise LifelogError("Say what to forget: a person, a device or a time")
        if request.point and not request.device:
            raise LifelogError("Give the device that the point belongs to")
        person = request.person
        owned: tuple[str, ...] | None = None
        if person:
            owned = await self._owned(person)
        if request.device:
            if owned is not None and request.device not in owned:
                raise LifelogError(
                    f"Give the person or the device: {request.device} does not belong to "
                    f"{person}"
                )
            owned, person = (request.device,), None
        return Scope(
            home=self._lifelog.home,
            person=person,
            devices=owned,
            point=request.point,
            since=request.since,
            until=request.until,
        )

    async def _owned(self, person: str) -> tuple[str, ...]:
        """Return the ids of the devices that a person owns."""

        def query(connection: Connection) -> tuple[str, ...]:
            rows = connection.execute(
                select(devices.c.body).where(devices.c.home == self._lifelog.home)
            )
            known = (msgspec.json.decode(body, type=Device) for (body,) in rows)
            return tuple(device.id for device in known if device.owner == person)

        return await self._lifelog.load(query)

    def _count(self, connection: Connection, scope: Scope, end: int) -> Erasure:
        found = connection.execute(
            select(func.count())
            .select_from(entries)
            .where(meant(scope), entries.c.seq <= end)
        ).scalar_one()
        media = sum(
            eraser.count_media(connection, scope) for eraser in self._lifelog.erasers
        )
        return Erasure(entries=found, media=media)

    async def _begin(self, intent: _Intent) -> None:
        body = msgspec.json.encode(intent).decode()
        await self._lifelog.transact(
            lambda transaction: transaction.put(
                erasures,
                {"home": transaction.home, "id": intent.id, "body": body},
            )
        )

    def _begun(self, connection: Connection) -> list[_Intent]:
        rows = connection.execute(
            select(erasures.c.body).where(erasures.c.home == self._lifelog.home)
        )
        return [msgspec.json.decode(body, type=_Intent) for (body,) in rows]

    async def _complete(self, intent: _Intent) -> Erasure:
        """Do, or do again, all the steps of an erasure."""
        lifelog, scope, media = self._lifelog, intent.scope, 0
        if scope is not None:
            media = await lifelog.transact(
                lambda transaction: sum(
                    eraser.erase_scope(transaction, scope) for eraser in lifelog.erasers
                ),
                Lane.BULK,
            )
            await self._erase(await self._seqs(meant(scope), intent.end), intent)
            await self._erase_keys(intent)
        for eraser in lifelog.erasers:
            while await lifelog.transact(eraser.finish, Lane.BULK):
                await asyncio.sleep(_STEP_PAUSE)
        erasure = await self._close(intent, media)
        # What is left to be done names nobody.
        await self._begin(replace(intent, scope=None))
        # Until nothing is left in the journal the erasure has not ended.
        while not await lifelog.purge():
            await asyncio.sleep(_PURGE_PAUSE)
        await self._finished(intent)
        return erasure

    async def _seqs(self, condition: ColumnElement[bool], end: int) -> array[int]:
        """Return the seqs of the entries that are meant, ascending."""

        def query(connection: Connection) -> array[int]:
            rows = connection.execute(
                select(entries.c.seq).where(
                    condition, entries.c.kind.not_in(KEPT), entries.c.seq <= end
                ),
                execution_options={"yield_per": 10_000},
            )
            return array("q", sorted(rows.scalars()))

        return await self._lifelog.load(query)

    async def _erase(self, seqs: array[int], intent: _Intent) -> None:
        for chunk in batched(seqs, _CHUNK, strict=False):

            def work(transaction: Transaction, chunk: Sequence[int] = chunk) -> None:
                for eraser in self._lifelog.erasers:
                    eraser.erase_entries(transaction, chunk)
                erasing.erase(transaction, chunk, intent.id)
                if intent.scope is not None:
                    erasing.erase_states(transaction, chunk)

            for eraser in self._lifelog.erasers:
                await asyncio.to_thread(eraser.erase_beside, chunk)
            await self._lifelog.transact(work, Lane.BULK)
            self._lifelog.drop(chunk, states=intent.scope is not None)
        await self._fold(intent.end)

    async def _fold(self, end: int) -> None:
        """Shrink what the chain keeps of batches whose entries are all gone."""
        home = self._lifelog.home
        found = await self._lifelog.load(
            lambda connection: erasing.empty_batches(connection, home, end)
        )
        for chunk in batched(found, _FOLDED, strict=False):
            await self._lifelog.transact(partial(erasing.fold, folded=chunk), Lane.BULK)

    async def _erase_keys(self, intent: _Intent) -> None:
        """Erase the idempotency keys of the erased entries."""
        firsts, lasts = array("q"), array("q")

        def query(connection: Connection) -> None:
            for part in erasing.erased_by(connection, self._lifelog.home, intent.id):
                firsts.append(part.first)
                lasts.append(part.last)

        def is_gone(seq: int) -> bool:
            index = bisect_right(firsts, seq) - 1
            return index >= 0 and seq <= lasts[index]

        await self._lifelog.load(query)
        if firsts:
            await self._delete_keys(is_gone)

    async def _delete_keys(self, is_old: Callable[[int], bool]) -> int:
        """Delete the keys of some entries, told by their seqs; return how many."""
        count, place = 0, b""
        while found := await self._lifelog.load(
            partial(
                erasing.keys_after,
                home=self._lifelog.home,
                after=place,
                limit=_KEYS,
            )
        ):
            place = found[-1][0]
            keys = [key for key, seq in found if is_old(seq)]
            for chunk in batched(keys, _CHUNK, strict=False):
                await self._lifelog.transact(
                    partial(erasing.erase_keys, keys=chunk), Lane.BULK
                )
            count += len(keys)
        return count

    async def _close(self, intent: _Intent, media: int = 0) -> Erasure:
        """Append the entry that records an erasure; the key keeps it from being doubled."""
        home = self._lifelog.home
        summary = await self._lifelog.load(
            lambda connection: erasing.summarize(
                erasing.erased_by(connection, home, intent.id)
            )
        )

        def work(transaction: Transaction) -> int:
            (seq,) = transaction.append(
                [
                    Draft(
                        ts=transaction.now,
                        kind=EntryKind.ERASURE,
                        value=float(summary.entries),
                        text=f"{intent.text}: {summary.entries} entries",
                        body={
                            "erasure": intent.id,
                            "entries": summary.entries,
                            "media": media,
                            "ranges": summary.digest,
                            "actor": intent.actor,
                        },
                        key=f"erasure {intent.id}",
                    )
                ]
            )
            return seq

        seq = await self._lifelog.transact(work)
        return Erasure(entries=summary.entries, media=media, seq=seq)

    async def _finished(self, intent: _Intent) -> None:
        """Note that an erasure has ended and sign the chain that holds its entry."""
        await self._lifelog.transact(
            lambda transaction: transaction.execute(
                delete(erasures).where(
                    erasures.c.home == transaction.home, erasures.c.id == intent.id
                )
            )
        )
        await self._checkpoints.sign()


def _text(request: ForgetRequest) -> str:
    """Say what is forgotten, without the name of a person who wants to be forgotten."""
    if request.device:
        what = " ".join(filter(None, (request.device, request.point)))
    else:
        what = "what concerns a person" if request.person else "a time"
    return ", ".join(filter(None, (f"Forgotten: {what}", request.reason)))
