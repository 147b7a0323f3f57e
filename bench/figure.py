"""What a benchmark finds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
import math
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number, beside its peer's and its goal when it has them.

    The goal is the most that the ratio to the peer may be, or, without a peer, the value.
    """

    bench: str
    figure: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return how many times the peer's value ours is."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        measured = self.ratio if self.ratio is not None else self.value
        return measured <= self.goal

    def as_json(self) -> str:
        """Return the figure as one line of JSON."""
        fields: dict[str, Any] = asdict(self) | {"ratio": self.ratio, "met": self.met}
        order = ("bench", "figure", "value", "unit", "peer", "peer_value")
        return json.dumps(
            {name: _rounded(fields[name]) for name in (*order, "ratio", "goal", "met")}
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile (0 < percent ≤ 100) of the values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table to read."""
    rows: list[tuple[str, ...]] = [
        ("bench", "figure", "value", "peer", "ratio", "goal", "")
    ]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    peer = (
        f"{_number(figure.peer_value)} {figure.unit} ({figure.peer})"
        if figure.peer_value is not None
        else ""
    )
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    return (
        figure.bench,
        figure.figure,
        f"{_number(figure.value)} {figure.unit}",
        peer,
        "" if figure.ratio is None else _number(figure.ratio),
        "" if figure.goal is None else f"≤ {_number(figure.goal)}",
        verdict,
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
