"""The control channel of a running home: one JSON object a line in, one out, on a unix socket.

A request is an action as in `actions` (`{"do": "press", "channel": "button"}`), or a list of them.
The answer is `{"ok": true}`, with the home's state after `{"do": "status"}`, or
`{"ok": false, "error": "…"}`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from .actions import AnyAction, parse_action

SOCKET = "control.sock"
"""The socket's name in the home's directory."""

type Handle = Callable[[AnyAction], Awaitable[dict[str, Any] | None]]


async def serve_control(path: Path, handle: Handle) -> asyncio.Server:
    """Listen at `path`; `handle` does an action, and may return something to answer with."""
    path.unlink(missing_ok=True)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(msgspec.json.encode(await _answer(line, handle)) + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    return await asyncio.start_unix_server(talk, path)


async def inject(path: Path, *actions: dict[str, Any]) -> dict[str, Any]:
    """Do actions in the home that listens at `path`, and return its last answer.

    Raises ValueError with the home's objection, ConnectionError when no home listens.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError as err:
        raise ConnectionError(f"No simulated home listens at {path}: {err}") from err
    try:
        writer.write(msgspec.json.encode(actions) + b"\n")
        answer: dict[str, Any] = msgspec.json.decode(await reader.readline() or b"{}")
    finally:
        writer.close()
    if not answer.get("ok"):
        raise ValueError(answer.get("error", "The home hung up"))
    return answer


async def _answer(line: bytes, handle: Handle) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(line)
        answer: dict[str, Any] = {"ok": True}
        for item in request if isinstance(request, list) else [request]:
            answer |= await handle(parse_action(item)) or {}
    except (msgspec.DecodeError, ValueError) as err:
        return {"ok": False, "error": str(err)}
    return answer
