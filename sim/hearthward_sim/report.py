"""A run as pictures (PNG) and as one page (HTML) that needs nothing beside it."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

from .parameters import Home, Room, Zone
from .scenario import Scenario
from .trace import Trace
from .verdict import Finding, moment
from .weather import DAY, HOUR

mpl.use("Agg")

INK, PAPER, GRID = "#26323a", "#ffffff", "#e3e8ea"
WARM, COOL, FLOOR, WATER = "#d9602b", "#3d7ea6", "#a8763e", "#2b8c8c"
GOOD, BAD, FAINT = "#3b8a4c", "#c0392b", "#9aa6ac"
# More points than pixels only slow the drawing down.
MOST_POINTS = 4000
MOST_MARKS = 14
WIDTH = 13.0
_STYLE: dict[Any, Any] = {
    "font.size": 9.5,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "figure.facecolor": PAPER,
}

type Times = NDArray[np.floating]


def write_report(
    scenario: Scenario,
    home: Home,
    trace: Trace,
    findings: list[Finding],
    directory: Path,
) -> Path:
    """Write temperatures.png, machine.png and report.html; return the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, bytes] = {}
    with mpl.rc_context(_STYLE):
        for name, figure in (
            ("temperatures", _temperatures(home, trace)),
            ("machine", _machine(home, trace)),
        ):
            buffer = BytesIO()
            figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
            pictures[name] = buffer.getvalue()
            (directory / f"{name}.png").write_bytes(pictures[name])
    page = directory / "report.html"
    page.write_text(_page(scenario, trace, findings, pictures), encoding="utf-8")
    return page


def _temperatures(home: Home, trace: Trace) -> Figure:
    figure = Figure(figsize=(WIDTH, 2.6 * (len(home.zone) + 1)), layout="constrained")
    axes = figure.subplots(len(home.zone) + 1, 1, sharex=True)
    for axis, zone in zip(axes, home.zone, strict=False):
        _draw_zone(axis, zone, trace)
    outside = axes[-1]
    outside.set_title("Outside")
    outside.plot(*_thinned(trace, "outside"), color=COOL, label="air")
    outside.axhline(0.0, color=FAINT, linewidth=0.8)
    outside.set_ylabel("°C")
    _label_days(outside, trace)
    _mark(figure, axes, trace)
    return figure


def _draw_zone(axis: Axes, zone: Zone, trace: Trace) -> None:
    axis.set_title(_title(zone))
    axis.set_ylabel("°C")
    if isinstance(zone, Room):
        axis.plot(*_thinned(trace, f"{zone.id}.air"), color=WARM, label="air")
        axis.plot(*_thinned(trace, f"{zone.id}.floor"), color=FLOOR, label="floor")
        _shade(axis, trace, f"{zone.id}.window", COOL, "window open")
    else:
        axis.plot(*_thinned(trace, f"{zone.id}.water"), color=WATER, label="water")
    targets = _targets(zone, trace)
    if targets:
        at, target = zip(*targets, strict=True)
        axis.step(
            [*(when / HOUR for when in at), trace.length / HOUR], [*target, target[-1]],
            where="post", color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label="target",
        )  # fmt: skip
    _add_legend(axis)


def _targets(zone: Zone, trace: Trace) -> list[tuple[float, float]]:
    """Return what a zone was told to reach, NaN while it is off."""
    targets = []
    for said in trace.point(f"{zone.id}.zone"):
        body = said.observation.body or {}
        target = body.get("target_temperature")
        if not isinstance(target, int | float) or body.get("mode") == "off":
            target = np.nan
        targets.append((said.at, float(target)))
    return targets


def _machine(home: Home, trace: Trace) -> Figure:
    figure = Figure(figsize=(WIDTH, 9.0), layout="constrained")
    heat, coolant, valves, rest = figure.subplots(
        4, 1, sharex=True, height_ratios=(2, 2, 2, 1.4)
    )
    heat.set_title("Burner")
    times, power = _thinned(trace, "burner_heat")
    heat.fill_between(times, power / 1000.0, color=WARM, alpha=0.75, linewidth=0)
    heat.set_ylabel("kW")
    coolant.set_title("Coolant and flow")
    coolant.plot(*_thinned(trace, "coolant"), color=WARM, label="coolant °C")
    coolant.set_ylabel("°C")
    flow = coolant.twinx()
    flow.grid(visible=False)
    flow.plot(*_thinned(trace, "flow"), color=COOL, linewidth=0.8, label="flow L/min")
    flow.set_ylabel("L/min")
    flow.set_ylim(0, home.pump.flow * 1.6)
    valves.set_title("Valves")
    for zone, color in zip(home.zone, (WARM, FLOOR, WATER, COOL, INK), strict=False):
        times, opening = _thinned(trace, f"{zone.id}.valve")
        valves.plot(
            times, opening * 100.0, color=color, label=_title(zone), linewidth=1.0
        )
    valves.set_ylabel("% open")
    valves.set_ylim(-3, 104)
    _add_legend(valves)
    rest.set_title("Pump, fan and heat dump")
    for row, column in enumerate(("dump", "fan", "pump")):
        times, level = _thinned(trace, column)
        rest.fill_between(
            times, row, row + 0.8 * np.clip(level, 0, 1), color=COOL, linewidth=0
        )
    rest.set_yticks([0.4, 1.4, 2.4], ["dump", "fan", "pump"])
    rest.set_ylim(0, 3)
    _label_days(rest, trace)
    _mark(figure, (heat, coolant, valves, rest), trace)
    return figure


