"""What the home refuses."""

from collections.abc import Mapping


class HomeError(Exception):
    """A request that the home refuses; the message says what to do."""

    code = "refused"

    def __init__(self, message: str, **details: object) -> None:
        """Take the sentence and what a program may want to know."""
        super().__init__(message)
        self.details: Mapping[str, object] = details


class UnknownDeviceError(HomeError):
    """There is no such device."""

    code = "unknown_device"

    def __init__(self, device: str) -> None:
        """Name the device."""
        super().__init__(f"There is no device {device}", device=device)


class TransitionError(HomeError):
    """A device cannot go from where it stands to where it was asked to go."""

    code = "illegal_transition"
