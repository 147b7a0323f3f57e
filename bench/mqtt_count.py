"""Receive from a broker with bare paho: `python -m bench.mqtt_count PORT FILTER`.

paho's own thread reads and acknowledges at once; nothing is parsed and nothing is kept. For each
line `COUNT` it prints a line when so many messages have arrived since the last one.
"""

import sys
import threading

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion


class Counter:
    """Counts messages."""

    def __init__(self) -> None:
        """Begin with none."""
        self._count = 0
        self._wanted = 0
        self._changed = threading.Condition()

    def note(self, *_: object) -> None:
        """Count one."""
        self._count += 1
        if self._count == self._wanted:
            with self._changed:
                self._changed.notify_all()

    def wait(self, more: int) -> None:
        """Wait until so many more were counted."""
        with self._changed:
            self._wanted += more
            self._changed.wait_for(lambda: self._count >= self._wanted)


def _subscribe(client: Client, topic: str) -> None:
    client.subscribe(topic, 1)


def main(port: int, topic: str) -> None:
    """Count what is asked for."""
    counter = Counter()
    client = Client(
        CallbackAPIVersion.VERSION2, client_id="bench-count", protocol=MQTTv5
    )
    client.on_message = counter.note
    client.on_connect = lambda *_: _subscribe(client, topic)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for line in sys.stdin:
        counter.wait(int(line))
        print("done", flush=True)
    client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
