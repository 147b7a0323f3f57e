"""What a client of the stream asks for, and the answers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from hearthward.lifelog import LifelogError
from hearthward.model.security import Role
from hearthward.model.stream import (
    CommandCall,
    HomeAssistantStates,
    Result,
    StreamRequest,
)
from hearthward.security.roles import permits

from .errors import ApiError, explain
from .parts import Parts
from .routes import Actor

# So many requests of one client are under way at once; the next one waits to be read.
AT_ONCE = 64

_decode = msgspec.json.Decoder(StreamRequest).decode
_encode = msgspec.json.Encoder().encode

type Send = Callable[[bytes], Awaitable[None]]


class _Named(msgspec.Struct, frozen=True):
    """What names a request that cannot be understood."""

    id: str = ""


class Asked:
    """The requests of one client; each is answered when it is done, in any order."""

    def __init__(self, parts: Parts, actor: Actor, send: Send) -> None:
        """Answer with `send` what `actor` may ask of `parts`."""
        self._parts = parts
        self._actor = actor
        self._send = send
        self._free = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    async def take(self, message: bytes) -> None:
        """Begin with a request; wait while too many are under way."""
        await self._free.acquire()
        # At once: a command shall not wait for the loop's next round.
        task = asyncio.create_task(self._serve(message), eager_start=True)
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def end(self) -> None:
        """End what is under way; commands that were sent are finished all the same."""
        for task in self._under_way:
            task.cancel()
        with suppress(LifelogError):
            await self._parts.homeassistant.left(self)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._free.release()

    async def _serve(self, message: bytes) -> None:
        result = await self._result(message)
        try:
            await self._send(_encode(result))
        except ConnectionError:
            # The client repeats what it has no answer to, with the same id.
            return

    async def _result(self, message: bytes) -> Result:
        try:
            request = _decode(message)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return Result(
                id=_name(message),
                code="invalid_request",
                error=f"Correct the message: {error}",
            )
        try:
            return await self._perform(request)
        except Exception as error:  # noqa: BLE001 - one bad request must not end the stream
            failure = explain(error)
            return Result(id=request.id, code=failure.code, error=failure.message)

    async def _perform(self, request: StreamRequest) -> Result:
        match request:
            case CommandCall():
                self._require(Role.OPERATOR)
                command = await self._parts.commands.execute(
                    request.device,
                    request.point,
                    request.body,
                    issued_by=self._actor.id,
                    key=request.id,
                )
                return Result(id=request.id, command=command)
            case HomeAssistantStates():
                self._require(Role.SERVICE)
                await self._parts.homeassistant.post(request.states, self)
                return Result(id=request.id)

    def _require(self, minimum: Role) -> None:
        if not permits(self._actor.role, minimum):
            raise ApiError(
                403,
                "forbidden",
                f"Use a key with the role {minimum}; this one is {self._actor.role}",
            )


def _name(message: bytes) -> str:
    """Return the id of a request that is wrong otherwise, empty if it has none."""
    try:
        return msgspec.json.decode(message, type=_Named).id
    except msgspec.MsgspecError, UnicodeDecodeError, RecursionError:
        return ""
