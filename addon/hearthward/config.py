"""Settings of the hub, from app options, the environment or a TOML file."""

from collections.abc import Mapping
import os
from pathlib import Path
import tomllib
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

OPTIONS_FILE = Path("/data/options.json")
PREFIX = "HEARTHWARD_"

type Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
type MqttProfile = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}(=[^+#\0]{1,200})?$")
]
type Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class ConfigError(Exception):
    """A setting is wrong; the message is one sentence that says what to change."""


class EsphomeNode(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """An ESPHome node to connect to without waiting for its discovery."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Port = 6053
    noise_psk: str | None = None


class WatchSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """When a battery is low and good again (%), and which silence is never usual (hours)."""

    battery_low: Annotated[float, msgspec.Meta(ge=1, le=90)] = 15.0
    battery_ok: Annotated[float, msgspec.Meta(ge=2, le=100)] = 25.0
    stale_hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 30)] = 26.0

    def __post_init__(self) -> None:
        """Refuse limits that leave no room between low and good."""
        if self.battery_ok <= self.battery_low:
            raise ValueError("Expected `battery_ok` above `battery_low`")


type Days = Annotated[float, msgspec.Meta(ge=0, le=36500)]


class RetentionSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How long what is recorded is kept, in days; 0 is for ever.

    Measurements are kept raw for `raw_days` (those of diagnostic points for `diagnostic_days`), then
    as rollups of 5 minutes, an hour and, for ever, a day. `class_days` says otherwise for a device
    class or kind of points, such as `signal_strength` or `switch`. `discrete_days` is for on and
    off, words and choices, `key_days` for what recognizes a repeated message. Notes, incidents,
    audit and erasures stay.
    """

    raw_days: Days = 30.0
    diagnostic_days: Days = 10.0
    discrete_days: Days = 400.0
    class_days: dict[str, Days] = {}
    five_minutes_days: Days = 100.0
    hour_days: Days = 0.0
    event_days: Days = 1100.0
    status_days: Days = 400.0
    command_days: Days = 1100.0
    key_days: Days = 30.0
    dead_letter_days: Days = 60.0


class BaselineWindow(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A time in which nothing is unusual, such as a vacation, and which teaches nothing.

    Seconds since the epoch (UTC), `until` exclusive; without a `device` it is for all.
    """

    since: float
    until: float
    device: str | None = None

    def __post_init__(self) -> None:
        """Refuse a window without time."""
        if self.until <= self.since:
            raise ValueError("Expected `until` after `since`")


class BaselineSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is unusual.

    The last `weeks` teach, once there are `minimum_days` of them. A value is unusual when it is
    more than `deviations` robust standard deviations off; a first activity is late when on the
    `share` of days it was earlier by `slack_minutes`; a silence is long when it is
    `silence_factor` times as long as on that share of days at the same time. In the times of
    `suppress` nothing is unusual, and they teach nothing.
    """

    weeks: Annotated[int, msgspec.Meta(ge=2, le=20)] = 8
    minimum_days: Annotated[int, msgspec.Meta(ge=5, le=100)] = 14
    deviations: Annotated[float, msgspec.Meta(ge=2, le=100)] = 6.0
    share: Annotated[float, msgspec.Meta(ge=0.5, le=1)] = 0.95
    slack_minutes: Annotated[float, msgspec.Meta(ge=0, le=720)] = 60.0
    silence_factor: Annotated[float, msgspec.Meta(ge=1, le=100)] = 2.0
    suppress: tuple[BaselineWindow, ...] = ()


class MediaSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How much media are kept, in bytes, and how long, in days; the oldest go first."""

    largest: Annotated[int, msgspec.Meta(ge=1024, le=2**32)] = 32 * 2**20
    quota: Annotated[int, msgspec.Meta(ge=2**20)] = 2 * 2**30
    days: Annotated[float, msgspec.Meta(gt=0, le=36500)] = 90.0


class QuotaSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How much comes in from the edge: observations and events, alarms apart.

    A `burst` is taken at once, then so many a second. `backlog` bounds what waits to be stored,
    in bytes, and `pending_devices` who waits for an approval.
    """

    device_rate: Annotated[float, msgspec.Meta(gt=0)] = 1_000.0
    device_burst: Annotated[float, msgspec.Meta(gt=0)] = 20_000.0
    home_rate: Annotated[float, msgspec.Meta(gt=0)] = 10_000.0
    home_burst: Annotated[float, msgspec.Meta(gt=0)] = 200_000.0
    backlog: Annotated[int, msgspec.Meta(ge=2**20)] = 32 * 2**20
    pending_devices: Annotated[int, msgspec.Meta(ge=1)] = 50


class DeadLetterSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How many rejected messages are kept, in all and of each device; the oldest go first."""

    count: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    bytes: Annotated[int, msgspec.Meta(ge=1)] = 64 * 2**20
    per_device: Annotated[int, msgspec.Meta(ge=1)] = 1_000


class MqttSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The MQTT broker; without `host` it is the one that the Supervisor knows, if any.

    `ca`, `certificate` and `key` are PEM files, and turn on TLS. `share` names a group of hubs that
    share the work. `receive_maximum` bounds what is not acknowledged yet, `session_hours` how long
    the broker keeps messages for a hub that is away. `profiles` are foreign layouts to listen to;
    `zigbee2mqtt=z2m` says where its topics begin, if not as usual.
    """

    enabled: bool = True
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] | None = None
    port: Port | None = None
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    share: Slug | None = None
    receive_maximum: Annotated[int, msgspec.Meta(ge=20, le=65_535)] = 2_000
    session_hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 365)] = 72.0
    keep_alive: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 30
    profiles: tuple[MqttProfile, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self.tls or self.ca is not None or self.certificate is not None

    def __post_init__(self) -> None:
        """Refuse half a client certificate."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("Expected `certificate` and `key` together")

    def __repr__(self) -> str:
        """Show everything but the password."""
        shown = (
            f"{name}={'•••' if name == 'password' and value else repr(value)}"
            for name, value in msgspec.structs.asdict(self).items()
        )
        return f"MqttSettings({', '.join(shown)})"


class EmbeddingSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What makes vectors of texts, so that search finds what is meant.

    Without a `url` the bundled model does, unless `bundled` is off. A `url` is an OpenAI-compatible
    endpoint up to and with its version, such as http://localhost:11434/v1; what people write and
    look for is sent there. `key` is a secret.
    """

    bundled: bool = True
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://")] | None = None
    model: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        """Refuse an endpoint that is not told what to run."""
        if self.url and not self.model:
            raise ValueError("Expected a `model` beside the `url`")


class BackupSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The journal of backups: where it is, how often one is made, how long it is kept.

    Without a `folder` it lies in `backups` of the data folder. A segment is made every so many
    minutes and a full backup every so many days; 0 makes none by itself. With a `passphrase`
    they are sealed.
    """

    folder: Path | None = None
    full_days: Annotated[float, msgspec.Meta(ge=0, le=366)] = 7.0
    segment_minutes: Annotated[float, msgspec.Meta(ge=0, le=7 * 24 * 60)] = 60.0
    keep_days: Annotated[float, msgspec.Meta(ge=1, le=36500)] = 15.0
    passphrase: Annotated[str, msgspec.Meta(min_length=8)] | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set; every field has a default that serves one home."""

    data_dir: Path = Path("data")
    host: Annotated[str, msgspec.Meta(min_length=1)] = "0.0.0.0"
    port: Port = 8737
    home: Slug = "home"
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "Hearthward"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    esphome: tuple[EsphomeNode, ...] = ()
    discovery: bool = True
    announce: bool = True
    time_zone: str | None = None
    watch: WatchSettings = WatchSettings()
    retention: RetentionSettings = RetentionSettings()
    baselines: BaselineSettings = BaselineSettings()
    media: MediaSettings = MediaSettings()
    backup: BackupSettings = BackupSettings()
    quotas: QuotaSettings = QuotaSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    mqtt: MqttSettings = MqttSettings()

    @property
    def zone(self) -> ZoneInfo:
        """The home's time zone: the one that is set, else the machine's, else UTC."""
        return _zone(self.time_zone or os.environ.get("TZ") or _machine_zone())


def load(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    options: Path = OPTIONS_FILE,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read the settings: options, then file, then environment, then `overrides`.

    A later source replaces a key of an earlier one.

    Raises:
        ConfigError: A source cannot be read or a value is not allowed.

    """
    sources = [(_read_options(options), str(options))]
    if file is not None:
        sources.append((_read_toml(file), str(file)))
    sources.append((_read_environment(environ), "the environment"))
    sources.append((_given(overrides or {}), "the command line"))
    settings: dict[str, Any] = {}
    for values, source in sources:
        settings |= values
        _convert(settings, source)
    return _checked(_convert(settings, "the settings"))


def _checked(settings: Settings) -> Settings:
    if settings.time_zone is not None:
        try:
            ZoneInfo(settings.time_zone)
        except ZoneInfoNotFoundError, ValueError:
            raise ConfigError(
                "Change `time_zone` to a name such as Europe/Berlin: "
                f"{settings.time_zone} is not known."
            ) from None
    return settings


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError:
        return ZoneInfo("UTC")


def _machine_zone() -> str:
    """Return the name of the zone that /etc/localtime points to."""
    _, _, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    return name or "UTC"


def _given(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _convert(values: Mapping[str, Any], source: str) -> Settings:
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"In {source}: {_explain(error)}.") from None


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path) and str(value):
        return Path(value)
    raise ValueError("Expected a path that is not empty")


def _explain(error: msgspec.ValidationError) -> str:
    """Turn `Expected X - at `$.port`` into words that name the setting."""
    reason, _, path = str(error).partition(" - at `$.")
    if unknown := reason.removeprefix("Object contains unknown field `"):
        if unknown != reason:
            known = ", ".join(Settings.__struct_fields__)
            return f"`{unknown.rstrip('`')}` is not a setting; known are {known}"
    reason = reason[:1].lower() + reason[1:]
    return f"change `{path.rstrip('`')}`: {reason}" if path else reason


def _read_options(file: Path) -> dict[str, Any]:
    """Read the app's options; empty ones mean that the default holds."""
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"Make {file} readable: {error.strerror}.") from None
    try:
        options = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise ConfigError(
            f"Correct {file}, it is not a JSON object: {error}."
        ) from None
    return {"data_dir": str(file.parent)} | {
        key: value for key, value in options.items() if value not in (None, "")
    }


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise ConfigError(
            f"Give a file that can be read: {file}: {error.strerror}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Correct {file}, it is not TOML: {error}.") from None


def _is_structured(hint: Any) -> bool:
    """Tell whether a setting is more than a plain value."""
    if isinstance(hint, type):
        return issubclass(hint, msgspec.Struct | tuple)
    return get_origin(hint) is tuple or any(map(_is_structured, get_args(hint)))


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read `HEARTHWARD_*`; what is not a plain value is given as JSON."""
    found: dict[str, Any] = {}
    for field, hint in get_type_hints(Settings).items():
        text = environ.get(PREFIX + field.upper())
        if text is None:
            continue
        if not _is_structured(hint):
            found[field] = text
            continue
        try:
            found[field] = msgspec.json.decode(text)
        except msgspec.MsgspecError as error:
            raise ConfigError(
                f"Correct {PREFIX}{field.upper()}, it is not JSON: {error}."
            ) from None
    return found
