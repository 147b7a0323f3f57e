"""Show what is going on while the demo gets ready."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import sys
import time

TURN = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ERASE_LINE = "\r\033[K"


@asynccontextmanager
async def step(what: str) -> AsyncIterator[None]:
    """Show one step: turning while it runs on a terminal, a plain line elsewhere."""
    begin = time.monotonic()
    spinner = asyncio.create_task(_spin(what, begin)) if sys.stdout.isatty() else None
    if spinner is None:
        _write(f"  {what} …\n")
    try:
        yield
    except BaseException:
        await _end(spinner, f"  ✗ {what}\n")
        raise
    await _end(spinner, f"  ✓ {what} ({time.monotonic() - begin:.1f} s)\n")


async def _spin(what: str, begin: float) -> None:
    turn = 0
    while True:
        seconds = time.monotonic() - begin
        _write(f"{ERASE_LINE}  {TURN[turn % len(TURN)]} {what} ({seconds:.0f} s)")
        turn += 1
        await asyncio.sleep(0.1)


async def _end(spinner: asyncio.Task[None] | None, line: str) -> None:
    if spinner is None:
        return
    spinner.cancel()
    with suppress(asyncio.CancelledError):
        await spinner
    _write(ERASE_LINE + line)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
