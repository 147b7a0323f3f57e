"""What security refuses."""


class SecurityError(Exception):
    """A request that security refuses; the message says what to do."""

    code = "refused"


class UnknownKeyError(SecurityError):
    """There is no such key."""

    code = "unknown_key"


class PairingError(SecurityError):
    """The pairing code is wrong, used or too old."""

    code = "pairing_refused"


class BoundKeyError(SecurityError):
    """Only a key of the role `device` can be bound to a device."""

    code = "role_not_bound"
