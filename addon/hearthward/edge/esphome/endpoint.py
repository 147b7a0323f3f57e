"""Where a node is, and how it may be spoken to."""

import base64
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
import secrets

from aioesphomeapi.core import (
    ZERO_NOISE_PSK,
    APIConnectionError,
    EncryptionPlaintextAPIError,
    InvalidEncryptionKeyAPIError,
    RequiresEncryptionAPIError,
    ResolveAPIError,
)

from hearthward.model.message import StatusBody

PORT = 6053

KEY_MISSING = "encryption_key_missing"
KEY_INVALID = "encryption_key_invalid"
KEY_REFUSED = "encryption_key_refused"
ENCRYPTION_REQUIRED = "encryption_required"

_PROBLEMS = {
    KEY_MISSING: (
        "The node encrypts its API: give the hub the key that stands in the node's "
        "YAML under `api: encryption: key:`"
    ),
    KEY_INVALID: (
        "The node does not accept the encryption key: give the hub the key that stands "
        "in the node's YAML under `api: encryption: key:`"
    ),
    KEY_REFUSED: (
        "The node has no encryption key and takes none any more: switch it off and on, "
        "and it waits for one again"
    ),
    ENCRYPTION_REQUIRED: (
        "The node speaks plain text, which is allowed on this machine only: add "
        "`api: encryption: key:` to the node's YAML, install it, and give the hub "
        "the key"
    ),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a node's native API and its Noise key, if there is one."""

    host: str
    port: int = PORT
    key: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Return the address the way a device shows it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def provisional(self) -> bool:
        """Whether a node here could only be spoken to with the key that everybody knows.

        Only a node on this machine may be spoken to in plain text.
        """
        return self.key is None and not is_loopback(self.host)

    @property
    def psk(self) -> str | None:
        """Return the key to connect with.

        ESPHome's reserved key of zeros makes a node that waits for a key of its own talk; a
        node that has one says who it is, and refuses.
        """
        return ZERO_NOISE_PSK if self.provisional else self.key

    def with_new_key(self) -> Endpoint:
        """Return the endpoint with a random key."""
        return replace(self, key=base64.b64encode(secrets.token_bytes(32)).decode())


def parse_address(
    address: str, port: int | None = None, key: str | None = None
) -> Endpoint:
    """Read an address such as `192.0.2.7:6053`, `heater.local` or `[2001:db8::7]:6053`.

    `port` holds when the address has none of its own.

    Raises:
        ValueError: It is none.

    """
    host, digits = address, str(port or PORT)
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        digits = rest.removeprefix(":") or digits
    elif address.count(":") == 1:
        host, _, digits = address.partition(":")
    if not host or any(char.isspace() or char == "/" for char in address):
        raise ValueError(
            f"{address!r} is no address: give a host name or an IP address"
        )
    if not digits.isdecimal() or not 0 < int(digits) < 65536:
        raise ValueError(f"{address!r} has no port between 1 and 65535")
    return Endpoint(host, int(digits), key)


def check_key(key: str) -> str:
    """Return a Noise key if it is one: 32 bytes in base64.

    Raises:
        ValueError: It is none.

    """
    try:
        raw = base64.b64decode(key, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ValueError(
            "The encryption key is 32 bytes in base64 (44 characters), as under "
            "`api: encryption: key:` in the node's YAML"
        )
    return key


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def format_mac(mac: str | None) -> str | None:
    """Return a MAC address as `aa:bb:cc:dd:ee:ff`, whatever its separators were."""
    digits = "".join(char for char in (mac or "").lower() if char.isalnum())
    if len(digits) != 12:
        return None
    return ":".join(digits[index : index + 2] for index in range(0, 12, 2))


def refusal(problem: str) -> StatusBody:
    """Say that a node is there but not to be spoken to, and what to do about it."""
    return StatusBody(online=False, problem=problem, detail=_PROBLEMS[problem])


def explain(error: Exception, endpoint: Endpoint) -> StatusBody:
    """Say why a connection failed; a node that is just not there has no problem code."""
    problem = None
    if isinstance(error, RequiresEncryptionAPIError):
        problem = KEY_MISSING
    elif isinstance(error, InvalidEncryptionKeyAPIError):
        problem = KEY_MISSING if endpoint.key is None else KEY_INVALID
    elif isinstance(error, EncryptionPlaintextAPIError):
        problem = ENCRYPTION_REQUIRED
    if problem is not None:
        return refusal(problem)
    return StatusBody(online=False, detail=f"{endpoint.address} {_reason(error)}")


def _reason(error: Exception) -> str:
    """Say in a few words why a node was not reached."""
    if isinstance(error, ResolveAPIError):
        return "is not known on the network: check the name, or give an IP address"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "refuses the connection: check the port, and that the node runs"
        if isinstance(cause, TimeoutError):
            break
        cause = cause.__cause__
    if isinstance(error, APIConnectionError) and cause is None:
        return f"cannot be reached: {error}"
    return "does not answer: check that the node has power and is on the network"
