"""Let pytest build the native tests and run each doctest case as a test."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
import subprocess
import sys
from typing import override
from xml.etree import ElementTree as ET

import pytest

SOURCE = Path(__file__).parent
BUILD = SOURCE.parents[2] / ".cache" / "native"


class NativeTestFailed(pytest.Collector.CollectError):
    """The build or a doctest case failed; the text is what the program printed."""


def run(*command: str | Path) -> str:
    """Run a command and return its output; its output is the error if it fails."""
    result = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        raise NativeTestFailed(result.stdout)
    return result.stdout


@cache
def binary() -> Path:
    """Build all native tests; return the program."""
    tools = Path(sys.executable).parent
    run(
        tools / "cmake",
        *("-G", "Ninja", "-S", SOURCE, "-B", BUILD),
        f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}",
    )
    run(tools / "cmake", "--build", BUILD, "--parallel", "2")
    return BUILD / "native_tests"


class NativeItem(pytest.Item):
    """One doctest case."""

    @override
    def runtest(self) -> None:
        name = self.name.replace(",", "\\,")  # a bare comma separates filters
        output = run(binary(), f"--test-case={name}")
        if "test cases: 0" in output:
            raise NativeTestFailed(f"doctest finds no case of this name\n{output}")

    @override
    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        return str(excinfo.value)


class NativeFile(pytest.File):
    """The doctest cases of one source file."""

    @override
    def collect(self) -> Iterator[NativeItem]:
        listing = run(
            binary(),
            *(
                "--list-test-cases",
                "--reporters=xml",
                f"--source-file=*{self.path.name}",
            ),
        )
        for case in ET.fromstring(listing).iter("TestCase"):  # noqa: S314
            yield NativeItem.from_parent(self, name=case.attrib["name"])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> NativeFile | None:
    """Collect `test_*.cpp`."""
    if file_path.suffix == ".cpp" and file_path.name.startswith("test_"):
        return NativeFile.from_parent(parent, path=file_path)
    return None
