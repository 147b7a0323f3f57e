"""An open stream of the hub; knows nothing of Home Assistant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
import json
from typing import Any, Final

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from .exceptions import (
    HearthwardConnectionError,
    HearthwardResponseError,
    HearthwardStreamEndedError,
)
from .models import Result, Statistics, StreamMessage, stream_message

# A command waits for the device's acknowledgement, which the hub itself limits.
ANSWER_TIMEOUT: Final = 30.0


class Stream:
    """The home comes down the stream; requests go up it and are answered by their id."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        """Take an open socket."""
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._answers = False

    @property
    def answers(self) -> bool:
        """Return if the hub answers requests: an older one, which sends no statistics, does not."""
        return self._answers

    async def request(self, kind: str, request_id: str, **fields: Any) -> Result:
        """Send a request and return the hub's answer.

        Raises HearthwardStreamEndedError when the stream ends first; the request may have been
        heard.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._socket.send_str(
                    json.dumps({"type": kind, "id": request_id, **fields})
                )
                return await answer
        except TimeoutError as error:
            raise HearthwardConnectionError("The hub did not answer in time") from error
        except (ClientError, ConnectionError) as error:
            raise HearthwardStreamEndedError(str(error)) from error
        finally:
            self._waiting.pop(request_id, None)

    async def messages(self) -> AsyncIterator[StreamMessage]:
        """Yield what the hub tells until the connection ends."""
        while True:
            message = await self._socket.receive()
            if message.type is not WSMsgType.TEXT:
                raise HearthwardConnectionError(
                    f"The hub closed the stream ({message.type.name.lower()})"
                )
            parsed = stream_message(_loads(message.data))
            if isinstance(parsed, Result):
                self._settle(parsed)
            elif parsed is not None:
                self._answers |= isinstance(parsed, Statistics)
                yield parsed

    def end(self) -> None:
        """Tell those who wait for an answer that none will come."""
        for answer in self._waiting.values():
            with suppress(asyncio.InvalidStateError):
                answer.set_exception(
                    HearthwardStreamEndedError("The stream ended before the answer")
                )

    def _settle(self, result: Result) -> None:
        """Give an answer to who waits for it; one that nobody waits for came too late."""
        answer = self._waiting.get(result.id)
        if answer is not None and not answer.done():
            answer.set_result(result)


def _loads(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise HearthwardResponseError("Stream message is not JSON") from error
