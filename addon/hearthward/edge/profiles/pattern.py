"""Topics with named parts, fields by path, and templates."""

from collections.abc import Callable, Mapping
import re

_PART = re.compile(r"\{(\w+)(\.\.\.)?\}")
_NAMED = re.compile(r"\{([\w.]+)\}")
_PLAIN = re.compile(r"[^\w-]+")

MISSING: object = object()


class Pattern:
    """A topic whose named parts stand for levels: `{base}/{system}/{device}/data`.

    `{name}` is one level, `{name...}` one or more. `filter` is the subscription that covers it.
    """

    def __init__(self, text: str, base: str | None) -> None:
        """Put `base` in its place.

        Raises:
            ValueError: It is no topic pattern; the message says what is wrong.

        """
        if "{base}" in text and not base:
            raise ValueError("{base} is used, but the profile has no `base`")
        text = text.replace("{base}", base or "")
        levels = text.split("/")
        for level in levels:
            if not level or set(level) & set("+#"):
                raise ValueError(
                    f"{text!r}: a level is text or one {{name}}, without + and #"
                )
            if "{" in level and _PART.fullmatch(level) is None:
                raise ValueError(f"{text!r}: {level!r} must be {{name}} alone")
        self.text = text
        self.filter = _filter(levels)
        self._expression = re.compile("/".join(_expression(level) for level in levels))

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the named parts of a topic; None if it is another one."""
        found = self._expression.fullmatch(topic)
        return None if found is None else found.groupdict()


def _filter(levels: list[str]) -> str:
    wild: list[str] = []
    for level in levels:
        part = _PART.fullmatch(level)
        if part is None:
            wild.append(level)
        elif part[2]:
            return "/".join([*wild, "#"])
        else:
            wild.append("+")
    return "/".join(wild)


def _expression(level: str) -> str:
    part = _PART.fullmatch(level)
    if part is None:
        return re.escape(level)
    return f"(?P<{part[1]}>.+)" if part[2] else f"(?P<{part[1]}>[^/]+)"


def at(payload: object, path: str) -> object:
    """Return the field at a path of a payload, or MISSING.

    A field whose own name has the dots is found first, as EcoFlow's `bmsMaster.soc`.
    """
    if not isinstance(payload, dict):
        return MISSING
    if path in payload:
        return payload[path]
    head, dot, rest = path.partition(".")
    return at(payload.get(head, MISSING), rest) if dot else MISSING


def names(template: str) -> list[str]:
    """Return the names in a template."""
    return _NAMED.findall(template)


def fill(template: str, parts: Mapping[str, str], payload: object) -> str | None:
    """Return a template with its names replaced; None if one of them is not there."""
    missing = False

    def value(name: re.Match[str]) -> str:
        nonlocal missing
        found = parts.get(name[1], MISSING)
        if found is MISSING:
            found = at(payload, name[1])
        if found is MISSING or found is None:
            missing = True
            return ""
        return str(found)

    text = _NAMED.sub(value, template)
    return None if missing else text


def slug(text: str) -> str:
    """Return text as the hub writes the ids of devices and points: `living_room`."""
    return _PLAIN.sub("_", text.casefold()).strip("_-")[:63]


def wildcard(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Return the test for a field's name in which `*` stands for any text."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.compile("(.+)".join(parts)).fullmatch
