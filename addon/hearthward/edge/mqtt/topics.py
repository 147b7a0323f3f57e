"""The topics of native devices: `hearthward/{home}/{device}/{hello|state|event|status|command|ack}`."""

from typing import NamedTuple

import msgspec

from hearthward.edge.parcel import Parcel

ROOT = "hearthward"

# The hub's own name among the devices; no device can have it.
HUB = "hub"

_LEVELS = 4

_ONLINE = {b"online": True, b"offline": False}


class Place(NamedTuple):
    """Whose topic it is, and which messages it carries."""

    device: str
    kind: str


class Topics:
    """The topics of one home."""

    def __init__(self, home: str) -> None:
        """Name the home."""
        self._home = f"{ROOT}/{home}"
        self._prefix = f"{self._home}/"
        self.main = tuple(
            f"{self._home}/+/{kind}" for kind in ("hello", "state", "status")
        )
        self.alarms = (f"{self._home}/+/event",)
        self.acks = (f"{self._home}/+/ack",)
        self.hub_status = f"{self._home}/{HUB}/status"

    def place(self, topic: str) -> Place | None:
        """Return whose a topic is; None if it is not one of this home's devices."""
        if not topic.startswith(self._prefix):
            return None
        levels = topic.split("/")
        return Place(levels[2], levels[3]) if len(levels) == _LEVELS else None

    def command(self, device: str) -> str:
        """Return the topic on which a device waits for commands."""
        return f"{self._home}/{device}/command"


def status(payload: bytes, device: str, received: float) -> bytes:
    """Return a status as a message of version 1.

    `online` and `offline` will do. A last will is written when the device connects, so that it
    can hold no time: it happened when it arrived.
    """
    online = _ONLINE.get(payload.strip().lower())
    said: object = {"body": {"online": online}}
    if online is None:
        try:
            said = msgspec.json.decode(payload)
        except ValueError, RecursionError:
            return payload
    if not isinstance(said, dict):
        return payload
    missing = {"type": "status", "device": device, "ts": received}
    return payload if missing.keys() <= said.keys() else encode(missing | said)


def encode(message: object) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def parcel(
    adapter: str,
    topic: str,
    payload: bytes,
    place: Place,
    now: float,
    *,
    retained: bool = False,
) -> Parcel:
    """Return what arrived on a native topic; only its own device may speak there."""
    if place.kind == "status":
        payload = status(payload, place.device, now)
    return Parcel(
        adapter=adapter,
        address=topic,
        payload=payload,
        received=now,
        device=place.device,
        retained=retained,
    )
