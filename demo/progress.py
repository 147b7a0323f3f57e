"""Show what is going on while the demo gets ready."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import shutil
import sys
import time

TURN = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ERASE_LINE = "\r\033[K"


class Step:
    """A step that is under way; `detail` is shown behind it on a terminal."""

    def __init__(self) -> None:
        """Begin without a detail."""
        self.begin = time.monotonic()
        self.detail = ""

    def tell(self, detail: str) -> None:
        """Show what the step is doing right now."""
        self.detail = detail


@asynccontextmanager
async def step(what: str) -> AsyncIterator[Step]:
    """Show one step: turning while it runs on a terminal, a plain line elsewhere."""
    shown = Step()
    spinner = asyncio.create_task(_spin(what, shown)) if sys.stdout.isatty() else None
    if spinner is None:
        _write(f"  {what} …\n")
    try:
        yield shown
    except BaseException:
        await _end(spinner, f"  ✗ {what}\n")
        raise
    await _end(spinner, f"  ✓ {what} ({time.monotonic() - shown.begin:.1f} s)\n")


async def _spin(what: str, shown: Step) -> None:
    turn = 0
    while True:
        seconds = time.monotonic() - shown.begin
        line = f"  {TURN[turn % len(TURN)]} {what} ({seconds:.0f} s) {shown.detail}"
        _write(ERASE_LINE + line[: shutil.get_terminal_size().columns - 1])
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
