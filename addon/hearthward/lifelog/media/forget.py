"""What forgetting erases of media: their rows, files and thumbnails."""

from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, delete, false, func, select

from hearthward.lifelog.forgetting.scope import Eraser, Scope
from hearthward.lifelog.schema import media
from hearthward.lifelog.transaction import Transaction

from . import rows
from .collection import MediaLibrary

_FILES_AT_ONCE = 50


class MediaEraser(Eraser):
    """Erases the media of a library."""

    def __init__(self, library: MediaLibrary) -> None:
        """Begin with nothing to erase."""
        self._library = library
        # Files whose uploads are gone, until the commit lets them be removed.
        self._names: set[str] = set()

    def count_media(self, connection: Connection, scope: Scope) -> int:
        """Return how many uploads `erase_scope` would erase."""
        statement = select(func.count()).select_from(media).where(*_meant(scope))
        return int(connection.execute(statement).scalar_one())

    def erase_entries(self, transaction: Transaction, seqs: Sequence[int]) -> None:
        """Erase the uploads that these entries tell of."""
        doomed = (media.c.home == transaction.home, media.c.seq.in_(seqs))
        self._names |= rows.named(transaction, *doomed)
        transaction.execute(delete(media).where(*doomed))

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """Erase the uploads that are meant."""
        doomed = list(_meant(scope))
        self._names |= rows.named(transaction, *doomed)
        return transaction.execute(delete(media).where(*doomed)).rowcount

    def finish(self, transaction: Transaction) -> bool:
        """Remove some of the files; killed before, the next start sweeps them."""
        some = set(islice(self._names, _FILES_AT_ONCE))
        self._library.unlink(transaction, some)
        self._names -= some
        return bool(self._names)


def _meant(scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Return the conditions for the uploads that a scope means."""
    table = media.c
    yield table.home == scope.home
    if scope.point is not None:
        # Media belong to a device, never to one of its points.
        yield false()
    yield from scope.where(device=table.device, ts=table.ts, person=table.person)
