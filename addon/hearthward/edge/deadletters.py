"""Dead letters: what was rejected, byte for byte, until somebody deals with it.

They are bounded by count and by size, and each device by a count of its own, so that one that
babbles does not push out what others said; the oldest go first.
"""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import batched
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    delete,
    func,
    insert,
    select,
)

from hearthward.config import DeadLetterSettings
from hearthward.home.errors import HomeError
from hearthward.lifelog import (
    Eraser,
    Lifelog,
    LifelogUnavailableError,
    Scope,
    Transaction,
)
from hearthward.lifelog.schema import dead_letters, properties
from hearthward.model.deadletter import (
    DeadLetter,
    DeadLetterPage,
    DeadLetterQuery,
    Reason,
)

from .parcel import Parcel

# Longer payloads are not kept whole: no message is that long.
KEPT_BYTES = 1024 * 1024

_SEQUENCE = "dead_letters"

# The bounds are kept within so many letters, not counted for each.
_PRUNE_EVERY = 50

# What is deleted is wiped, and an alarm waits for a step of that.
_AT_ONCE = 50

_TABLE = dead_letters.c
_HEAD = [column for column in _TABLE if column.name != "payload"]


class UnknownLetterError(HomeError):
    """There is no such dead letter."""

    code = "unknown_letter"

    def __init__(self, letter: object) -> None:
        """Name the letter."""
        super().__init__(
            f"There is no dead letter {letter}: it was stored, deleted, or pushed out "
            "by newer ones",
            letter=str(letter),
        )


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message about to be kept: as it arrived, and what is wrong with it.

    One that was tried again keeps the `id` that it had.
    """

    parcel: Parcel
    reason: Reason
    detail: str
    device: str | None = None
    id: int | None = None
    attempts: int = 0


class DeadLetters(Eraser):
    """The dead letters of a home."""

    def __init__(self, lifelog: Lifelog, settings: DeadLetterSettings) -> None:
        """Keep them beside the entries of `lifelog`."""
        self._lifelog = lifelog
        self._settings = settings
        self._added = _PRUNE_EVERY
        self._forgotten: list[Select[tuple[int]]] = []
        lifelog.erasers.append(self)

    def add(self, transaction: Transaction, letters: Sequence[Letter]) -> None:
        """Keep letters; runs in the writer's thread."""
        home = self._lifelog.home
        last = int(
            transaction.execute(
                select(properties.c.value).where(
                    properties.c.home == home, properties.c.name == _SEQUENCE
                )
            ).scalar()
            or "0"
        )
        rows = [
            _row(home, number, letter)
            for number, letter in enumerate(letters, start=last + 1)
        ]
        transaction.execute(insert(dead_letters), rows)
        transaction.put(
            properties,
            {"home": home, "name": _SEQUENCE, "value": str(last + len(rows))},
        )
        self._added += len(rows)

    async def prune(self) -> None:
        """Drop the oldest letters beyond what may be kept, if many have come since the last time.

        Which these are is found beside the writer: all letters are looked through.
        """
        if self._added < _PRUNE_EVERY:
            return
        self._added = 0
        # What cannot be deleted now is found again the next time.
        with suppress(LifelogUnavailableError):
            await self._delete(await self._lifelog.load(self._beyond))

    def take(self, transaction: Transaction, letter: int) -> bool:
        """Remove a letter; tell whether it was there. Runs in the writer's thread."""
        return bool(
            transaction.execute(
                delete(dead_letters).where(
                    _TABLE.home == self._lifelog.home, _TABLE.id == letter
                )
            ).rowcount
        )

    async def count(self) -> int:
        """Return how many letters there are but those that only wait for an approval."""
        return await self._lifelog.load(
            lambda connection: self._count(
                connection, _TABLE.reason != Reason.DEVICE_PENDING.value
            )
        )

    async def page(self, query: DeadLetterQuery) -> DeadLetterPage:
        """Return letters without their payloads, the newest first."""
        return await self._lifelog.load(
            lambda connection: self._page(connection, query)
        )

    async def read(self, letter: int) -> DeadLetter:
        """Return a letter with its payload.

        Raises:
            UnknownLetterError: There is none.

        """
        found = await self.parcels([letter])
        if not found:
            raise UnknownLetterError(letter)
        _, head, parcel = found[0]
        return _with_payload(head, parcel)

    async def parcels(
        self, letters: Sequence[int]
    ) -> list[tuple[int, DeadLetter, Parcel]]:
        """Return letters and what they held, as it would arrive anew, the oldest first."""
        statement = (
            select(*_HEAD, _TABLE.payload)
            .where(_TABLE.home == self._lifelog.home, _TABLE.id.in_(letters))
            .order_by(_TABLE.id)
        )
        rows = await self._lifelog.load(
            lambda connection: connection.execute(statement).fetchall()
        )
        return [(row.id, _letter(row), _parcel(row)) for row in rows]

    async def ids(self, query: DeadLetterQuery) -> list[int]:
        """Return which letters a query means, the oldest first."""
        statement = self._newest(query, _TABLE.id).limit(query.limit)
        found = await self._lifelog.load(
            lambda connection: list(connection.execute(statement).scalars())
        )
        return found[::-1]

    async def waiting(self) -> list[str]:
        """Return the devices whose letters wait for an approval."""
        statement = (
            select(_TABLE.device)
            .distinct()
            .where(
                _TABLE.home == self._lifelog.home,
                _TABLE.reason == Reason.DEVICE_PENDING.value,
                _TABLE.device.is_not(None),
            )
        )
        return await self._lifelog.load(
            lambda connection: [
                str(device) for device in connection.execute(statement).scalars()
            ]
        )

    async def delete(self, query: DeadLetterQuery) -> int:
        """Delete the letters that a query means; return how many there were."""
        return await self._delete(await self.ids(query))

    async def delete_one(self, letter: int) -> None:
        """Delete a letter.

        Raises:
            UnknownLetterError: There is none.

        """
        if not await self._lifelog.transact(
            lambda transaction: self.take(transaction, letter)
        ):
            raise UnknownLetterError(letter)

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Erase what may hold anything of the scope.

        Nobody can tell whose a letter is that names no device. What it tells of happened before
        it arrived, if not always long before.
        """
        means: list[ColumnElement[bool]] = [_TABLE.home == scope.home]
        if scope.devices is not None:
            means.append(
                _TABLE.device.is_(None)
                | _TABLE.device.in_(scope.devices)
                | _TABLE.sender.in_(scope.devices)
            )
        if scope.since is not None:
            means.append(_TABLE.received >= scope.since)
        self._forgotten.append(select(_TABLE.id).where(*means).limit(_AT_ONCE))
        return 0

    def finish(self, transaction: Transaction) -> bool:
        """Erase some of them."""
        if not self._forgotten:
            return False
        if _drop(transaction, self._forgotten[-1]) < _AT_ONCE:
            self._forgotten.pop()
        return bool(self._forgotten)

    async def _delete(self, letters: Sequence[int]) -> int:
        """Delete letters in small steps; return how many there were."""
        gone = 0
        for some in batched(letters, _AT_ONCE):
            gone += await self._lifelog.transact(partial(_drop, letters=some))
        return gone

    def _beyond(self, connection: Connection) -> Sequence[int]:
        """Return the oldest letters, those beyond what may be kept."""
        home = self._lifelog.home
        # A stranger can call itself by any number of names.
        unknown = _TABLE.reason == Reason.UNKNOWN_DEVICE.value
        speaker = case((unknown, None), else_=_TABLE.device)
        place = func.row_number().over(partition_by=speaker, order_by=_TABLE.id.desc())
        overall = func.row_number().over(order_by=_TABLE.id.desc())
        kept = case((_TABLE.size > KEPT_BYTES, KEPT_BYTES), else_=_TABLE.size)
        weight = func.sum(kept).over(order_by=_TABLE.id.desc())
        ranked = (
            select(
                _TABLE.id,
                place.label("place"),
                overall.label("overall"),
                weight.label("weight"),
            )
            .where(_TABLE.home == home)
            .subquery()
        )
        beyond = select(ranked.c.id).where(
            (ranked.c.place > self._settings.per_device)
            | (ranked.c.overall > self._settings.count)
            | (ranked.c.weight > self._settings.bytes)
        )
        return connection.execute(beyond).scalars().all()

    def _page(self, connection: Connection, query: DeadLetterQuery) -> DeadLetterPage:
        statement = self._newest(query, *_HEAD).limit(query.limit + 1)
        rows = connection.execute(statement).fetchall()
        letters = tuple(_letter(row) for row in rows[: query.limit])
        return DeadLetterPage(
            letters=letters,
            total=self._count(connection, *_conditions(query)),
            next=letters[-1].id if len(rows) > query.limit else None,
        )

    def _count(self, connection: Connection, *means: Any) -> int:
        statement = select(func.count()).where(
            _TABLE.home == self._lifelog.home, *means
        )
        return connection.execute(statement).scalar_one()

    def _newest(self, query: DeadLetterQuery, *columns: Any) -> Select[Any]:
        statement = select(*columns).where(
            _TABLE.home == self._lifelog.home, *_conditions(query)
        )
        if query.before is not None:
            statement = statement.where(_TABLE.id < query.before)
        return statement.order_by(_TABLE.id.desc())


def _conditions(query: DeadLetterQuery) -> list[Any]:
    means = []
    if query.reason is not None:
        means.append(_TABLE.reason == query.reason.value)
    if query.device is not None:
        means.append(_TABLE.device == query.device)
    if query.adapter is not None:
        means.append(_TABLE.adapter == query.adapter)
    if query.since is not None:
        means.append(_TABLE.received >= query.since)
    return means


def _drop(transaction: Transaction, letters: Sequence[int] | Select[tuple[int]]) -> int:
    """Delete some letters; return how many there were. Runs in the writer's thread."""
    return transaction.execute(
        delete(dead_letters).where(
            _TABLE.home == transaction.home, _TABLE.id.in_(letters)
        )
    ).rowcount


