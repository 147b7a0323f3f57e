"""Build what the simulation runs: the firmware for ESPHome's host platform, and the preload.

Both end up in .cache/firmware and are built again only when something they are made from has
changed. The program before the last is kept beside the newest, so that an update over the air and
its way back can be tried.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import fcntl
from hashlib import sha256
import os
from pathlib import Path
import re
import shutil
import subprocess

import msgspec

SIM = Path(__file__).parents[1]
ROOT = SIM.parent
CACHE = ROOT / ".cache" / "firmware"
ESPHOME = ROOT / ".cache" / "firmware-venv" / "bin" / "esphome"
NODES = ("heater", "care-button", "sensor-node")
"""The nodes of the simulated home, named as their files in sim/firmware."""

_COMPONENTS = (ROOT / "esphome" / "components", SIM / "components")
_WORD = re.compile(r"[a-z0-9_]+")
_YAML_FILE = re.compile(r"[\w./-]+\.yaml")
_STEP = re.compile(r"^\[(\d+)/(\d+)\]")

type Tell = Callable[[str], None]


class BuildError(Exception):
    """The firmware cannot be built; the message says what to do."""


class Firmware(msgspec.Struct, frozen=True):
    """What was built: a program for each node, and the library to preload."""

    programs: dict[str, Path]
    preload: Path


def build(tell: Tell, nodes: tuple[str, ...] = NODES) -> Firmware:
    """Build what is missing or out of date for these nodes.

    Raises BuildError with the compiler's last words.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone():
        preload = _build_preload(tell)
        programs = {node: _build_program(node, tell) for node in nodes}
    return Firmware(programs, preload)


def build_other(node: str, source: Path, tell: Tell) -> Firmware:
    """Build a node that is not of the simulated home from a YAML that stands alone.

    Raises BuildError with the compiler's last words.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone():
        preload = _build_preload(tell)
        program = _compile(node, source, tell)
    return Firmware({node: program}, preload)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process build at a time; the others wait and then find everything done."""
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_preload(tell: Tell) -> Path:
    target = CACHE / "libvclock.so"
    sources = sorted((SIM / "vclock").glob("*.[ch]"))
    digest = _digest(sources, "")
    if _is_current(target, digest):
        return target
    tell("compiling the virtual clock")
    compiler = os.environ.get("CC", "cc")
    fresh = target.with_suffix(".new")
    _run(
        [
            compiler, "-std=gnu17", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC",
            "-o", str(fresh), *(str(path) for path in sources if path.suffix == ".c"),
            "-ldl",
        ],
        {},
        lambda line: None,
    )  # fmt: skip
    fresh.replace(target)
    _remember(target, digest)
    return target


def _build_program(node: str, tell: Tell) -> Path:
    source = SIM / "firmware" / f"{node}.yaml"
    if not source.exists():
        raise BuildError(f"There is no {source.relative_to(ROOT)}")
    return _compile(node, source, tell)


def _compile(node: str, source: Path, tell: Tell) -> Path:
    if not ESPHOME.exists():
        raise BuildError("ESPHome is not installed in this clone: run script/setup")
    directory = CACHE / node
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / "program"
    digest = _digest(_inputs(source), f"{node} {_esphome_version()}")
    if _is_current(target, digest):
        return target
    tell(f"compiling the firmware of {node}")
    data = directory / "esphome"

    def progress(line: str) -> None:
        if step := _STEP.match(line):
            tell(f"compiling the firmware of {node} {step[1]}/{step[2]}")

    _run(
        [str(ESPHOME), "compile", str(source)],
        {"ESPHOME_DATA_DIR": str(data), "PLATFORMIO_DISABLE_PROGRESSBAR": "1"},
        progress,
    )
    built = max(
        data.glob("build/*/.pioenvs/*/program"), key=lambda path: path.stat().st_mtime
    )
    fresh = directory / "program.new"
    shutil.copy2(built, fresh)
    if target.exists():
        target.replace(directory / "program.previous")
    fresh.replace(target)
    _remember(target, digest)
    return target


def _inputs(source: Path) -> list[Path]:
    """Return the files that a node is made from: its YAML, what that includes, its components.

    A component belongs to a node when its name stands in that YAML.
    """
    texts = _included(source)
    words = {word for text in texts.values() for word in _WORD.findall(text)}
    components = [
        path
        for top in _COMPONENTS
        for path in top.glob("*/**/*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(top).parts[0] in words
    ]
    return sorted({*texts, *components})


def _included(source: Path) -> dict[Path, str]:
    """Return a YAML file and all that it includes, with their texts."""
    texts: dict[Path, str] = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        texts[path] = path.read_text(encoding="utf-8")
        named = (path.parent / name for name in _YAML_FILE.findall(texts[path]))
        waiting += [
            each for other in named if (each := other.resolve()) not in texts
            and each.is_file()
        ]  # fmt: skip
    return texts


def _esphome_version() -> str:
    packages = ESPHOME.parents[1].glob("lib/*/site-packages/esphome-*.dist-info")
    return " ".join(sorted(path.name for path in packages))


def _digest(files: list[Path], extra: str) -> str:
    whole = sha256(extra.encode())
    for path in files:
        whole.update(os.path.relpath(path, ROOT).encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _stamp(target: Path) -> Path:
    return target.with_name(f"{target.name}.inputs")


def _is_current(target: Path, digest: str) -> bool:
    stamp = _stamp(target)
    return target.exists() and stamp.exists() and stamp.read_text() == digest


def _remember(target: Path, digest: str) -> None:
    _stamp(target).write_text(digest)


def _run(command: list[str], environment: dict[str, str], hear: Tell) -> None:
    last: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **environment},
    ) as process:
        for line in process.stdout or ():
            hear(line)
            last = [*last[-40:], line]
    if process.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed:\n{''.join(last)}")
