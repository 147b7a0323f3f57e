"""The app's manifest, its options and translations fit each other and the hub."""

import json
from pathlib import Path
import tomllib
from typing import Any

import pytest
import yaml

from hearthward.config import Settings, load

ROOT = Path(__file__).parents[2]
APP = ROOT / "addon"
KNOWN_KEYS = {
    "arch",
    "backup",
    "backup_exclude",
    "backup_post",
    "backup_pre",
    "boot",
    "description",
    "discovery",
    "host_network",
    "image",
    "name",
    "options",
    "schema",
    "services",
    "slug",
    "startup",
    "timeout",
    "url",
    "version",
}
"""Keys of ours that Supervisor's schema (2026.08) takes; it drops any other silently."""


def read(name: str) -> dict[str, Any]:
    """Read a YAML file of the app."""
    content: dict[str, Any] = yaml.safe_load((APP / name).read_text())
    return content


def test_supervisor_knows_every_key() -> None:
    """A misspelled key would be dropped without a word."""
    assert set(read("config.yaml")) <= KNOWN_KEYS


def test_every_option_is_a_setting_of_the_hub() -> None:
    """An option that the hub refuses would stop its start."""
    assert set(read("config.yaml")["schema"]) <= set(Settings.__struct_fields__)


def test_default_options_start_the_hub(tmp_path: Path) -> None:
    """The hub takes the options as Supervisor writes them after an installation."""
    options = tmp_path / "options.json"
    options.write_text(json.dumps(read("config.yaml")["options"]))

    settings = load(environ={}, options=options)

    assert settings.name == "Hearthward"
    assert settings.discovery
    assert settings.esphome == ()


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "ja", "zh-Hans"])
def test_every_option_is_translated(language: str) -> None:
    """Each option and each of its fields has a name in the language."""
    schema = read("config.yaml")["schema"]
    texts = read(f"translations/{language}.yaml")["configuration"]
    assert list(texts) == list(schema)
    assert list(texts["esphome"]["fields"]) == list(schema["esphome"][0])
    assert all(text["name"] and text["description"] for text in texts.values())


def test_one_version() -> None:
    """App, image, hub and integration are released together."""
    version = read("config.yaml")["version"]
    project = tomllib.loads((APP / "pyproject.toml").read_text())["project"]
    manifest = json.loads(
        (ROOT / "custom_components" / "hearthward" / "manifest.json").read_text()
    )
    image = read("compose.yaml")["services"]["hearthward"]["image"]
    assert project["version"] == version
    assert manifest["version"] == version
    assert image == f"{read('config.yaml')['image']}:{version}"
