"""A heater on an Autoterm-style bus, emulated at the end of a pseudo terminal.

What it says follows esphome/components/hydronic/control/autoterm.h, which was put together from
what owners have published of their captures. Neither was ever compared with a heater.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum
import os
from pathlib import Path
import tty
from typing import Self

PREAMBLE = 0xAA
PANEL = 0x03
HEATER = 0x04
HEADER = 5
CRC = 2

IGNITION = 60.0
"""Seconds from the order to start until it burns."""
COOL_DOWN = 90.0
"""Seconds from the order to stop until it is off."""


class Type(IntEnum):
    """Types of frames."""

    START = 0x01
    SETTINGS = 0x02
    STOP = 0x03
    STATUS = 0x0F


class State(IntEnum):
    """Main states that a heater reports."""

    OFF = 0
    STARTING = 1
    BURNING = 3
    STOPPING = 4


def crc16(data: bytes) -> int:
    """Return the CRC-16/Modbus: polynomial 0xA001 reflected, from 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def frame(sender: int, type_: int, payload: bytes = b"") -> bytes:
    """Build a frame."""
    head = bytes([PREAMBLE, sender, len(payload), 0, type_]) + payload
    return head + crc16(head).to_bytes(CRC, "big")


class Autoterm:
    """The emulated heater. `pump` lets it read, live and answer; nothing here waits."""

    def __init__(self, link: Path, clock: Callable[[], float]) -> None:
        """Open the pseudo terminal and put a link to it at `link`; `clock` in seconds."""
        self._clock = clock
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link = link
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))
        self._rest = b""
        self._since = clock()
        self.state = State.OFF
        self.power = 0
        self.error = 0
        self.silent = False
        self.noisy = False
        self.orders: list[Type] = []
        self.bad_frames = 0

    def __enter__(self) -> Self:
        """Return the heater."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take link and terminal away."""
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    @property
    def level(self) -> float:
        """Return what it gives to the coolant, 0..1."""
        return (1 + self.power) / 10 if self.state is State.BURNING else 0.0

    def pump(self) -> None:
        """Live until now, and answer what has been asked."""
        self._live()
        for type_, payload in self._frames():
            answer = self._answer(type_, payload)
            if not self.silent:
                self._send(frame(HEATER, type_, answer))

    def _live(self) -> None:
        lasted = self._clock() - self._since
        if self.error and self.state is not State.OFF:
            self._enter(State.OFF)
        elif self.state is State.STARTING and lasted >= IGNITION:
            self._enter(State.BURNING)
        elif self.state is State.STOPPING and lasted >= COOL_DOWN:
            self._enter(State.OFF)

    def _enter(self, state: State) -> None:
        self.state = state
        self._since = self._clock()

    def _answer(self, type_: int, payload: bytes) -> bytes:
        if type_ == Type.STATUS:
            return bytes([self.state, 0, self.error, 60, 0, 0, 128, 0, 0, 0])
        self.orders.append(Type(type_))
        if type_ == Type.STOP:
            if self.state in (State.STARTING, State.BURNING):
                self._enter(State.STOPPING)
            return b""
        self.power = payload[5]
        if type_ == Type.START and self.state is State.OFF and not self.error:
            self._enter(State.STARTING)
        return payload

    def _send(self, data: bytes) -> None:
        if self.noisy:
            data = data[:-1] + bytes([data[-1] ^ 0xFF])
        os.write(self._master, data)

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        try:
            self._rest += os.read(self._master, 4096)
        except BlockingIOError:
            return
        while (start := self._rest.find(PREAMBLE)) >= 0:
            data = self._rest[start:]
            if len(data) < HEADER or len(data) < HEADER + data[2] + CRC:
                self._rest = data
                return
            end = HEADER + data[2]
            if crc16(data[:end]) != int.from_bytes(data[end : end + CRC], "big"):
                self.bad_frames += 1
                self._rest = data[1:]
                continue
            self._rest = data[end + CRC :]
            if data[1] == PANEL:
                yield data[4], data[HEADER:end]
        self._rest = b""
