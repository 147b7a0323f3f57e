"""Commands to devices that answer with an `ack` message."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from hearthward.model.command import Command
from hearthward.model.deadletter import Reason
from hearthward.model.message import Ack, AckBody, CommandMessage, CommandRequest

from .parcel import DecodeError

type Deliver = Callable[[CommandMessage], Awaitable[None]]


class _Answer(msgspec.Struct, frozen=True):
    """An `ack` as it is sent: the transport tells the rest."""

    body: AckBody
    device: str | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def read(payload: bytes, device: str | None) -> Ack:
    """Return an answer; `device` is the only one that its sender may speak for.

    Raises:
        DecodeError: It is none, or that of another device.

    """
    try:
        answer = _decode(payload)
    except (ValueError, RecursionError) as error:
        raise DecodeError(Reason.INVALID_MESSAGE, f"Correct it: {error}") from None
    spoken = answer.device or device
    if spoken is None or device not in (None, spoken):
        raise DecodeError(Reason.NOT_PERMITTED, f"It is not that of {device}")
    return Ack(device=spoken, ts=0.0, body=answer.body)


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
