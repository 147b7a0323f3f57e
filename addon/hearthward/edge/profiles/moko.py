"""Advertisements of MoKo BLE beacons, as a gateway forwards them.

Frames as in MokoSmart's documents and, for BeaconX Pro and M-series, the decoders of
theengs/decoder (`MBXPRO`, `Mokobeacon`) and reelyactive/advlib-ble-manufacturers: service data of
UUID 0xFEAB (BeaconX Pro: device information, acceleration, temperature and humidity), of UUID 0xFF01
(MokoBeacon: battery, acceleration), and iBeacon-like manufacturer frames are left alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hearthward.edge.parcel import DecodeError
from hearthward.model.deadletter import Reason

_SERVICE_DATA = 0x16
_BEACON_X_PRO = 0xFEAB
_MOKO_BEACON = 0xFF01

_INFORMATION = 0x40
_ACCELERATION = 0x60
_CLIMATE = 0x70

# A full CR2032 gives 3.0 V, at 2.0 V the beacon stops.
_EMPTY_MV = 2_000
_FULL_MV = 3_000


class Structure(NamedTuple):
    """One structure of an advertisement."""

    kind: int
    data: bytes


def decode_hex(text: str) -> dict[str, object]:
    """Return the readings in an advertisement written in hex.

    Raises:
        DecodeError: It is not an advertisement.

    """
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise DecodeError(
            Reason.INVALID_MESSAGE, f"{text[:40]!r} is no advertisement in hex"
        ) from None
    return decode(raw)


def decode(raw: bytes) -> dict[str, object]:
    """Return the readings in an advertisement; empty if it is of another maker.

    `battery` is in %, `battery_voltage` in V, `acceleration_*` in m/s², `temperature` in °C,
    `humidity` in %.
    """
    readings: dict[str, object] = {}
    for structure in structures(raw):
        if structure.kind == _SERVICE_DATA and len(structure.data) > 2:
            service = int.from_bytes(structure.data[:2], "little")
            readings |= decode_service(service, structure.data[2:])
    return readings


def structures(raw: bytes) -> Iterator[Structure]:
    """Return the structures of an advertisement (Bluetooth Core 5.4, vol. 3, part C, 11)."""
    position = 0
    while position < len(raw):
        length = raw[position]
        if length == 0:
            return
        end = position + 1 + length
        if end > len(raw):
            raise DecodeError(
                Reason.INVALID_MESSAGE, "The advertisement is cut off: send it whole"
            )
        yield Structure(raw[position + 1], raw[position + 2 : end])
        position = end


def decode_service(service: int, data: bytes) -> dict[str, object]:
    """Return the readings in the service data of a beacon; empty if it has none."""
    if service == _MOKO_BEACON and len(data) >= 13:
        return {"battery": data[0]} | _acceleration(data[7:13])
    if service != _BEACON_X_PRO:
        return {}
    match data[0]:
        case frame if frame == _INFORMATION and len(data) >= 5:
            return _battery(data[3:5])
        case frame if frame == _ACCELERATION and len(data) >= 14:
            return _acceleration(data[6:12]) | _battery(data[12:14])
        case frame if frame == _CLIMATE and len(data) >= 9:
            return {
                "temperature": int.from_bytes(data[3:5], signed=True) / 10,
                "humidity": int.from_bytes(data[5:7]) / 10,
            } | _battery(data[7:9])
    return {}


def _battery(data: bytes) -> dict[str, object]:
    millivolts = int.from_bytes(data)
    share = (millivolts - _EMPTY_MV) / (_FULL_MV - _EMPTY_MV)
    return {
        "battery": round(100 * min(max(share, 0.0), 1.0)),
        "battery_voltage": millivolts / 1000,
    }


def _acceleration(data: bytes) -> dict[str, object]:
    """Return the acceleration on three axes; the beacon counts ten-thousandths of g."""
    return {
        f"acceleration_{axis}": round(
            int.from_bytes(data[at : at + 2], signed=True) / 10_000 * 9.80665, 3
        )
        for axis, at in zip("xyz", (0, 2, 4), strict=True)
    }
