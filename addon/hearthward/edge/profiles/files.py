"""Profile files: read, checked, and explained when they are wrong."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
import logging
from pathlib import Path
import re
from typing import Any

import msgspec

from hearthward.model.device import Device

from .layout import Layout
from .profile import Profile

_LOGGER = logging.getLogger(__name__)

_OURS = Path(__file__).parent
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class ProfileError(Exception):
    """A profile file is wrong; the message names file, line and field and says what to do."""


class Profiles(Mapping[str, Profile]):
    """The profiles of `load`, read when somebody asks for the first: most homes need none."""

    def __init__(
        self,
        folder: Path,
        known: Callable[[str], Device | None],
        bases: Mapping[str, str],
    ) -> None:
        """Take what `load` takes."""
        self._arguments = (folder, known, bases)

    def __getitem__(self, name: str) -> Profile:
        """Return a profile by its name."""
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self._found)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    @cached_property
    def _found(self) -> dict[str, Profile]:
        return load(*self._arguments)


def load(
    folder: Path,
    known: Callable[[str], Device | None] = lambda device: None,
    bases: Mapping[str, str] | None = None,
) -> dict[str, Profile]:
    """Return the profiles by name: those that come with the hub, and those in `folder`.

    One in `folder` replaces one of the same name. A wrong file there is told in the log and left
    out. `known` gives a device as the registry has it, `bases` what `{base}` stands for.
    """
    found: dict[str, Profile] = {}
    for file in _files(folder):
        try:
            layout = read(file)
            base = (bases or {}).get(layout.profile, layout.base)
            found[layout.profile] = make(file, layout, known, base)
        except ProfileError as error:
            if file.parent == _OURS:
                raise
            _LOGGER.error("A profile is left out: %s", error)
    return found


def read(file: Path) -> Layout:
    """Read one file.

    Raises:
        ProfileError: It is not a profile.

    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(
            f"{file}: make it a readable text file in UTF-8 ({error})"
        ) from None
    import yaml

    # libyaml, where it is there, is ten times as fast; as safe it is.
    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )
    try:
        tree = yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProfileError(
            f"{file}, line {line}: correct the YAML: {error.problem}"
        ) from None
    except yaml.YAMLError as error:
        raise ProfileError(f"{file}: correct the YAML: {error}") from None
    try:
        return msgspec.convert(tree, Layout)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        path = path.rstrip("`")
        raise ProfileError(_explain(file, text, path, reason)) from None


def check(file: Path) -> Profile:
    """Return the profile in one file.

    Raises:
        ProfileError: It is not one, or makes no sense.

    """
    layout = read(file)
    return make(file, layout, lambda device: None, layout.base)


def make(
    file: Path,
    layout: Layout,
    known: Callable[[str], Device | None],
    base: str | None,
) -> Profile:
    """Return the profile of a layout.

    Raises:
        ProfileError: A topic or a template in it makes no sense.

    """
    try:
        return Profile(layout, known, base)
    except ValueError as error:
        raise ProfileError(f"{file}: {error}") from None


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(_OURS.glob("*.yaml"))
    if folder.is_dir():
        yield from sorted(
            file for file in folder.iterdir() if file.suffix in {".yaml", ".yml"}
        )


def _explain(file: Path, text: str, path: str, reason: str) -> str:
    """Name the line and the field of a mistake."""
    if unknown := re.search(r"unknown field `(\w+)`", reason):
        path = f"{path}.{unknown[1]}"
        reason = f"there is no `{unknown[1]}` here: remove or correct it"
    field = path.removeprefix(".")
    where = f"{file}, line {_line(text, path)}"
    if field:
        return f"{where}, {field}: {reason[:1].lower()}{reason[1:]}"
    return f"{where}: {reason[:1].lower()}{reason[1:]}"


def _line(text: str, path: str) -> int:
    """Return the line in which a field of a YAML text begins."""
    import yaml

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for name, index in _STEP.findall(path):
        found = _child(node, name, index)
        if found is None:
            break
        key, node = found
        line = key.start_mark.line + 1
    return line


def _child(node: Any, name: str, index: str) -> tuple[Any, Any] | None:
    """Return a part of a YAML node and what names it."""
    if node.id == "mapping":
        for key, value in node.value:
            if key.value == name:
                return key, value
    if node.id == "sequence" and index.isdigit():
        child = node.value[int(index)]
        return child, child
    return None
