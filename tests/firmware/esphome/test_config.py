"""ESPHome accepts every configuration, and refuses a dangerous one with a sentence that helps."""

from base64 import b64encode
import os
from pathlib import Path
import re
import shutil
import subprocess
import tomllib

import pytest

ROOT = Path(__file__).parents[3]
ESPHOME = ROOT / ".cache" / "firmware-venv" / "bin" / "esphome"
COMPONENTS = ROOT / "esphome" / "components"
PRODUCTS = sorted(path.name for path in (ROOT / "esphome").glob("*.yaml"))
NODES = sorted(path.name for path in (ROOT / "sim" / "firmware").glob("*.yaml"))
ADOPTED = sorted(path.name for path in (ROOT / "esphome" / "adopt").glob("*.yaml"))

HEATER = """
packages:
  heater: !include {root}/esphome/heater.yaml
substitutions:
  components: {root}/esphome/components
"""


def config(file: Path, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Let ESPHome check a file, without a network and without secrets."""
    return subprocess.run(
        [ESPHOME, *options, "config", file],
        env=os.environ | {"ESPHOME_DATA_DIR": str(data), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_is_valid(tmp_path: Path, product: str) -> None:
    """What users install."""
    result = config(ROOT / "esphome" / product, tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("node", NODES)
def test_a_simulated_node_is_valid(tmp_path: Path, node: str) -> None:
    """What the demo and the tests run."""
    result = config(ROOT / "sim" / "firmware" / node, tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """Return the address of a git repository with the firmware in it."""
    path = tmp_path / "repository"
    shutil.copytree(
        ROOT / "esphome",
        path / "esphome",
        ignore=shutil.ignore_patterns(".esphome", "__pycache__"),
    )
    git = ["git", "-C", str(path), "-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    return f"file://{path}"


@pytest.mark.parametrize("product", ADOPTED)
def test_a_node_can_be_adopted(tmp_path: Path, repository: str, product: str) -> None:
    """What Device Builder makes of a ready-made image: a package from a repository."""
    adopted = tmp_path / "adopted.yaml"
    adopted.write_text(
        f"""
substitutions:
  name: mine
  friendly_name: Mine
  components: {COMPONENTS}
packages:
  product:
    url: {repository}
    ref: main
    files: [esphome/adopt/{product}]
    refresh: 0s
wifi:
  ssid: home
  password: not a secret
"""
    )
    result = config(adopted, tmp_path / "data")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "name: mine" in result.stdout


def test_the_node_of_the_guide_is_valid(tmp_path: Path, repository: str) -> None:
    """What docs/firmware.md tells to copy, with its options, from our repository."""
    guide = (ROOT / "docs" / "firmware.md").read_text()
    node, options = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)[:2]
    (tmp_path / "options.yaml").write_text(
        options + "\nbinary_sensor: [{platform: template, id: flame}]\n"
    )
    (tmp_path / "secrets.yaml").write_text(
        "wifi_ssid: home\nwifi_password: not a secret\n"
        f"heater_key: {b64encode(bytes(range(32))).decode()}\n"
    )
    file = tmp_path / "heater.yaml"
    file.write_text(
        node.replace("https://github.com/hearthward/hearthward", repository)
        .replace("github://hearthward/hearthward@main", str(COMPONENTS))
        .replace("packages:", "packages:\n  options: !include options.yaml")
    )
    result = config(file, tmp_path / "data")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_fleet_image_takes_signed_updates_only(tmp_path: Path) -> None:
    """Signature, downgrade protection and rollback are on together."""
    result = config(ROOT / "esphome" / "heater.fleet.yaml", tmp_path)
    for line in (
        "enable_ota_rollback: true",
        "enable_ota_downgrade_protection: true",
        "signing_scheme: rsa3072",
        "improv_ble:",
        "dashboard_import:",
    ):
        assert line in result.stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            "climate: [{id: !extend bathroom_climate, temperature_limit: 55}]",
            "The limit of a floor is 55 °C, but it has to lie between 5 °C and 50 °C",
            id="floor limit above the ceiling",
        ),
        pytest.param(
            "climate: [{id: !extend hot_water_climate, temperature_limit: 90}]",
            "The limit of a water tank is 90 °C, but it has to lie between 5 °C and 85",
            id="water limit above the ceiling",
        ),
        pytest.param(
            "hydronic: {coolant_limit: 95}",
            "The limit of the coolant is 95 °C, but it has to lie between 5 °C and 90",
            id="coolant limit above the ceiling",
        ),
        pytest.param(
            "climate: [{id: !extend bathroom_climate, temperature_limit: 30,"
            " boost_temperature: 33}]",
            "33 °C is out of reach for this zone: choose between 5 °C and 30 °C",
            id="preset above the limit",
        ),
        pytest.param(
            "climate: [{id: !extend living_room_climate, type: water}]",
            "A zone of type 'water' is regulated by its 'water_sensor': add it",
            id="zone without the sensor it regulates",
        ),
        pytest.param(
            "climate: [{id: !extend living_room_climate, valve_output: fan_output}]",
            "Cannot specify more than one of valve_output, valve_relay",
            id="zone with two valves",
        ),
        pytest.param(
            "sensor: [{platform: template, id: t}]\noutput: [{platform: template,"
            " id: o, type: binary, write_action: []}]\nclimate: ["
            + ", ".join(
                f"{{platform: hydronic, name: Z{i}, type: air, air_sensor: t,"
                " valve_relay: o}"
                for i in range(30)
            )
            + "]",
            "A heater has at most 32 zones, and this one has 33",
            id="too many zones",
        ),
        pytest.param(
            "hydronic: {dump_on: 80, dump_off: 85}",
            "dump_off (85 °C) has to be below dump_on (80 °C)",
            id="heat dump without hysteresis",
        ),
    ],
)
def test_a_mistake_gets_a_helpful_sentence(
    tmp_path: Path, change: str, sentence: str
) -> None:
    """The file is refused before anything is built, and the sentence says what to do."""
    file = tmp_path / "heater.yaml"
    file.write_text(HEATER.format(root=ROOT) + change + "\n")
    result = config(file, tmp_path / "data")
    assert result.returncode != 0
    assert sentence in " ".join(result.stdout.split())


def test_a_heater_wants_a_zone(tmp_path: Path) -> None:
    """Said before anything is built, with the package to include."""
    packages = ("base", "clock", "heater", "burner-dry-contact")
    lines = [
        f"  {name}: !include {ROOT}/esphome/packages/{name}.yaml" for name in packages
    ]
    file = tmp_path / "heater.yaml"
    file.write_text(
        "substitutions: {name: heater, friendly_name: Heater}\n"
        f"external_components: [{{source: {COMPONENTS}}}]\n"
        "packages:\n"
        + "\n".join(lines)
        + f"""
  board: !include {ROOT}/esphome/boards/esp32-s3-heater.yaml
  wifi: !include {ROOT}/esphome/packages/wifi.yaml
"""
    )
    result = config(file, tmp_path / "data")
    assert result.returncode != 0
    assert "include packages/zone.yaml" in " ".join(result.stdout.split())


def test_the_unverified_burner_says_so(tmp_path: Path) -> None:
    """Nobody uses the Autoterm driver without having been told."""
    result = config(ROOT / "sim" / "firmware" / "heater-autoterm.yaml", tmp_path)
    assert "never on a heater" in result.stdout + result.stderr


def test_firmware_and_hub_have_one_version() -> None:
    """They are released together."""
    hub = tomllib.loads((ROOT / "addon" / "pyproject.toml").read_text())
    base = (ROOT / "esphome" / "packages" / "base.yaml").read_text()
    assert f'version: "{hub["project"]["version"]}"' in base


def test_no_product_contains_a_secret_or_an_address() -> None:
    """Ready-made images are for everybody: no credentials, no static addresses."""
    for path in (ROOT / "esphome").rglob("*.yaml"):
        text = path.read_text()
        for word in ("!secret", "password:", "ssid:", "manual_ip:", "use_address:"):
            assert word not in text, f"{path.name}: {word}"
