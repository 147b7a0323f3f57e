"""Programs under the virtual clock, with Python itself as the program."""

from collections.abc import Callable, Iterator
from pathlib import Path
import subprocess
import sys

import pytest

from hearthward_sim.build import Firmware
from hearthward_sim.clock import ClockListener, NodeClock, NodeStopped
from hearthward_sim.node import free_port

MONDAY = 1_800_000_000.0
type Start = Callable[..., tuple[subprocess.Popen[str], NodeClock]]


@pytest.fixture
def start(firmware: Firmware, tmp_path: Path) -> Iterator[Start]:
    """Return what starts a program under a virtual clock."""
    listener = ClockListener(tmp_path / "clock")
    running: list[subprocess.Popen[str]] = []

    def begin(
        code: str, *, now: float = 0.0, **environment: str
    ) -> tuple[subprocess.Popen[str], NodeClock]:
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env={
                "LD_PRELOAD": str(firmware.preload),
                "HEARTHWARD_CLOCK": str(tmp_path / "clock"),
                **environment,
            },
        )
        running.append(process)
        return process, listener.accept(now)

    yield begin
    for process in running:
        process.kill()
        process.communicate()
    listener.close()


def live(clock: NodeClock, until: float, wall: float = MONDAY) -> None:
    """Grant time and see it used up."""
    clock.grant(until, wall)
    clock.finish()


def live_on(clock: NodeClock, since: float) -> None:
    """Grant an hour after the other."""
    for hour in range(1, 1000):
        live(clock, since + hour * 3600.0)


def the_end(process: subprocess.Popen[str], clock: NodeClock, until: float) -> str:
    """Grant the rest of a program's time and return what it printed."""
    with pytest.raises(NodeStopped):
        live_on(clock, until)
    return process.communicate(timeout=30)[0]


def test_a_day_passes_only_as_granted(start: Start) -> None:
    """It sleeps ten hours in no time, but not a second more than it was granted."""
    process, clock = start(
        "import time\n"
        "a, m = time.time(), time.monotonic()\n"
        "time.sleep(36000)\n"
        "print(time.time() - a, time.monotonic() - m)"
    )
    live(clock, 35000.0)
    assert process.poll() is None
    assert the_end(process, clock, 35000.0) == "36000.0 36000.0\n"


def test_the_wall_clock_is_what_the_simulator_says(start: Start) -> None:
    """Right at first, lost (1970) in the middle, and right again."""
    process, clock = start(
        "import time\n"
        "for _ in range(3):\n"
        "    print(round(time.time()))\n"
        "    time.sleep(100)\n",
        now=1000.0,
    )
    live(clock, 1050.0)
    live(clock, 1150.0, wall=0.0)
    assert the_end(process, clock, 1150.0) == (
        f"{MONDAY + 1000:.0f}\n1100\n{MONDAY + 1200:.0f}\n"
    )


def test_a_program_cannot_set_any_clock(start: Start) -> None:
    """Run as root it could change the machine's; the library forbids it."""
    process, clock = start(
        "import time\n"
        "try:\n"
        "    time.clock_settime(time.CLOCK_REALTIME, 0)\n"
        "except PermissionError:\n"
        "    print('refused')\n"
    )
    assert the_end(process, clock, 0.0) == "refused\n"


def test_a_program_that_spins_moves_too(start: Start) -> None:
    """A loop that waits for the time without sleeping comes to its end."""
    process, clock = start(
        "import time\n"
        "end = time.monotonic() + 0.005\n"
        "while time.monotonic() < end: pass\n"
        "print('through')"
    )
    assert the_end(process, clock, 0.0) == "through\n"


def test_the_outside_is_heard_at_the_beginning_of_a_grant(start: Start) -> None:
    """What was sent before a grant is read before time moves."""
    port = free_port()
    process, clock = start(
        "import select, socket, time\n"
        "s = socket.socket()\n"
        "s.bind(('0.0.0.0', 6053))\n"
        "s.listen()\n"
        "print(s.getsockname(), flush=True)\n"
        "select.select([s], [], [], 1000)\n"
        "print(round(time.monotonic(), 1), flush=True)\n",
        HEARTHWARD_API_PORT=str(port),
    )
    assert process.stdout is not None
    live(clock, 500.0)
    assert process.stdout.readline() == f"('127.0.0.1', {port})\n"
    poke = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import socket; socket.create_connection(('127.0.0.1', {port})).close()",
        ],
        check=False,
    )
    assert poke.returncode == 0
    # A program starts at 0.1 s of its own clock.
    assert the_end(process, clock, 500.0) == "500.1\n"


def test_chance_is_the_same_for_the_same_seed(start: Start) -> None:
    """ESPHome reads /dev/urandom through fopen(), as this program does."""
    code = (
        "import ctypes\n"
        "c = ctypes.CDLL(None)\n"
        "c.fopen.restype = ctypes.c_void_p\n"
        "f = c.fopen(b'/dev/urandom', b'r')\n"
        "b = ctypes.create_string_buffer(16)\n"
        "c.fread.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, "
        "ctypes.c_void_p)\n"
        "print(c.fread(b, 1, 16, f), b.raw.hex())\n"
    )
    drawn = []
    for seed in ("7", "7", "8"):
        process, clock = start(code, HEARTHWARD_SEED=seed)
        drawn.append(the_end(process, clock, 0.0))
    assert drawn[0].startswith("16 ")
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_its_clock_a_program_ends_as_on_sigterm(start: Start) -> None:
    """It may still save what it has."""
    process, clock = start(
        "import signal, sys, time\n"
        "def save(*_):\n"
        "    time.sleep(5)\n"
        "    print('saved', flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "while True: time.sleep(60)\n"
    )
    live(clock, 600.0)
    clock.close()
    assert process.communicate(timeout=30)[0] == "saved\n"
    assert process.returncode == 0
