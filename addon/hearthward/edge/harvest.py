"""What became of messages, on its way into the lifelog."""

from asyncio import Future, gather
from functools import partial
from itertools import batched
from operator import attrgetter, itemgetter
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from hearthward.lifelog import Appended, Lifelog, Transaction
from hearthward.model.entry import Draft, Lane

from .deadletters import DeadLetters, Letter
from .parcel import Receipt, Rejection

# The lifelog takes so many entries as one piece of work.
_UNIT = 1_000

# And so many letters, which are larger.
_LETTERS = 50

# A piece is handed over when it has grown to this: the writer need not wait for the rest.
_PIECE = 500


class _Piece(NamedTuple):
    drafts: list[Draft]
    future: Future[Appended]


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter that is tried again; `attempts` counts the times."""

    id: int
    attempts: int


class Harvest:
    """Entries and letters of messages that were handed in together.

    `accepted` and `duplicates` count messages; `keys` are those that have an idempotency key.
    """

    def __init__(
        self, lifelog: Lifelog, letters: DeadLetters, retry: Retry | None = None
    ) -> None:
        """Begin with nothing; with `retry` all of it takes the place of a dead letter."""
        self.retry = retry
        self.accepted = 0
        self.duplicates = 0
        self.keys: list[tuple[str, str]] = []
        self._stored = 0
        self._rejected: list[Rejection] = []
        self._lifelog = lifelog
        self._dead_letters = letters
        self._letters: list[tuple[int, Letter]] = []
        self._waiting: dict[Lane, list[Draft]] = {}
        self._pieces: list[_Piece] = []

    @property
    def receipt(self) -> Receipt:
        """What became of the messages, once all is stored."""
        return Receipt(
            accepted=self.accepted,
            duplicates=self.duplicates,
            stored=self._stored,
            rejected=tuple(sorted(self._rejected, key=attrgetter("index"))),
        )

    def put(self, drafts: list[Draft], lane: Lane) -> None:
        """Add the entries of one message, which stay together."""
        waiting = self._waiting.setdefault(lane, [])
        if self.retry is None and len(waiting) + len(drafts) > _PIECE:
            self._submit(lane)
            waiting = self._waiting[lane] = []
        waiting.extend(drafts)

    def reject(self, index: int, letter: Letter) -> None:
        """Add a letter."""
        if self.retry is not None:
            # Only one of them can be in the same place.
            place = None if self._letters else self.retry.id
            letter = replace(letter, id=place, attempts=self.retry.attempts)
        self._letters.append((index, letter))
        self._rejected.append(
            Rejection(index=index, reason=letter.reason, detail=letter.detail)
        )

    async def flush(self) -> None:
        """Make durable what must come before what follows.

        Raises:
            LifelogUnavailableError: It is not.

        """
        if self.retry is None and (self._waiting or self._pieces):
            await self.store()

    async def store(self) -> None:
        """Make all of it durable.

        Raises:
            LifelogUnavailableError: Something is not.

        """
        if self.retry is not None:
            await self._replace(self.retry.id)
            return
        for lane in self._waiting:
            self._submit(lane)
        self._waiting.clear()
        letters = self._take_letters()
        pieces, self._pieces = self._pieces, []
        futures: list[Future[Appended] | Future[None]] = [
            piece.future for piece in pieces
        ]
        futures += [
            self._lifelog.transact(
                partial(self._dead_letters.add, letters=part), Lane.TELEMETRY
            )
            for part in batched(letters, _LETTERS)
        ]
        for result in await gather(*futures, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        for drafts, future in pieces:
            self._note(drafts, future.result())
        if letters:
            await self._dead_letters.prune()

    async def _replace(self, letter: int) -> None:
        """Store all of it where a letter was; nothing when that is gone already."""
        lane = min((lane for lane, some in self._waiting.items() if some), default=None)
        drafts = [draft for waiting in self._waiting.values() for draft in waiting]
        letters = self._take_letters()

        def work(transaction: Transaction) -> Appended | None:
            if not self._dead_letters.take(transaction, letter):
                return None
            if letters:
                self._dead_letters.add(transaction, letters)
            return transaction.append_new(drafts)

        appended = await self._lifelog.transact(
            work, Lane.BULK if lane is None else lane
        )
        if appended is None:
            # Somebody else replayed or deleted it in the meantime.
            self.accepted = self.duplicates = 0
            self._rejected.clear()
        else:
            self._note(drafts, appended)

    def _take_letters(self) -> list[Letter]:
        """Return the letters in the order in which the messages arrived."""
        letters, self._letters = self._letters, []
        return [letter for _, letter in sorted(letters, key=itemgetter(0))]

    def _submit(self, lane: Lane) -> None:
        """Hand over what waits in a lane; only drafts without a key can be too many."""
        for part in batched(self._waiting[lane], _UNIT):
            drafts = list(part)
            future = self._lifelog.append_new(drafts, lane)
            self._pieces.append(_Piece(drafts, future))

    def _note(self, drafts: list[Draft], appended: Appended) -> None:
        self._stored += len(appended.seqs) - len(appended.known)
        for position in appended.known:
            if drafts[position].key is not None:
                self.accepted -= 1
                self.duplicates += 1
