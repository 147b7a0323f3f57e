"""Every word in every language, and nothing but what is used."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

import pytest
import yaml

from custom_components import hearthward
from custom_components.hearthward import (
    binary_sensor,
    button,
    climate,
    event,
    number,
    select,
    sensor,
    switch,
    text,
    time,
)
from custom_components.hearthward.dead_letter_services import REASONS
from custom_components.hearthward.entity import HearthwardEntity
from custom_components.hearthward.issues import (
    ISSUE_BROKER,
    ISSUE_DEAD_LETTERS,
    ISSUE_PENDING,
    ISSUE_PROBLEM,
    ISSUE_STORAGE,
    PROBLEMS,
)
from custom_components.hearthward.lifelog_services import KINDS
from custom_components.hearthward.media_source import FOLDERS
from custom_components.hearthward.sensor import HUB_SENSORS, WORDS

from . import devices

FOLDER = Path(hearthward.__file__).parent
LANGUAGES = ("de", "es", "fr", "ja", "zh-Hans")

ENTITIES: dict[str, type[HearthwardEntity]] = {
    "binary_sensor": binary_sensor.HearthwardBinarySensor,
    "button": button.HearthwardButton,
    "climate": climate.HearthwardClimate,
    "event": event.HearthwardEvent,
    "number": number.HearthwardNumber,
    "select": select.HearthwardSelect,
    "sensor": sensor.HearthwardSensor,
    "switch": switch.HearthwardSwitch,
    "text": text.HearthwardText,
    "time": time.HearthwardTime,
}

# What the hub says of itself.
HUB_ENTITIES: dict[str, set[str]] = {
    "binary_sensor": {binary_sensor.STORAGE_PROBLEM.key},
    "sensor": {description.key for description in HUB_SENSORS},
    "switch": {switch.PRIVACY_MODE.key},
}


def translated(platform: str) -> set[str]:
    """Return what has a name on a platform."""
    return {*ENTITIES[platform].translated, *HUB_ENTITIES.get(platform, ())}


def load(language: str) -> dict[str, Any]:
    """Return the translations of a language."""
    file = FOLDER / "translations" / f"{language}.json"
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def flat(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text with its key."""
    for key, value in node.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from flat(value, here)
        else:
            yield here, value


def placeholders(words: str) -> set[str]:
    """Return the placeholders of a text."""
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


ENGLISH = dict(flat(load("en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_complete(language: str) -> None:
    """Each language has all the texts, each with the placeholders of the English one."""
    texts = dict(flat(load(language)))
    assert texts.keys() == ENGLISH.keys()
    for key, words in texts.items():
        assert words.strip(), key
        assert placeholders(words) == placeholders(ENGLISH[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_translated(language: str) -> None:
    """A language is not English: few texts are the same in both."""
    same = [key for key, words in flat(load(language)) if words == ENGLISH[key]]
    assert len(same) < len(ENGLISH) / 10


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_links(language: str) -> None:
    """Links and markup belong into placeholders, where translators cannot break them."""
    for key, words in flat(load(language)):
        assert not re.search(r"https?://|<[a-z/]", words), key


def test_entity_names() -> None:
    """Each object id of our own firmware has a name, and each name an object id."""
    names = load("en")["entity"]
    for platform in ENTITIES:
        assert translated(platform) == set(names.get(platform, {})), platform


def test_contract() -> None:
    """Each point of our own devices has a name."""
    for body in (devices.heater(), devices.care_button(), devices.sensor_node()):
        for point in body.points:
            assert point.object_id in ENTITIES[point.kind].translated, point.id


def test_states() -> None:
    """Each word that a text sensor or an event may say is translated."""
    names = load("en")["entity"]
    for object_id, words in WORDS.items():
        assert set(names["sensor"][object_id]["state"]) == set(words)
    for body in (devices.heater(), devices.care_button()):
        for point in body.points:
            if point.kind == "event":
                attributes = names["event"][point.object_id]["state_attributes"]
                assert set(attributes["event_type"]["state"]) == set(point.options)


def test_icons() -> None:
    """Each icon belongs to something, and what Home Assistant has no icon for has one."""
    icons = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))
    for platform, of_platform in icons["entity"].items():
        assert set(of_platform) <= translated(platform), platform
    english = load("en")
    for section in ("services", "triggers", "conditions"):
        assert set(icons[section]) == set(english[section])
    for platform in ("climate", "event", "number", "switch", "text"):
        assert set(icons["entity"][platform]) == translated(platform)


def test_exceptions() -> None:
    """Each exception that is raised has a text, and each text an exception."""
    raised: set[str] = set()
    for file in FOLDER.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        raised |= set(re.findall(r'translation_key="(\w+)"', source))
        raised |= set(re.findall(r'_translated\("(\w+)"', source))
    named = set().union(*HUB_ENTITIES.values())
    assert raised - named == set(load("en")["exceptions"])


def test_issues() -> None:
    """Each issue that is raised has a text, and each text an issue."""
    assert {
        *PROBLEMS,
        ISSUE_BROKER,
        ISSUE_DEAD_LETTERS,
        ISSUE_PENDING,
        ISSUE_PROBLEM,
        ISSUE_STORAGE,
    } == set(load("en")["issues"])


def test_choices() -> None:
    """Each choice of an action and each folder of media is translated."""
    english = load("en")
    assert set(english["selector"]["kind"]["options"]) == set(KINDS)
    assert set(english["selector"]["reason"]["options"]) == set(REASONS)
    assert set(english["common"]) == {f"media_by_{kind}" for kind in FOLDERS}


@pytest.mark.parametrize("section", ["services", "triggers", "conditions"])
def test_fields(section: str) -> None:
    """Each field of an action, trigger or condition has a name."""
    described = yaml.safe_load((FOLDER / f"{section}.yaml").read_text(encoding="utf-8"))
    described = {
        key: value for key, value in described.items() if not key.startswith(".")
    }
    names = load("en")[section]
    assert set(described) == set(names)
    for key, description in described.items():
        assert set(description.get("fields", {})) == set(names[key].get("fields", {}))


def test_quality_scale() -> None:
    """Every rule is done, or exempt with a reason."""
    rules = yaml.safe_load((FOLDER / "quality_scale.yaml").read_text(encoding="utf-8"))[
        "rules"
    ]
    assert len(rules) == 54
    for rule, status in rules.items():
        assert status == "done" or (
            status["status"] == "exempt" and status["comment"]
        ), rule
