"""Data flows one way: a package of the hub imports only from floors below its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HUB = Path(__file__).parents[2] / "addon" / "hearthward"
FLOORS = (
    "model",
    "config",
    "lifelog",
    "security",
    "home",
    "edge",
    "heating",
    "ops",
    "api",
    "hub",
    "local",
    "publish",
    "cli",
)
"""Ground floor first, as in CONTRIBUTING.md."""


def imports(file: Path) -> Iterator[str]:
    """Yield the full names of what a module of the hub imports from the hub."""
    package = ("hearthward", *file.relative_to(HUB).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_every_package_has_a_floor() -> None:
    """A new package finds its place first."""
    packages = {
        entry.stem for entry in HUB.iterdir() if entry.stem not in {"__init__", "py"}
    }
    assert packages - {"__pycache__"} <= set(FLOORS)


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_go_down(floor: str) -> None:
    """No module knows one of a floor above it."""
    place = HUB / floor
    files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    upward = {
        f"{file.relative_to(HUB)} imports {name}"
        for file in files
        for name in imports(file)
        if name.split(".")[0] == "hearthward" and name.split(".")[1] in above
    }
    assert not upward
