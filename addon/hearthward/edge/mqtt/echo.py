"""Devices that answer a command by showing the new state."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import isclose

from hearthward.lifelog import Batch, Lifelog
from hearthward.model.command import Command
from hearthward.model.device import PointState
from hearthward.model.entry import Entry

_PRECISION = 1e-3

type _Wish = tuple[Command, asyncio.Future[None]]


class Echoes:
    """What points are expected to show."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Watch the states in `lifelog`."""
        self._lifelog = lifelog
        self._wishes: list[_Wish] = []
        lifelog.project(self._note)

    @asynccontextmanager
    async def expect(self, command: Command) -> AsyncGenerator[asyncio.Future[None]]:
        """Give a future that is done when the point shows what it was told."""
        shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        state = self._lifelog.state(command.device, command.point)
        if command.body.value is None or (state and _shows(state, command)):
            # A button shows nothing, and what is so already is not told anew.
            shown.set_result(None)
        wish = (command, shown)
        self._wishes.append(wish)
        try:
            yield shown
        finally:
            self._wishes.remove(wish)

    def _note(self, batch: Batch) -> None:
        if not self._wishes:
            return
        for entry in batch.entries:
            for command, shown in self._wishes:
                if (
                    (entry.device, entry.point) == (command.device, command.point)
                    and not shown.done()
                    and _shows(entry, command)
                ):
                    shown.set_result(None)


def _shows(seen: Entry | PointState, command: Command) -> bool:
    value = command.body.value
    if isinstance(value, str):
        return seen.text == value
    return (
        value is not None
        and seen.value is not None
        and isclose(seen.value, value, rel_tol=_PRECISION, abs_tol=_PRECISION)
    )
