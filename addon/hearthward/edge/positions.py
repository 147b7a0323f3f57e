"""How far the devices of the edge's sockets had counted."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from hearthward.lifelog import Lifelog, Transaction
from hearthward.lifelog.schema import positions


class Positions:
    """The last stored `seq` of each device; what is kept on disk may lag behind.

    It tells a device that lost count where to go on. What was sent twice is a duplicate anyway.
    """

    def __init__(self, lifelog: Lifelog) -> None:
        """Keep the positions of the lifelog's home."""
        self._lifelog = lifelog
        self._seqs: dict[str, int] = {}

    async def load(self) -> None:
        """Read the positions."""

        def query(connection: Connection) -> dict[str, int]:
            rows = connection.execute(
                select(positions.c.device, positions.c.seq).where(
                    positions.c.home == self._lifelog.home
                )
            )
            return {row.device: row.seq for row in rows}

        self._seqs = await self._lifelog.load(query)

    def get(self, device: str) -> int | None:
        """Return how far a device had counted, None if it never did."""
        return self._seqs.get(device)

    def note(self, device: str, seq: int) -> None:
        """Remember how far a device has counted."""
        self._seqs[device] = seq

    async def save(self, devices: Iterable[str]) -> None:
        """Keep the positions of some devices for the next run of the hub."""
        rows = [
            {"home": self._lifelog.home, "device": device, "seq": self._seqs[device]}
            for device in devices
            if device in self._seqs
        ]

        def work(transaction: Transaction) -> None:
            for row in rows:
                transaction.put(positions, row)

        if rows:
            await self._lifelog.transact(work)
