"""What a device shows right after a command tells whether it took it."""

import math

from hearthward.model.command import CommandBody
from hearthward.model.device import Point, PointKind
from hearthward.model.message import Observation

# A switch may rightly fall back at once, and a climate has its own mind.
_KEPT = (PointKind.NUMBER, PointKind.SELECT, PointKind.TEXT, PointKind.TIME)

_PRECISION = 1e-5


def refusal(
    point: Point, body: CommandBody, before: Observation | None, after: Observation
) -> str | None:
    """Say what a device kept instead of taking a value; None if it obeyed.

    A device that shows neither the old nor the new value has brought the new one into its
    own form: it rounded a number or put a schedule in order.
    """
    if point.kind not in _KEPT or point.mode == "password" or before is None:
        return None
    if (before.value, before.text) != (after.value, after.text):
        return None
    if point.kind is PointKind.NUMBER:
        if after.value is None or math.isclose(
            after.value,
            float(body.value or 0),
            rel_tol=_PRECISION,
            abs_tol=point.step or 0,
        ):
            return None
        kept = f"{after.value:g}"
    else:
        if after.text is None or after.text == body.value:
            return None
        kept = after.text
    return f"{point.name} does not take “{_shown(body)}”: the device kept “{kept}”"


def _shown(body: CommandBody) -> str:
    return f"{body.value:g}" if isinstance(body.value, float) else str(body.value)
