"""The wires between the plant and the nodes: a unix stream socket with lines of text.

The protocol is told in `sim_hardware.h`. Nothing here waits: `collect` takes what the nodes have
said so far, `publish` tells them what their sensors read. Under the virtual clock both are called
while time stands still, so a run does not depend on when bytes arrive.
"""

from collections.abc import Callable
from pathlib import Path
import select
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

    def fileno(self) -> int:
        """Return the connection's number."""
        return self._connection.fileno()

    def collect(self, drive: Drive) -> bool:
        """Take what the node has just said. Return False when it has hung up."""
        try:
            data = self._connection.recv(RECEIVE)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").split(), drive)
        return bool(data)

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
        self._wires: dict[int, NodeWire] = {}
        # One look at all of them costs less than asking each in vain, a million times a run.
        self._poll = select.poll()
        self._poll.register(self._listener, select.POLLIN)

    def collect(self, drive: Drive, release: Callable[[set[str]], None]) -> None:
        """Take what the nodes have said; release the outputs of those that hung up."""
        while ready := self._poll.poll(0):
            for number, _ in ready:
                if number == self._listener.fileno():
                    self._accept()
                elif not self._wires[number].collect(drive):
                    self._hang_up(number, release)

    def publish(self, read: Read) -> None:
        """Tell every node what its sensors read."""
        for wire in self._wires.values():
            wire.publish(read)

    def close(self) -> None:
        """Hang up on everyone."""
        for wire in self._wires.values():
            wire.close()
        self._listener.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        wire = NodeWire(connection)
        self._wires[wire.fileno()] = wire
        self._poll.register(wire, select.POLLIN)

    def _hang_up(self, number: int, release: Callable[[set[str]], None]) -> None:
        self._poll.unregister(number)
        wire = self._wires.pop(number)
        wire.close()
        release(wire.driven)
