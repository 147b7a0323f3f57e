"""What can go wrong between the hub and its client."""


class HearthwardError(Exception):
    """Something went wrong with the hub."""


class HearthwardConnectionError(HearthwardError):
    """The hub cannot be reached, or the connection was lost."""


class HearthwardStreamEndedError(HearthwardConnectionError):
    """The stream ended before a request was answered."""


class HearthwardResponseError(HearthwardError):
    """The hub answered with something that this client does not understand."""


class HearthwardAuthenticationError(HearthwardError):
    """The hub does not accept the token."""


class HearthwardPairingError(HearthwardError):
    """The pairing code is wrong, used or expired."""


class HearthwardRateLimitError(HearthwardError):
    """The hub asks to wait before the next try."""


class HearthwardRequestError(HearthwardError):
    """The hub refuses the request; `code` names the reason."""

    def __init__(self, message: str, code: str) -> None:
        """Keep the code of the error body."""
        super().__init__(message)
        self.code = code


class HearthwardRejectedError(HearthwardRequestError):
    """The device refused a command."""


class HearthwardDeviceOfflineError(HearthwardRequestError):
    """The device is not connected to the hub."""


class HearthwardDeviceTimeoutError(HearthwardRequestError):
    """The device did not acknowledge a command in time."""
