"""Commands to devices that answer with an `ack` message."""

import asyncio
from collections.abc import Awaitable, Callable

from hearthward.model.command import Command
from hearthward.model.message import Ack, AckBody, CommandMessage, CommandRequest

type Deliver = Callable[[CommandMessage], Awaitable[None]]


class Awaiting:
    """Commands that were sent and not answered yet."""

    def __init__(self) -> None:
        """Begin with none."""
        self._answers: dict[tuple[str, str], asyncio.Future[AckBody]] = {}

    async def ask(self, command: Command, deliver: Deliver) -> AckBody:
        """Send a command with `deliver` and return what its device answers.

        It waits until it is cancelled: the commands of the home limit how long.
        """
        identity = (command.device, command.id)
        answer: asyncio.Future[AckBody] = asyncio.get_running_loop().create_future()
        self._answers[identity] = answer
        try:
            await deliver(message(command))
            return await answer
        finally:
            del self._answers[identity]

    @property
    def any(self) -> bool:
        """Whether any command waits for its answer."""
        return bool(self._answers)

    def answer(self, ack: Ack) -> bool:
        """Take a device's answer; tell whether anybody waits for it."""
        answer = self._answers.get((ack.device, ack.body.command))
        if answer is None or answer.done():
            return False
        answer.set_result(ack.body)
        return True


def message(command: Command) -> CommandMessage:
    """Return a command as the message that its device gets."""
    return CommandMessage(
        device=command.device,
        ts=command.ts,
        id=command.id,
        body=CommandRequest(point=command.point, body=command.body),
    )
