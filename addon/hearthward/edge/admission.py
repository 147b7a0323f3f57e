"""Who may speak: what the gateway asks before it listens to what is said."""

from collections.abc import Sequence

from hearthward.model.deadletter import Reason
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.message import Hello, Status

from .checks import RejectedError
from .parcel import Parcel

# Devices that the hub itself speaks to, or Home Assistant does: nobody else is them.
_OWN = ("esphome", "homeassistant")


def check_sender(device: str, known: Device | None, parcel: Parcel) -> None:
    """Refuse who speaks for another.

    Raises:
        RejectedError: It may not speak for the device.

    """
    if parcel.device is not None and parcel.device != device:
        raise RejectedError(
            Reason.NOT_PERMITTED,
            f"The sender may speak for {parcel.device} only, not for {device}: use a "
            "key of that device, or correct the message",
        )
    if known is not None and parcel.adapter != known.adapter and known.adapter in _OWN:
        raise RejectedError(
            Reason.NOT_PERMITTED,
            f"{device} is a device of {known.adapter}, which alone speaks for it: give "
            "this one another id",
        )


def refusal(device: str, known: Device | None) -> RejectedError:
    """Return why a device that was not let in may not say anything yet."""
    if known is None:
        return RejectedError(
            Reason.UNKNOWN_DEVICE,
            f"{device} is not known here: let it send a hello first, approve it, then "
            "replay this",
        )
    if known.status is DeviceStatus.PENDING:
        return RejectedError(
            Reason.DEVICE_PENDING,
            f"{known.name} waits for its approval: when it is approved, this is taken "
            "by itself",
        )
    return RejectedError(
        Reason.DEVICE_REVOKED,
        f"{known.name} is revoked: switch it off, or delete it, so that it can ask to "
        "join again",
    )


def check_entry(
    message: Hello | Status, known: Device | None, pending: Sequence[Device], most: int
) -> None:
    """Refuse who was shut out, and a crowd that nobody asked in.

    `pending` are the devices that wait for an approval, `most` how many may.

    Raises:
        RejectedError: It is refused.

    """
    if known is not None:
        if known.status is DeviceStatus.REVOKED:
            raise refusal(message.device, known)
        return
    if isinstance(message, Status):
        raise refusal(message.device, None)
    if len(pending) >= most:
        raise RejectedError(
            Reason.UNKNOWN_DEVICE,
            f"{len(pending)} devices wait for their approval already: approve or revoke "
            "some, then replay this",
        )
