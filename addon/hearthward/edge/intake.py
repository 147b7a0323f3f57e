"""The intake: where every adapter hands in what arrived."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
import logging
from typing import Protocol

from msgspec.structs import replace

from hearthward.config import QuotaSettings
from hearthward.model.deadletter import Reason
from hearthward.model.message import Hello, State, UpMessage

from .deadletters import Letter
from .decode import PAYLOAD_LIMIT, decode, is_name, split
from .gateway import Arrival, Gateway
from .harvest import Retry
from .parcel import BusyError, DecodeError, Parcel, Receipt
from .quotas import Quotas

_LOGGER = logging.getLogger(__name__)

# So many parcels are read before the rest of the hub has its turn.
_TURN = 250

# So many are a crowd. What other adapters hand in at once is less: an alarm among it does not wait
# until crowds before it are read.
_CROWD = 2_500

# What waits to be stored is gone in less than that, if it can be stored at all, s.
_PATIENCE = 1.0

# What to charge when nobody knows who spoke.
_NOBODY = ""


class Layout(Protocol):
    """A layout of payloads that is not that of native messages."""

    def decode(self, parcel: Parcel) -> Sequence[UpMessage]:
        """Return the messages of a parcel, which may be none.

        Raises:
            DecodeError: It cannot be understood.

        """


class Intake:
    """Reads what adapters hand in, and lets in as much as can be handled."""

    def __init__(
        self,
        gateway: Gateway,
        settings: QuotaSettings,
        profiles: Mapping[str, Layout] | None = None,
    ) -> None:
        """Understand native messages and those of `profiles`, by their names."""
        self.profiles: Mapping[str, Layout] = {} if profiles is None else profiles
        self._gateway = gateway
        self._quotas = Quotas(settings)
        self._bound = settings.backlog
        self._waiting = 0
        self._reading = asyncio.Lock()

    async def receive(self, parcels: Sequence[Parcel]) -> Receipt:
        """Take parcels in order; all is durable on return, the rejected as dead letters.

        Raises:
            BusyError: A quota is used up; nothing was taken.
            LifelogUnavailableError: Not all is durable; give it again later.

        """
        size = sum([len(parcel.payload) for parcel in parcels])
        # While one crowd is read, the one before it is stored.
        async with self._reading if len(parcels) > _CROWD else nullcontext():
            arrivals, unread = await self._read_all(parcels)
        self._admit(arrivals, unread, size)
        self._waiting += size
        try:
            return await self._gateway.take(arrivals, unread)
        finally:
            self._waiting -= size

    async def retry(self, parcel: Parcel, retry: Retry) -> Receipt:
        """Take a dead letter's parcel in the place of the letter.

        Raises:
            LifelogUnavailableError: Nothing was stored; the letter stays.

        """
        unread: list[tuple[int, Letter]] = []
        arrivals: Sequence[Arrival] = ()
        try:
            arrivals = self._read(0, parcel, unread)
        except DecodeError as error:
            unread.append((0, _letter(parcel, error)))
        return await self._gateway.take(arrivals, unread, retry)

    def _admit(
        self,
        arrivals: Sequence[Arrival],
        unread: Sequence[tuple[int, Letter]],
        size: int,
    ) -> None:
        """Charge for messages, unless too much came or waits already.

        What comes with an alarm is taken in any case, and has to be paid for later.

        Raises:
            BusyError: Try again later.

        """
        told: dict[str, int] = {}
        for _, letter in unread:
            sender = letter.parcel.device or _NOBODY
            told[sender] = told.get(sender, 0) + 1
        for arrival in arrivals:
            # Whoever speaks for another pays for it, not the other.
            sender = arrival.parcel.device or arrival.message.device
            told[sender] = told.get(sender, 0) + _cost(arrival.message)
        try:
            self._quotas.check(told)
            self._check_backlog(size)
        except BusyError:
            if not any(self._gateway.is_alarm(arrival) for arrival in arrivals):
                raise
        self._quotas.charge(told)

    def _check_backlog(self, size: int) -> None:
        if self._waiting and self._waiting + size > self._bound:
            raise BusyError(
                "Too much waits to be stored: send it again in a moment", _PATIENCE
            )

    async def _read_all(
        self, parcels: Sequence[Parcel]
    ) -> tuple[list[Arrival], list[tuple[int, Letter]]]:
        """Return the messages of parcels, and what of them cannot be read."""
        arrivals: list[Arrival] = []
        unread: list[tuple[int, Letter]] = []
        for index, parcel in enumerate(parcels):
            try:
                arrivals += self._read(index, parcel, unread)
            except DecodeError as error:
                unread.append((index, _letter(parcel, error)))
            if index % _TURN == _TURN - 1:
                await asyncio.sleep(0)
        return arrivals, unread

    def _read(
        self, index: int, parcel: Parcel, unread: list[tuple[int, Letter]]
    ) -> Sequence[Arrival]:
        """Return the messages of a parcel; parts that cannot be read become letters.

        Raises:
            DecodeError: Nothing of it can be read.

        """
        if parcel.profile is not None:
            return self._translate(index, parcel, parcel.profile)
        parts = split(parcel.payload)
        if len(parts) == 1:
            message = decode(parts[0], parcel)
            return (Arrival(message=message, parcel=parcel, index=index),)
        arrivals = []
        for number, part in enumerate(parts):
            key = None if parcel.key is None else f"{parcel.key}/{number}"
            single = replace(parcel, payload=part, key=key)
            try:
                message = decode(part, single)
            except DecodeError as error:
                unread.append((index, _letter(single, error)))
            else:
                arrivals.append(Arrival(message=message, parcel=single, index=index))
        return arrivals

    def _translate(self, index: int, parcel: Parcel, name: str) -> Sequence[Arrival]:
        """Return the messages of a parcel in a profile's layout.

        Raises:
            DecodeError: It has none, or cannot be understood.

        """
        profile = self.profiles.get(name)
        if profile is None:
            known = ", ".join(sorted(self.profiles)) or "none"
            raise DecodeError(
                Reason.INVALID_MESSAGE,
                f"There is no profile {name[:64]!r}; known are: {known}",
            )
        if len(parcel.payload) > PAYLOAD_LIMIT:
            raise DecodeError(
                Reason.TOO_LARGE, f"Send at most {PAYLOAD_LIMIT // 1024**2} MiB at once"
            )
        try:
            messages = profile.decode(parcel)
        except DecodeError:
            raise
        except Exception as error:
            # A message that nobody foresaw must not hold up those behind it.
            _LOGGER.exception("The profile %s failed", name)
            raise DecodeError(
                Reason.INVALID_MESSAGE,
                f"The profile {name} failed ({error!r}): correct it, then replay this",
            ) from None
        # A hello is made from the first message of a device; the letter is that message still.
        whole = sum(not isinstance(message, Hello) for message in messages) <= 1
        return [
            Arrival(message=message, parcel=parcel, index=index, whole=whole)
            for message in messages
        ]


def _cost(message: UpMessage) -> int:
    """Return what a message takes of a quota."""
    if isinstance(message, State):
        return len(message.body.observations) or 1
    return len(message.body.points) or 1 if isinstance(message, Hello) else 1


def _letter(parcel: Parcel, error: DecodeError) -> Letter:
    device = parcel.device if parcel.device and is_name(parcel.device) else None
    return Letter(parcel=parcel, reason=error.reason, detail=str(error), device=device)
