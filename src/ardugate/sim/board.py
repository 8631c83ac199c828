"""The simulated board's conversation with a gateway."""

from __future__ import annotations

from dataclasses import dataclass

from ardugate.sim.options import SimOptions


@dataclass(frozen=True, slots=True)
class Execution:
    """One command that really ran. ``op`` is its number on the wire (0: STOP), ``arguments`` its bytes."""

    boot_id: int
    id: int
    op: int
    arguments: bytes
    status: int
    at_us: int


class SimBoard:
    """A board that speaks docs/reference/wire.md, byte for byte. Pure: bytes and gateway time come in, bytes go out.

    It is switched on by the first call that gives it a time. Times never go back.
    """

    def __init__(self, options: SimOptions | None = None) -> None:
        self.options = options or SimOptions()
        self.executions: list[Execution] = []

    def receive_data(self, now_ns: int, data: bytes) -> None:
        """Bytes from the gateway."""
        raise NotImplementedError

    def tick(self, now_ns: int) -> None:
        """Let the board live until ``now_ns``."""
        raise NotImplementedError

    def next_deadline(self) -> int | None:
        """When ``tick`` or ``data_to_send`` next has something to do, in gateway time; 0 for at once."""
        raise NotImplementedError

    def data_to_send(self, now_ns: int) -> bytes:
        """What the line has carried since the last call; all there is, on a pipe without a baud rate."""
        raise NotImplementedError

    def reset(self, now_ns: int) -> None:
        """Pull the reset line."""
        raise NotImplementedError

    def silence(self, now_ns: int, for_ns: int) -> None:
        """Let nothing pass on the line, either way, for so long; the board lives on."""
        raise NotImplementedError

    def set_volts(self, now_ns: int, pin: str, volts: float | None) -> None:
        """Put a voltage on an analog pin; None gives it back to its own signal."""
        raise NotImplementedError

    def set_level(self, now_ns: int, name: str, level: bool | None) -> None:
        """Press (True) or release (False) a digital pin or the button; None lets go of it."""
        raise NotImplementedError