def _thinned(trace: Trace, column: str) -> tuple[Times, Times]:
    """Return hours and values, fewer of them; every extreme of a stretch is kept."""
    times, values = trace.times() / HOUR, trace.series(column)
    stretch = 2 * len(values) // MOST_POINTS
    if stretch < 3:
        return times, values
    whole = len(values) // stretch * stretch
    rows = values[:whole].reshape(-1, stretch)
    both = np.sort(np.stack([rows.argmin(axis=1), rows.argmax(axis=1)], axis=1), axis=1)
    kept = (both + np.arange(len(rows))[:, None] * stretch).ravel()
    return times[kept], values[kept]


def _shade(axis: Axes, trace: Trace, column: str, color: str, label: str) -> None:
    times, values = _thinned(trace, column)
    axis.fill_between(
        times, 0, 1, where=(values > 0.02).tolist(), transform=axis.get_xaxis_transform(),
        color=color, alpha=0.18, linewidth=0, label=label,
    )  # fmt: skip


def _label_days(axis: Axes, trace: Trace) -> None:
    hours = trace.length / HOUR
    every = next(step for step in (2, 3, 6, 12, 24, 48) if hours / step <= 16)
    ticks = np.arange(0.0, hours + 0.1, every)
    axis.set_xticks(ticks, [_tick(float(tick)) for tick in ticks])
    axis.set_xlim(0, hours)


def _tick(hours: float) -> str:
    day, clock = divmod(hours, DAY / HOUR)
    return f"day {day + 1:.0f}" if clock == 0 else f"{clock:02.0f}:00"


def _mark(figure: Figure, axes: Sequence[Axes], trace: Trace) -> None:
    """Mark what happened with numbered lines, and say below what they are."""
    happened = [item for item in _happened(trace) if not item[1].startswith("command")]
    lines = []
    numbers: dict[float, list[str]] = {}
    for number, (at, text) in enumerate(happened[:MOST_MARKS], start=1):
        # Marks nearer than a digit's width share a place.
        place = round(at / trace.length, 2) * trace.length / HOUR
        numbers.setdefault(place, []).append(str(number))
        lines.append(f"{number}  {moment(at)}  {text}")
        for axis in axes:
            axis.axvline(at / HOUR, color=FAINT, linewidth=0.7, linestyle=":")
    for place, names in numbers.items():
        axes[0].annotate(
            ", ".join(names), (place, 1.0), xycoords=axes[0].get_xaxis_transform(),
            va="top", ha="left", fontsize=7.5, color=INK,
        )  # fmt: skip
    if lines:
        figure.supxlabel(
            "\n".join(lines), x=0.01, ha="left", fontsize=7.5, linespacing=1.5
        )


def _happened(trace: Trace) -> list[tuple[float, str]]:
    """Return what was done and the node's own events, in order."""
    said = [
        (said.at, f"the node says: {said.observation.text}")
        for said in trace.point("heater")
        if said.observation.text
    ]
    return sorted([(done.at, done.text) for done in trace.done] + said)


def _add_legend(axis: Axes) -> None:
    axis.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, fontsize=8.5,
        borderaxespad=0.1,
    )  # fmt: skip


def _title(zone: Zone) -> str:
    return zone.id.replace("_", " ").capitalize()


def _days(scenario: Scenario) -> str:
    days = scenario.length / DAY
    return "one day" if days == 1 else f"{days:g} days"


_CSS = """
body{font:16px/1.5 system-ui,sans-serif;color:#26323a;background:#f5f7f8;margin:0}
main{max-width:1100px;margin:auto;padding:2rem 1.2rem}
h1{margin:0 0 .2rem}p.about{margin:.2rem 0 1.4rem;color:#56646c}
section{background:#fff;border-radius:12px;padding:1rem 1.3rem;margin:1rem 0;
box-shadow:0 1px 4px #0001}
table{border-collapse:collapse;width:100%;font-size:14px}
td,th{padding:.35rem .6rem;text-align:left;vertical-align:top;border-top:1px solid #e3e8ea}
th{border:0;color:#56646c;font-weight:600}
.ok{color:#3b8a4c;font-weight:700}.bad{color:#c0392b;font-weight:700}
small{color:#7a878e}img{width:100%;height:auto}
"""


def _page(
    scenario: Scenario,
    trace: Trace,
    findings: list[Finding],
    pictures: dict[str, bytes],
) -> str:
    failed = sum(not finding.holds for finding in findings)
    verdict = (
        f'<span class="bad">{failed} of {len(findings)} conditions do not hold</span>'
        if failed
        else f'<span class="ok">all {len(findings)} conditions hold</span>'
    )
    rows = "".join(
        f'<tr><td class="{"ok" if f.holds else "bad"}">{"✓" if f.holds else "✗"}</td>'
        f"<td>{escape(f.what)}<br><small>{escape(f.why)}</small></td>"
        f"<td>{escape(f.worst)}</td></tr>"
        for f in findings
    )
    images = "".join(
        f'<section><img alt="{name}" src="data:image/png;base64,'
        f'{b64encode(data).decode()}"></section>'
        for name, data in pictures.items()
    )
    events = "".join(
        f"<tr><td>{moment(at)}</td><td>{escape(text)}</td></tr>"
        for at, text in _happened(trace)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{escape(scenario.title)}</title>"
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_CSS}</style><main><h1>{escape(scenario.title)}</h1>"
        f'<p class="about">{escape(scenario.about)}</p>'
        f"<p>{_days(scenario)} from {scenario.start:%A %d %B %Y}: {verdict}.</p>"
        "<section><table><tr><th></th><th>What must hold</th><th>Worst seen</th></tr>"
        f"{rows}</table></section>{images}"
        f"<section><table><tr><th>When</th><th>What happened</th></tr>{events}</table>"
        "</section></main></html>"
    )