def _row(home: str, number: int, letter: Letter) -> dict[str, object]:
    parcel = letter.parcel
    return {
        "home": home,
        "id": letter.id or number,
        "received": parcel.received,
        "reason": letter.reason.value,
        "detail": letter.detail,
        "adapter": parcel.adapter,
        "address": parcel.address,
        "size": len(parcel.payload),
        "attempts": letter.attempts,
        "device": letter.device,
        "sender": parcel.device,
        "profile": parcel.profile,
        "key": parcel.key,
        "payload": parcel.payload[:KEPT_BYTES],
    }


def _parcel(row: Row[Any]) -> Parcel:
    return Parcel(
        adapter=row.adapter,
        address=row.address,
        payload=row.payload,
        received=row.received,
        device=row.sender,
        profile=row.profile,
        key=row.key,
    )


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        received=row.received,
        reason=Reason(row.reason),
        detail=row.detail,
        adapter=row.adapter,
        address=row.address,
        size=row.size,
        device=row.device,
        profile=row.profile,
        attempts=row.attempts,
    )


def _with_payload(letter: DeadLetter, parcel: Parcel) -> DeadLetter:
    try:
        return msgspec.structs.replace(letter, payload=parcel.payload.decode())
    except UnicodeDecodeError:
        return msgspec.structs.replace(
            letter, base64=b64encode(parcel.payload).decode()
        )
