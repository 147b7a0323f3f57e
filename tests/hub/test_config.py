"""Wrong settings are named in one sentence; right ones are taken from where they are given."""

from contextlib import suppress
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from hearthward.config import ConfigError, EsphomeNode, Settings, load

NOWHERE = Path("/nowhere/options.json")


def test_defaults_serve_a_home() -> None:
    """A hub without any configuration starts."""
    assert load(environ={}, options=NOWHERE) == Settings()


def test_later_sources_replace_earlier_ones(tmp_path: Path) -> None:
    """Command line over environment over file over app options."""
    options = tmp_path / "options.json"
    options.write_text('{"name": "app", "port": 1, "home": "app", "log_level": null}')
    file = tmp_path / "hub.toml"
    file.write_text('port = 2\nhome = "file"\nlog_level = "debug"')
    environ = {"HEARTHWARD_HOME": "environment", "HEARTHWARD_LOG_LEVEL": "error"}

    settings = load(file, environ, options, {"log_level": "warning", "host": None})

    assert (settings.name, settings.port, settings.home, settings.log_level) == (
        "app",
        2,
        "environment",
        "warning",
    )
    assert settings.data_dir == tmp_path


def test_the_environment_gives_every_kind_of_setting() -> None:
    """Numbers, switches and nodes are written as text there."""
    settings = load(
        environ={
            "HEARTHWARD_DATA_DIR": "/somewhere",
            "HEARTHWARD_PORT": "8000",
            "HEARTHWARD_DISCOVERY": "false",
            "HEARTHWARD_ESPHOME": '[{"address": "10.0.0.2", "port": 6054}]',
            "OTHER": "ignored",
        },
        options=NOWHERE,
    )
    assert settings == Settings(
        data_dir=Path("/somewhere"),
        port=8000,
        discovery=False,
        esphome=(EsphomeNode(address="10.0.0.2", port=6054),),
    )


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORT": "70000"}, "change `port`: expected `int` <= 65535"),
        ({"PORT": "many"}, "change `port`: expected `int`, got `str`"),
        ({"HOME": "My Home"}, "change `home`: expected `str` matching regex"),
        ({"LOG_LEVEL": "loud"}, "change `log_level`: invalid enum value 'loud'"),
        ({"DISCOVERY": "perhaps"}, "change `discovery`: expected `bool`"),
        ({"DATA_DIR": ""}, "change `data_dir`: expected a path that is not empty"),
        ({"ESPHOME": "[{]"}, "Correct HEARTHWARD_ESPHOME, it is not JSON"),
        ({"ESPHOME": '[{"port": 1}]'}, "change `esphome[0]`"),
        ({"ESPHOME": '[{"address": ""}]'}, "change `esphome[0].address`"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], sentence: str) -> None:
    """The message says where the setting is, which it is and what is allowed."""
    given = {f"HEARTHWARD_{name}": value for name, value in environ.items()}
    with pytest.raises(ConfigError) as caught:
        load(environ=given, options=NOWHERE)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prt = 1", "`prt` is not a setting; known are data_dir, host, port"),
        ("port = ", "it is not TOML"),
        ("port = []", "change `port`: expected `int`, got `array`"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """The message names the file."""
    file = tmp_path / "hub.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {}, NOWHERE)
    assert sentence in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that was asked for must be there; the app's options need not."""
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "missing.toml", {}, NOWHERE)


@given(st.text(max_size=20))
def test_no_text_surprises(text: str) -> None:
    """Whatever stands in a setting, it is taken or refused with a sentence."""
    for name in ("PORT", "NAME", "ESPHOME", "HOME"):
        with suppress(ConfigError):
            load(environ={f"HEARTHWARD_{name}": text}, options=NOWHERE)
