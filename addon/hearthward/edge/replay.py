"""Try dead letters again: when somebody asks, and when a device is let in."""

import asyncio
from itertools import batched
import logging

from hearthward.home.registry import Registry
from hearthward.lifelog import Batch, Lifelog, LifelogError
from hearthward.model.deadletter import DeadLetterQuery, Reason, Replayed
from hearthward.model.device import DeviceStatus
from hearthward.model.entry import EntryKind

from .deadletters import DeadLetters
from .gateway import Gateway
from .harvest import Retry
from .intake import Intake

_LOGGER = logging.getLogger(__name__)

# Letters that are read at a time.
_LETTERS = 100

# So many of a device are tried by themselves; the settings keep no more of it.
_ALL = 1_000

_PAUSE = 10.0


class Replay:
    """Gives dead letters to the intake once more; each is stored once at most."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        letters: DeadLetters,
        intake: Intake,
        gateway: Gateway,
    ) -> None:
        """Watch `registry`, as `lifelog` tells of it, for devices that are let in."""
        self._registry = registry
        self._letters = letters
        self._intake = intake
        self._approved = asyncio.Event()
        self._approved.set()
        lifelog.project(self._note)
        gateway.on_crossed(self._approved.set)

    async def one(self, letter: int) -> Replayed:
        """Try a letter again.

        Raises:
            UnknownLetterError: There is none.

        """
        await self._letters.read(letter)
        return await self._try([letter])

    async def some(self, query: DeadLetterQuery) -> Replayed:
        """Try the letters that a query means again, the oldest first."""
        return await self._try(await self._letters.ids(query))

    async def run(self) -> None:
        """Try again what devices said before they were let in, until cancelled."""
        while True:
            await self._approved.wait()
            self._approved.clear()
            try:
                await self._try_admitted()
            except LifelogError as error:
                _LOGGER.warning("Dead letters are tried again later: %s", error)
                await asyncio.sleep(_PAUSE)
                self._approved.set()

    async def _try_admitted(self) -> None:
        for device in await self._letters.waiting():
            query = DeadLetterQuery(
                reason=Reason.DEVICE_PENDING, device=device, limit=_ALL
            )
            known = self._registry.get(device)
            if known is not None and known.status is not DeviceStatus.PENDING:
                tried = await self.some(query)
                _LOGGER.info(
                    "%s is let in: %s of its messages from before are stored, %s are not",
                    known.name,
                    tried.accepted,
                    tried.rejected,
                )

    async def _try(self, letters: list[int]) -> Replayed:
        accepted = rejected = 0
        for some in batched(letters, _LETTERS):
            for number, letter, parcel in await self._letters.parcels(list(some)):
                if letter.size > len(parcel.payload):
                    # Its end was not kept: what is left would pass for something else.
                    rejected += 1
                    continue
                receipt = await self._intake.retry(
                    parcel, Retry(id=number, attempts=letter.attempts + 1)
                )
                if receipt.rejected:
                    rejected += 1
                elif receipt.accepted or receipt.duplicates:
                    accepted += 1
        return Replayed(accepted=accepted, rejected=rejected)

    def _note(self, batch: Batch) -> None:
        if any(
            entry.kind is EntryKind.DEVICE and entry.text == DeviceStatus.APPROVED
            for entry in batch.entries
        ):
            self._approved.set()
