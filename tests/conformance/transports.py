"""What stands between the suite and a board: bytes, and a clock. The suite never looks at the machine's own clock."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

import serial
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.firmware.host import HostBoard
from tests.support.chip import CLOCK_HZ, Chip

_NS = 1_000_000_000
# The plain board's top of a duty: raw values above 1 are one.
_PWM_MAX = 255


class Transport(ABC):
    """A board on its line.

    ``can_reset``, ``has_hands`` and ``can_set_baud`` tell whether ``reset``, ``set_level`` and ``output``, and
    ``set_baud`` can be used.
    """

    can_reset = True
    has_hands = True
    can_set_baud = True

    @abstractmethod
    def now(self) -> float:
        """Seconds on the clock by which this board is judged."""

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Put bytes on the line to the board."""

    @abstractmethod
    def advance(self, seconds: float) -> bytes:
        """Let so much time pass; what the board has said until then."""

    def reset(self) -> None:
        """Pull the reset line."""
        raise NotImplementedError

    def set_baud(self, baud: int) -> None:
        """Go to another rate at this end of the line."""
        raise NotImplementedError

    def set_level(self, pin: str, level: bool | None) -> None:
        """Drive an input from outside."""
        raise NotImplementedError

    def output(self, pin: str) -> float | None:
        """What an output really does (a duty from 0 to 1 for PWM); None: it is no output."""
        raise NotImplementedError


class SimTransport(Transport):
    """The simulated board, by a clock in the hand, on a line that begins at 115,200 baud."""

    def __init__(self, sketch: SketchName = SketchName.PLAIN) -> None:
        self._board = SimBoard(SimOptions(name="uno", sketch=sketch, baud=115_200, max_baud=2_000_000))
        self._now_ns = 1_000 * _NS
        self._board.tick(self._now_ns)

    def now(self) -> float:
        return self._now_ns / _NS

    def send(self, data: bytes) -> None:
        self._board.receive_data(self._now_ns, data)

    def advance(self, seconds: float) -> bytes:
        self._now_ns += round(seconds * _NS)
        return self._board.data_to_send(self._now_ns)

    def reset(self) -> None:
        self._board.reset(self._now_ns)

    def set_baud(self, baud: int) -> None:
        self._board.set_host_baud(self._now_ns, baud)

    def set_level(self, pin: str, level: bool | None) -> None:
        self._board.set_level(self._now_ns, pin, level)

    def output(self, pin: str) -> float | None:
        raw = float(self._board.output(pin))
        return raw / _PWM_MAX if raw > 1 else raw


class ChipTransport(Transport):
    """A sketch in the simulated chip, which runs only while the suite lets time pass."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def now(self) -> float:
        return self._chip.stepped_to / CLOCK_HZ

    def send(self, data: bytes) -> None:
        self._chip.send(data)

    def advance(self, seconds: float) -> bytes:
        return self._chip.run(seconds)

    def reset(self) -> None:
        self._chip.reset()

    def set_baud(self, baud: int) -> None:
        self._chip.set_baud(baud)

    def set_level(self, pin: str, level: bool | None) -> None:
        self._chip.set_pin(pin, level)

    def output(self, pin: str) -> float | None:
        return self._chip.level(pin)


class PortableTransport(Transport):
    """A sketch on this computer, as for a processor that is no AVR, on the fake Arduino core's USB line."""

    can_set_baud = False

    def __init__(self, board: HostBoard) -> None:
        self._board = board
        self._board.tell("start")
        self._now_us = 0

    def now(self) -> float:
        return self._now_us / 1e6

    def send(self, data: bytes) -> None:
        self._board.send_bytes(data)

    def advance(self, seconds: float) -> bytes:
        us = round(seconds * 1e6)
        self._now_us += us
        return self._board.pass_time(us)

    def reset(self) -> None:
        self._board.tell("reset")
        self._board.tell("start")

    def set_level(self, pin: str, level: bool | None) -> None:
        self._board.tell(f"input {_number(pin)} {int(bool(level))}")

    def output(self, pin: str) -> float | None:
        said = self._board.tell(f"output {_number(pin)}")
        if said == "in":
            return None
        return float(said) if not said.startswith("pwm ") else float(said[4:]) / _PWM_MAX


def _number(pin: str) -> int:
    """A pin's number on the fake core's board."""
    return int(pin[1:]) + (14 if pin.startswith("A") else 0)


class SerialTransport(Transport):
    """A board of somebody's own, on a serial port, by the machine's clock."""

    has_hands = False

    def __init__(self, port: str, baud: int, *, can_reset: bool) -> None:
        self.can_reset = can_reset
        self._baud = baud
        self._port = serial.Serial(port, baud, timeout=0)

    def now(self) -> float:
        return time.monotonic()

    def send(self, data: bytes) -> None:
        self._port.write(data)

    def advance(self, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        said = b""
        while (left := end - time.monotonic()) > 0:
            self._port.timeout = left
            said += self._port.read(1)
            said += self._port.read(self._port.in_waiting)
        return said

    def reset(self) -> None:
        self._port.baudrate = self._baud
        self._port.dtr = False
        time.sleep(0.1)  # the capacitor's pulse on an Uno is shorter
        self._port.reset_input_buffer()
        self._port.dtr = True

    def set_baud(self, baud: int) -> None:
        self._port.baudrate = baud

    def close(self) -> None:
        self._port.close()
