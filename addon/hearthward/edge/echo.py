"""What a device shows right after a command tells whether it took it."""

from datetime import UTC, datetime
import math

from hearthward.model.command import CommandBody
from hearthward.model.device import Point, PointKind
from hearthward.model.message import Observation

# A switch may rightly fall back at once, and a climate has its own mind.
_KEPT = (PointKind.NUMBER, PointKind.SELECT, PointKind.TEXT, PointKind.TIME)

_PRECISION = 1e-5


def refusal(point: Point, body: CommandBody, seen: Observation | None) -> str | None:
    """Say what a device kept instead of what it was asked to set; None if it obeyed."""
    if seen is None or point.kind not in _KEPT or point.mode == "password":
        return None
    if point.kind is PointKind.NUMBER:
        asked = float(body.value or 0)
        if seen.value is None or math.isclose(
            seen.value, asked, rel_tol=_PRECISION, abs_tol=point.step or 0
        ):
            return None
        kept = f"{seen.value:g}"
    else:
        if seen.text is None or _same(str(body.value), seen.text):
            return None
        kept = seen.text
    return f"{point.name} does not take “{_shown(body)}”: the device kept “{kept}”"


def _same(asked: str, kept: str) -> bool:
    """Tell whether two texts mean the same; a moment can be written in several ways."""
    if asked == kept:
        return True
    try:
        moments = [
            moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            for moment in map(datetime.fromisoformat, (asked, kept))
        ]
    except ValueError:
        return False
    return moments[0] == moments[1]


def _shown(body: CommandBody) -> str:
    return f"{body.value:g}" if isinstance(body.value, float) else str(body.value)
