"""How each layout writes what a device says."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from .cases import Saying

POINTS: list[dict[str, object]] = [
    {
        "id": "temperature",
        "object_id": "temperature",
        "kind": "sensor",
        "name": "Temperature",
        "device_class": "temperature",
        "unit": "°C",
    },
    {
        "id": "motion",
        "object_id": "motion",
        "kind": "binary_sensor",
        "name": "Motion",
        "device_class": "motion",
    },
    {"id": "note", "object_id": "note", "kind": "sensor", "name": "Note"},
    {"id": "button", "object_id": "button", "kind": "event", "name": "Button"},
]

type Written = tuple[str, dict[str, Any]]


class Layout(NamedTuple):
    """A layout: where a message of a device arrives, and what it holds.

    `limit` is how large a message may be; `points` are names of points that are its own.
    """

    name: str
    write: Callable[[str, Saying, float], Written]
    limit: int = 262_144
    profile: str | None = None
    points: Mapping[str, str] = MappingProxyType({})

    def message(self, device: str, saying: Saying, begin: float) -> tuple[str, bytes]:
        """Return the address and the payload."""
        address, fields = self.write(device, saying, begin + saying.at)
        if saying.raw is not None:
            return address, saying.raw.encode()
        fields |= saying.foreign
        if saying.too_large:
            fields["padding"] = "x" * self.limit
        return address, msgspec.json.encode(fields)


def _readings(saying: Saying, **names: str) -> dict[str, object]:
    """Return the readings, some under other names."""
    found: dict[str, object] = {}
    for point in ("temperature", "motion", "note"):
        value = getattr(saying, point)
        if value is not None:
            found[names.get(point, point)] = value
    return found


def _units(saying: Saying, field: str = "temperature") -> dict[str, object]:
    return {} if saying.unit is None else {"units": {field: saying.unit}}


def _calendar(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).isoformat()


def _native(device: str, saying: Saying, ts: float) -> Written:
    head: dict[str, Any] = {"v": 1, "device": device, "ts": ts, "id": saying.id}
    place = f"hearthward/home/{device}"
    if saying.button is not None:
        body = {"point": "button", "event": saying.button}
        return f"{place}/event", {"type": "event", "body": body} | head
    seen = [
        {"point": point, "text" if isinstance(value, str) else "value": value}
        for point, value in _readings(saying).items()
    ]
    for each in seen:
        if isinstance(each.get("value"), bool):
            each["value"] = float(bool(each["value"]))
        if saying.unit is not None:
            each["unit"] = saying.unit
    body_of: dict[str, Any] = {"observations": seen}
    return f"{place}/state", {"type": "state", "body": body_of} | head


def _paku(device: str, saying: Saying, ts: float) -> Written:
    field = "temperature" if saying.unit else "temperature_c"
    fields = {
        "timestamp": _calendar(ts),
        "device_id": device,
        "location": "van",
        "metrics": _readings(saying, temperature=field),
    } | _units(saying)
    return f"paku/sensors/{device}/data", fields


def _cane(device: str, saying: Saying, ts: float) -> Written:
    payload = _readings(saying)
    kind = "telemetry"
    if saying.button is not None:
        kind, payload = "event", {"event": saying.button}
    fields = {
        "version": 1,
        "msg_id": saying.id,
        "device_id": device,
        "session_id": "s1",
        "seq": 7,
        "ts": round(ts * 1000),
        "type": kind,
        "payload": payload,
    } | _units(saying)
    return f"device/{device}/up/control", fields


def _zigbee2mqtt(device: str, saying: Saying, ts: float) -> Written:
    fields = _readings(saying, motion="occupancy") | {"last_seen": _calendar(ts)}
    if saying.button is not None:
        fields["action"] = saying.button
    return f"zigbee2mqtt/{device}", {"linkquality": 90} | fields | _units(saying)


def _ec600(device: str, saying: Saying, ts: float) -> Written:
    head: dict[str, object] = {"imei": "860000000000000", "ts": ts}
    # The counter of the modem's own: the id's letter.
    count = {"boot": 3, "sn": sum(map(ord, saying.id or ""))}
    if saying.button is not None:
        return f"ec600/{device}/event", {"event": saying.button} | head | count
    data = _readings(saying, temperature="temp", motion="mov")
    return f"ec600/{device}/up", {"data": data} | head | count | _units(saying, "temp")


def _sim7600(device: str, saying: Saying, ts: float) -> Written:
    head: dict[str, object] = {
        "imei": "860000000000000",
        "time": _calendar(ts),
        "msgid": saying.id,
    }
    if saying.button is not None:
        return f"sim7600/{device}/alarm", {"alarm": saying.button} | head
    data = _readings(saying, temperature="temp_c")
    return f"sim7600/{device}/telemetry", {"params": data} | head | _units(
        saying, "temp_c"
    )


NATIVE = Layout("native", _native)
LAYOUTS = (
    NATIVE,
    Layout("paku", _paku, profile="paku"),
    Layout("cane", _cane, profile="cane"),
    Layout(
        "zigbee2mqtt",
        _zigbee2mqtt,
        4_194_304,
        "zigbee2mqtt",
        {"motion": "occupancy", "button": "action"},
    ),
    Layout("cellular-ec600", _ec600, profile="cellular-ec600"),
    Layout("cellular-sim7600", _sim7600, 10_240, "cellular-sim7600"),
)
