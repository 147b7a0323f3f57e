"""Profile files: read, checked, and explained when they are wrong."""

from collections.abc import Callable, Iterator, Mapping
import logging
from pathlib import Path
import re

import msgspec
import yaml

from hearthward.model.device import Device

from .layout import Layout
from .profile import Profile

_LOGGER = logging.getLogger(__name__)

# libyaml, where it is there, is ten times as fast at the hub's start; as safe it is.
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)

_OURS = Path(__file__).parent
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class ProfileError(Exception):
    """A profile file is wrong; the message names file, line and field and says what to do."""


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
    try:
        tree = yaml.load(text, Loader=_LOADER)
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
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for name, index in _STEP.findall(path):
        found = _child(node, name, index)
        if found is None:
            break
        key, node = found
        line = key.start_mark.line + 1
    return line


def _child(node: object, name: str, index: str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return key, value
    if isinstance(node, yaml.SequenceNode) and index.isdigit():
        child = node.value[int(index)]
        return child, child
    return None
