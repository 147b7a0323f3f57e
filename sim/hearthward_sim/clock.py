"""The simulator's side of the virtual clock: grants of time to the nodes' programs.

The protocol is told in `vclock/clock.c`. All calls block until the node has used up its time,
which takes microseconds; while they block nothing else runs, and that is what makes a run
repeatable.
"""

from pathlib import Path
import select
import socket
import struct

REPORT = struct.Struct("=qQ")
GRANT = struct.Struct("=qq")
NS = 1_000_000_000
# A node computes a second of home time in well under a millisecond.
PATIENCE = 60.0
INVALID_WALL = 0.0
"""The wall clock of a node that has lost it: 1970, which ESPHome takes for invalid."""


class NodeStopped(Exception):
    """The node's program has ended."""


class NodeClock:
    """The time of one node's program, from its start to its end."""

    def __init__(self, connection: socket.socket, now: float) -> None:
        """Take over a connection at `now`, s of home time, and hear its first report."""
        connection.settimeout(PATIENCE)
        self._connection = connection
        self._zero = 0.0
        self._zero = now - self.finish()

    def grant(self, until: float, wall: float) -> None:
        """Let the program live until a moment of home time; `wall` is the epoch at 0."""
        limit = round((until - self._zero) * NS)
        try:
            self._connection.sendall(GRANT.pack(limit, round((wall + self._zero) * NS)))
        except OSError as err:
            raise NodeStopped from err

    def finish(self) -> float:
        """Wait until the program has used up its time; return its monotonic clock, s."""
        data = b""
        while len(data) < REPORT.size:
            try:
                more = self._connection.recv(REPORT.size - len(data))
            except TimeoutError as err:
                raise RuntimeError(
                    f"A node has computed for {PATIENCE:.0f} s without waiting; it hangs"
                ) from err
            except ConnectionError as err:
                raise NodeStopped from err
            if not more:
                raise NodeStopped
            data += more
        now_ns: int = REPORT.unpack(data)[0]
        return now_ns / NS

    def close(self) -> None:
        """Let go of the program; it ends as on SIGTERM."""
        self._connection.close()


class ClockListener:
    """Where the programs of one node ask for time."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`."""
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(PATIENCE)

    def waiting(self, seconds: float) -> bool:
        """Wait for a program to ask, and tell whether one does."""
        return bool(select.select([self._listener], [], [], seconds)[0])

    def accept(self, now: float) -> NodeClock:
        """Wait for a program that was just started."""
        try:
            connection, _ = self._listener.accept()
        except TimeoutError as err:
            raise RuntimeError("A node's program did not ask for the time") from err
        return NodeClock(connection, now)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
