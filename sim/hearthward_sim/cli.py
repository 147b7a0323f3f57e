"""`hearthward sim …`: build, run scenarios, live in the simulated home.

This module is loaded with every `hearthward` command line, so it imports nothing heavy.
"""

import argparse
from pathlib import Path
import sys
import time
from typing import Any

OUTPUT = Path("artifacts") / "sim"


# argparse has no public name for what add_subparsers() returns.
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001


def register(commands: Commands) -> None:
    """Add `sim` to the commands of `hearthward`."""
    sim = commands.add_parser("sim", help="the simulated home")
    parts = sim.add_subparsers(required=True, metavar="COMMAND")
    _add_list(parts)
    _add_build(parts)
    _add_run(parts)
    _add_home(parts)
    _add_inject(parts)


def _add_list(parts: Commands) -> None:
    part = parts.add_parser("list", help="list the scenarios")
    part.set_defaults(run=_list)


def _add_build(parts: Commands) -> None:
    part = parts.add_parser(
        "build", help="compile the firmware of the nodes for this machine"
    )
    part.add_argument(
        "node", nargs="*", help="heater, care-button, sensor-node (default: all)"
    )
    part.set_defaults(run=_build)


def _add_run(parts: Commands) -> None:
    part = parts.add_parser("run", help="run scenarios and judge them")
    part.add_argument("name", nargs="+", help="scenario, or the path of its file")
    part.add_argument(
        "--report", action="store_true", help="write plots (PNG) and a page (HTML)"
    )
    part.add_argument(
        "--speed", type=float, help="run at most this many times faster than real time"
    )
    part.add_argument(
        "--out", type=Path, default=OUTPUT, help=f"where to write (default: {OUTPUT})"
    )
    part.set_defaults(run=_run)


def _add_home(parts: Commands) -> None:
    part = parts.add_parser("home", help="run plant and nodes until stopped")
    part.add_argument("--directory", type=Path, default=OUTPUT / "home")
    part.add_argument("--speed", type=float, default=1.0, help="1 is real time")
    part.add_argument(
        "--node", action="append", type=_node_port, metavar="NAME=PORT[:OTA_PORT]",
        help="a node and the ports of its API and its updates; may be repeated "
        "(default: heater=6053, care-button=6054, sensor-node=6055)",
    )  # fmt: skip
    part.add_argument(
        "--start",
        help="wall clock of the home, ISO 8601 (default: now; not at speed 1)",
    )
    part.add_argument("--seed", type=int, default=1)
    part.add_argument(
        "--with-parent", action="store_true", help="end when the parent process ends"
    )
    part.set_defaults(run=_home)


def _add_inject(parts: Commands) -> None:
    part = parts.add_parser("inject", help="do something to a running home")
    part.add_argument("--directory", type=Path, default=OUTPUT / "home")
    part.add_argument(
        "action", help='JSON, e.g. \'{"do": "window", "zone": "bathroom", "open": 1}\''
    )
    part.set_defaults(run=_inject)


