"""The names of the firmware's entities, which are the keys of the translations."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aioesphomeapi.object_id import compute_object_id
import pytest
import yaml

from .test_translations import ENTITIES

ROOT = Path(__file__).parents[2] / "esphome"

# What the hub makes of the kinds of ESPHome; the others are the same here and there.
KINDS = {"text_sensor": "sensor", "update": "binary_sensor"}

# Names that are put together from what a heater is built with.
SENSORS = ("Air", "Floor", "Water")
PLACEHOLDER = "${kind | capitalize}"
OWN_NAME = "${beacon_name}"


class Loader(yaml.SafeLoader):
    """Read ESPHome's YAML without regard to its tags."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def named(node: Any) -> Iterator[str]:
    """Yield the names of the entities in a part of the configuration."""
    if isinstance(node, list):
        for item in node:
            yield from named(item)
    elif isinstance(node, dict):
        if isinstance(name := node.get("name"), str):
            yield name
        for value in node.values():
            yield from named(value)


def entities() -> Iterator[tuple[str, str, str]]:
    """Yield file, platform and name of each entity of our firmware."""
    for file in sorted((ROOT / "packages").glob("*.yaml")):
        config = yaml.load(file.read_text(encoding="utf-8"), Loader) or {}
        for domain, part in config.items():
            platform = KINDS.get(domain, domain)
            if platform not in ENTITIES:
                continue
            for name in named(part):
                # Whoever owns a thing names it; there is nothing to translate.
                if OWN_NAME in name:
                    continue
                for sensor in SENSORS if PLACEHOLDER in name else ("",):
                    yield file.name, platform, name.replace(PLACEHOLDER, sensor)


@pytest.mark.parametrize(("file", "platform", "name"), entities())
def test_translated(file: str, platform: str, name: str) -> None:
    """Each entity of the firmware has a translation."""
    assert compute_object_id(name) in ENTITIES[platform].translated


def test_all_found() -> None:
    """The entities were found at all: the zone's climate and the events, for example."""
    found = {(platform, name) for _, platform, name in entities()}
    assert {
        ("climate", "Zone"),
        ("event", "Activity"),
        ("event", "Button"),
        ("sensor", "Air temperature"),
        ("sensor", "Trip reason"),
        ("text", "Schedule Sunday"),
    } <= found
