"""The wires between the plant and the nodes: a unix stream socket with lines of text.

The protocol is told in `sim_hardware.h`. Nothing here waits: `collect` takes what the nodes have
said so far, `publish` tells them what their sensors read. Under the virtual clock both are called
while time stands still, so a run does not depend on when bytes arrive.
"""

from collections.abc import Callable
from pathlib import Path
import socket

PROTOCOL = "1"
RECEIVE = 65536

type Read = Callable[[str, str], float | None]
type Drive = Callable[[str, float], None]


class NodeWire:
    """The wire of one node."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connection."""
        connection.setblocking(False)
        self._connection = connection
        self._rest = b""
        self.node = ""
        self.wanted: list[str] = []
        self.driven: set[str] = set()
        self._told: dict[str, str] = {}

    def collect(self, drive: Drive) -> bool:
        """Take what the node has said. Return False when it has hung up."""
        while True:
            try:
                data = self._connection.recv(RECEIVE)
            except BlockingIOError:
                return True
            except ConnectionError:
                return False
            if not data:
                return False
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace").split(), drive)

    def publish(self, read: Read) -> None:
        """Tell the node what has changed."""
        told = self._told
        text = ""
        for channel in self.wanted:
            value = read(self.node, channel)
            word = "-" if value is None else f"{value:.5g}"
            if told.get(channel) != word:
                told[channel] = word
                text += f"{channel} {word}\n"
        if text:
            try:
                self._connection.sendall(text.encode())
            except OSError:
                # It has gone or does not read; the next collect() sees which.
                self._told = {}

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _take(self, words: list[str], drive: Drive) -> None:
        match words:
            case ["hello", version, node]:
                if version != PROTOCOL:
                    raise ValueError(
                        f"{node} speaks version {version} of the wire protocol, the plant "
                        f"{PROTOCOL}: build the firmware again with `hearthward sim build`"
                    )
                self.node = node
            case ["want", channel]:
                self.wanted.append(channel)
            case ["set", channel, value]:
                self.driven.add(channel)
                drive(channel, float(value))
            case _:
                raise ValueError(f"A node said {' '.join(words)!r}")


class Wires:
    """Every node's wire, at one socket."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`, which must be short enough for a unix socket."""
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.setblocking(False)
        self._wires: list[NodeWire] = []

    def collect(self, drive: Drive, release: Callable[[set[str]], None]) -> None:
        """Take what the nodes have said; release the outputs of those that hung up."""
        self._accept()
        gone = [wire for wire in self._wires if not wire.collect(drive)]
        for wire in gone:
            self._wires.remove(wire)
            wire.close()
            release(wire.driven)

    def publish(self, read: Read) -> None:
        """Tell every node what its sensors read."""
        for wire in self._wires:
            wire.publish(read)

    def close(self) -> None:
        """Hang up on everyone."""
        for wire in self._wires:
            wire.close()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._wires.append(NodeWire(connection))
