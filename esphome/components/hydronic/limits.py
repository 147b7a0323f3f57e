"""The ceilings of control/types.h, which configuration may lower and nothing may raise."""

from collections.abc import Callable
from pathlib import Path
import re
from typing import Any

import esphome.config_validation as cv

_TYPES = (Path(__file__).parent / "control" / "types.h").read_text(encoding="utf-8")


def _ceiling(name: str) -> float:
    match = re.search(rf"constexpr float {name} = ([\d.]+)f;", _TYPES)
    if match is None:
        raise RuntimeError(f"control/types.h does not define {name}")
    return float(match[1])


AIR_CEILING = _ceiling("AIR_CEILING")
FLOOR_CEILING = _ceiling("FLOOR_CEILING")
WATER_CEILING = _ceiling("WATER_CEILING")
COOLANT_LIMIT_CEILING = _ceiling("COOLANT_LIMIT_CEILING")
LOWEST_TARGET = _ceiling("LOWEST_TARGET")
HIGHEST_AIR_TARGET = _ceiling("HIGHEST_AIR_TARGET")


def below_ceiling(what: str, ceiling: float) -> Callable[[Any], float]:
    """Return a validator of a limit (°C) that refuses one above the ceiling."""

    def validate(value: Any) -> float:
        limit = cv.temperature(value)
        if not LOWEST_TARGET <= limit <= ceiling:
            raise cv.Invalid(
                f"The limit of {what} is {limit:g} °C, but it has to lie between "
                f"{LOWEST_TARGET:g} °C and {ceiling:g} °C. The upper bound is a "
                "safety ceiling: a configuration may lower it, nothing may raise it"
            )
        return limit

    return validate
