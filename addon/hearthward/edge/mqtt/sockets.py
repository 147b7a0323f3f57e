"""A socket for paho that moves bytes in large pieces."""

from contextlib import suppress
import socket
import ssl

from paho.mqtt.client import Client

_PIECE = 65_536

_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """What paho asks of a socket: it reads a byte here and there, and writes packet by packet.

    Reading ahead and writing behind saves some five system calls a message. What is written goes
    out with `flush`.
    """

    def __init__(self, plain: socket.socket) -> None:
        """Take over a connected socket."""
        # An acknowledgement must not wait for the next packet.
        with suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        self._read = b""
        self._position = 0
        self._written = bytearray()

    @property
    def holds(self) -> bool:
        """Whether something was received that nobody has read yet."""
        if self._position < len(self._read):
            return True
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes.

        Raises:
            BlockingIOError: There are none now.

        """
        if self._position >= len(self._read):
            try:
                self._read = self._socket.recv(_PIECE)
            except ssl.SSLWantReadError, ssl.SSLWantWriteError:
                raise BlockingIOError from None
            self._position = 0
        start = self._position
        self._position = start + size
        return self._read[start : self._position]

    def send(self, data: bytes) -> int:
        """Take bytes to be sent."""
        self._written += data
        return len(data)

    def flush(self) -> bool:
        """Send what was taken; tell whether all of it could go.

        Raises:
            OSError: The connection is broken.

        """
        while self._written:
            try:
                sent = self._socket.send(self._written)
            except _AGAIN:
                return False
            del self._written[:sent]
        return True

    def fileno(self) -> int:
        """Return the descriptor, -1 once it is closed."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """Choose whether reading and writing waits."""
        self._socket.setblocking(flag)

    def close(self) -> None:
        """Close the socket; a goodbye that was written still goes out."""
        with suppress(OSError):
            self.flush()
        self._socket.close()


class BufferedClient(Client):
    """paho's client on a buffered socket."""

    wire: BufferedSocket | None = None

    # paho offers no other way to give it a socket.
    def _create_socket(self) -> BufferedSocket:
        plain = super()._create_socket()
        assert isinstance(plain, socket.socket)
        self.wire = BufferedSocket(plain)
        return self.wire
