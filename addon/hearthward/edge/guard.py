"""Run work beside the rest, so that its failure does not end the rest."""

from collections.abc import Coroutine
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)


async def guarded(what: str, work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; its failure is logged and goes no further than this task."""
    try:
        await work
    except Exception:
        _LOGGER.exception("%s failed", what)
