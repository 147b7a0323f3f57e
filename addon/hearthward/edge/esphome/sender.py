"""Commands to one node, and how it is known that the node has done with them."""

import asyncio
from collections.abc import Callable
import logging
from typing import NamedTuple

from aioesphomeapi.client import APIClient
from aioesphomeapi.core import APIConnectionError

from hearthward.edge.echo import refusal
from hearthward.home.commands import DeviceOfflineError
from hearthward.model.command import Command, CommandStatus
from hearthward.model.message import AckBody, Observation

from .actions import act
from .entities import Entity

_LOGGER = logging.getLogger(__name__)

_BROKEN = "The connection broke before the node answered; it may still have done it"


class _Answer(NamedTuple):
    """The node answered; `echo` is what the commanded point showed until then."""

    echo: Observation | None


class Sender:
    """Sends commands one by one.

    The native API has no acknowledgements, but a node handles the messages of a connection in
    order: its answer to a question behind a command proves that the command was handled. One
    command at a time, as one answer looks like the other.
    """

    def __init__(self, client: APIClient, find: Callable[[str], Entity | None]) -> None:
        """Send through `client`; `find` gives the entity of a point that can be reached."""
        self._client = client
        self._find = find
        self._turn = asyncio.Lock()
        self._shown: dict[str, Observation] = {}
        # The point of the command under way, and what it showed since.
        self._asked: str | None = None
        self._echo: Observation | None = None

    def heard(self, seen: Observation) -> None:
        """Hear what a point shows."""
        self._shown[seen.point] = seen
        if seen.point == self._asked:
            self._echo = seen

    async def send(self, command: Command) -> AckBody:
        """Send a command and wait until the node has done with it.

        Raises:
            DeviceOfflineError: It was not sent.

        """
        await self._turn.acquire()
        try:
            entity = self._send(command)
        except ValueError as error:
            self._turn.release()
            return _ack(command, CommandStatus.REJECTED, str(error))
        except BaseException:
            self._turn.release()
            raise
        before = self._shown.get(entity.point.id)
        fence = asyncio.create_task(self._answered(), name=f"fence {command.id}")
        answer = await asyncio.shield(fence)
        if answer is None:
            return _ack(command, CommandStatus.TIMEOUT, _BROKEN)
        kept = answer.echo and refusal(entity.point, command.body, before, answer.echo)
        if kept:
            return _ack(command, CommandStatus.REJECTED, kept)
        return _ack(command, CommandStatus.ACKNOWLEDGED)

    def _send(self, command: Command) -> Entity:
        entity = self._find(command.point)
        if entity is None:
            raise DeviceOfflineError
        self._asked, self._echo = command.point, None
        try:
            act(self._client, entity, command.body)
        except APIConnectionError as error:
            raise DeviceOfflineError from error
        return entity

    async def _answered(self) -> _Answer | None:
        """Wait for the node's answer to a question, then give the turn to the next command.

        Return None when the node does not answer. A caller that stops waiting does not end
        this: a late answer must not be taken for that to the next command.
        """
        try:
            await self._client.device_info()
        except APIConnectionError as error:
            _LOGGER.warning("%s does not answer: %s", self._client.log_name, error)
            self._client.force_disconnect()
            return None
        else:
            return _Answer(self._echo)
        finally:
            self._asked = None
            self._turn.release()


def _ack(command: Command, status: CommandStatus, detail: str | None = None) -> AckBody:
    return AckBody(command=command.id, status=status, detail=detail)
