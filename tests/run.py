"""Run the tests part by part and sum up: `script/test [PART…] [pytest options]`.

Each part is a process of its own: Home Assistant's fixtures must not reach the others. A part's log, its JUnit report
and what its tests keep (pictures, plots) are in `artifacts/<part>/`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import takewhile
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import threading
import time
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
ARTIFACTS = ROOT / "artifacts"
PART_TIMEOUT = 20 * 60.0
"""Seconds after which a part is ended and counted as failed."""
RUNNING: set[int] = set()
"""The process groups of the parts that run."""
NO_TESTS = 5
"""pytest's exit code for a run that collected nothing."""
TWO_WORKERS = ("-n", "2", "--dist", "worksteal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Folders of tests and how pytest runs them; `beside` the other parts, if it may."""

    what: str
    paths: tuple[str, ...]
    options: tuple[str, ...] = ()
    beside: bool = False


PARTS = {
    "native": Part(
        what="control logic, natively compiled", paths=("tests/firmware/native",)
    ),
    "firmware": Part(
        what="the firmware in the simulated home",
        paths=("tests/firmware/scenarios", "tests/firmware/esphome"),
        options=TWO_WORKERS,
        beside=True,
    ),
    "hub": Part(what="the hub", paths=("tests/hub",), options=TWO_WORKERS),
    "contract": Part(
        what="the API against its OpenAPI document", paths=("tests/contract",)
    ),
    "integration": Part(
        what="the integration inside Home Assistant",
        paths=("tests/integration",),
        options=(
            *TWO_WORKERS,
            "-p",
            "homeassistant",
            "--cov=custom_components.hearthward",
            "--cov-report=term",
            "--cov-fail-under=95",
        ),
    ),
    "e2e": Part(
        what="firmware, hub, Home Assistant and a browser", paths=("tests/e2e",)
    ),
    "faults": Part(what="kills, cuts and restarts", paths=("tests/faults",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a part came to; `problem` says why where it is not a test that failed."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    problem: str = ""

    def counts(self) -> str:
        """Word the counts as pytest does."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def read_report(report: Path) -> tuple[int, int, int]:
    """Count passed, failed and skipped tests of a JUnit report; none if it is missing."""
    if not report.exists():
        return 0, 0, 0
    passed = failed = skipped = 0
    # Our own test run wrote it.
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def explain(code: int, failed: int, timed_out: bool) -> str:
    """Say why a part failed where no test says so."""
    if timed_out:
        return f"ended after {PART_TIMEOUT / 60:.0f} minutes"
    if code == NO_TESTS:
        return "no test was found"
    if code and not failed:
        return f"pytest ended with code {code}"
    return ""


def execute(command: Sequence[str], log: Path | None) -> tuple[int, bool]:
    """Run a command in a process group of its own; return its code and whether it ran out of time."""
    output = log.open("wb") if log else None
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
    )
    timed_out = threading.Event()

    def end() -> None:
        timed_out.set()
        os.killpg(process.pid, signal.SIGTERM)

    timer = threading.Timer(PART_TIMEOUT, end)
    timer.start()
    RUNNING.add(process.pid)
    try:
        code = process.wait()
    finally:
        RUNNING.discard(process.pid)
        timer.cancel()
        if output:
            output.close()
    return code, timed_out.is_set()


def run_part(name: str, extra: Sequence[str]) -> Outcome:
    """Run one part; with extra pytest options its output is shown, else it is kept in a log."""
    part = PARTS[name]
    folder = ARTIFACTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = folder / "junit.xml"
    log = None if extra else folder / "log.txt"
    command = (
        sys.executable,
        *("-m", "pytest", *part.paths, f"--junitxml={report}", "--durations=5"),
        *part.options,
        *extra,
    )
    started = time.monotonic()
    code, timed_out = execute(command, log)
    passed, failed, skipped = read_report(report)
    problem = explain(code, failed, timed_out)
    if log and code:
        sys.stdout.write(log.read_text(errors="replace"))
    return Outcome(
        passed=passed,
        failed=failed + bool(problem),
        skipped=skipped,
        seconds=time.monotonic() - started,
        problem=problem,
    )


def run_parts(names: Sequence[str], extra: Sequence[str]) -> dict[str, Outcome]:
    """Run parts; those that mostly wait for processes run beside the simulated home's."""
    outcomes: dict[str, Outcome] = {}
    stopped = threading.Event()

    def run(lane: Sequence[str]) -> None:
        for name in lane:
            if stopped.is_set():
                return
            print(f"{name}: {PARTS[name].what} …", flush=True)
            outcome = outcomes[name] = run_part(name, extra)
            problem = f" ({outcome.problem})" if outcome.problem else ""
            took = duration(outcome.seconds)
            print(f"{name}: {outcome.counts()}{problem} in {took}", flush=True)

    # With options the output is shown as it comes, so nothing runs beside it.
    beside = [name for name in names if PARTS[name].beside and not extra]
    lanes = (beside, [name for name in names if name not in beside])
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(run, lane) for lane in lanes]
        try:
            wait(runs)
        except KeyboardInterrupt:
            stopped.set()
            for group in tuple(RUNNING):
                os.killpg(group, signal.SIGINT)
            raise
        for done in runs:
            done.result()
    return outcomes


def duration(seconds: float) -> str:
    """Word a duration in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def total(outcomes: Sequence[Outcome]) -> Outcome:
    """Add outcomes up."""
    return Outcome(
        passed=sum(outcome.passed for outcome in outcomes),
        failed=sum(outcome.failed for outcome in outcomes),
        skipped=sum(outcome.skipped for outcome in outcomes),
        seconds=sum(outcome.seconds for outcome in outcomes),
    )


def main() -> int:
    """Run the parts that were asked for, all by default; return 1 if anything failed."""
    arguments = sys.argv[1:]
    names = list(takewhile(lambda word: not word.startswith("-"), arguments))
    extra = arguments[len(names) :]
    if unknown := set(names) - set(PARTS):
        sys.exit(f"no such part: {', '.join(unknown)} (parts: {', '.join(PARTS)})")

    names = names or list(PARTS)
    started = time.monotonic()
    outcomes = run_parts(names, extra)

    print(f"\n{'part':<13}{'passed':>7}{'failed':>8}{'skipped':>9}{'time':>14}")
    for name in names:
        outcome = outcomes[name]
        print(
            f"{name:<13}{outcome.passed:>7}{outcome.failed:>8}{outcome.skipped:>9}"
            f"{duration(outcome.seconds):>14}"
        )
    result = total(list(outcomes.values()))
    seconds = time.monotonic() - started
    print(f"\nin {duration(seconds)}; logs, reports and pictures: artifacts/")
    print(result.counts())
    return bool(result.failed)


if __name__ == "__main__":
    sys.exit(main())