def _node_port(text: str) -> tuple[str, int, int | None]:
    """Read `NAME=PORT[:OTA_PORT]`."""
    name, separator, ports = text.partition("=")
    api_port, _, ota_port = ports.partition(":")
    if not separator or not api_port.isdigit() or (ota_port and not ota_port.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' should look like 'heater=6053'")
    return name, int(api_port), int(ota_port) if ota_port else None


def _list(_: argparse.Namespace) -> None:
    from .parameters import load_home
    from .scenario import load_scenario, scenario_names

    timezone = load_home().timezone
    for name in scenario_names():
        scenario = load_scenario(name, timezone)
        days = scenario.length / 86400
        print(f"{name:24} {days:4.1f} days  {scenario.title}")


def _build(arguments: argparse.Namespace) -> None:
    from .build import NODES

    firmware = _firmware(tuple(arguments.node) or NODES)
    for name, path in firmware.programs.items():
        print(f"{name:8} {path}")


def _firmware(nodes: tuple[str, ...]) -> Any:
    from .build import NODES, BuildError, build

    unknown = [node for node in nodes if node not in NODES]
    if unknown:
        _fail(f"There is no node '{unknown[0]}'; there is {', '.join(NODES)}")
    shown = _Line()
    try:
        return build(shown.show, nodes)
    except BuildError as err:
        _fail(str(err))
    finally:
        shown.end()


def _run(arguments: argparse.Namespace) -> None:
    import asyncio

    firmware = _firmware(("heater",))
    broken = 0
    for name in arguments.name:
        broken += asyncio.run(_run_one(name, firmware, arguments))
    if broken:
        _fail(f"{broken} conditions do not hold")


async def _run_one(name: str, firmware: Any, arguments: argparse.Namespace) -> int:
    from .parameters import load_home
    from .run import run_scenario
    from .scenario import load_scenario
    from .verdict import judge_all

    home = load_home()
    try:
        scenario = load_scenario(name, home.timezone)
    except (ValueError, FileNotFoundError) as err:
        _fail(str(err))
    shown = _Line()
    started = time.monotonic()

    def progress(done: float) -> None:
        shown.show(f"{scenario.name}: {done:4.0%}")

    directory = arguments.out / scenario.name
    trace = await run_scenario(
        scenario, home, firmware, directory, progress, arguments.speed
    )
    shown.end()
    took = time.monotonic() - started
    print(f"{scenario.title}: {scenario.length / 86400:g} days in {took:.1f} s")
    findings = judge_all(scenario, trace)
    for finding in findings:
        print(
            f"  {'ok  ' if finding.holds else 'FAIL'} {finding.what}: {finding.worst}"
        )
        if not finding.holds:
            print(f"       {finding.why}")
    if arguments.report:
        from .report import write_report

        print(f"  report: {write_report(scenario, home, trace, findings, directory)}")
    return sum(not finding.holds for finding in findings)


def _home(arguments: argparse.Namespace) -> None:
    import asyncio
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .live import live_home
    from .parameters import load_home

    home = load_home()
    zone = ZoneInfo(home.timezone)
    start = datetime.now(zone)
    if arguments.start is not None:
        if arguments.speed == 1:
            _fail("At speed 1 the home has the machine's clock: leave out --start")
        start = datetime.fromisoformat(arguments.start)
        start = start.astimezone(zone) if start.tzinfo else start.replace(tzinfo=zone)
    ports = arguments.node or [
        ("heater", 6053, None), ("care-button", 6054, None), ("sensor-node", 6055, None)
    ]  # fmt: skip
    firmware = _firmware(tuple(name for name, _, _ in ports))
    asyncio.run(
        live_home(
            home,
            firmware,
            arguments.directory,
            ports,
            start=start,
            speed=arguments.speed,
            seed=arguments.seed,
            with_parent=arguments.with_parent,
        )
    )


def _inject(arguments: argparse.Namespace) -> None:
    import asyncio
    import json

    from .control import SOCKET, inject

    try:
        action = json.loads(arguments.action)
        answer = asyncio.run(inject(arguments.directory / SOCKET, action))
    except (ValueError, ConnectionError) as err:
        _fail(str(err))
    del answer["ok"]
    if answer:
        print(json.dumps(answer, indent=2))


class _Line:
    """A line that is written over on a terminal, and told once per message elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ""

    def show(self, text: str) -> None:
        if self._terminal:
            print(f"\r{text:78}", end="", file=sys.stderr, flush=True)
        elif text.rstrip("0123456789/% ") != self._shown.rstrip("0123456789/% "):
            print(text, file=sys.stderr, flush=True)
        self._shown = text

    def end(self) -> None:
        if self._terminal and self._shown:
            print(f"\r{'':78}\r", end="", file=sys.stderr, flush=True)


def _fail(message: str) -> Any:
    print(message, file=sys.stderr)
    sys.exit(1)
