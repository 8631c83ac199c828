"""The simulated sketch's commands, one at a time (docs/reference/wire.md, 3.4, call)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ardugate.sim.channels import Channels
from ardugate.sim.uno import Sketch
from ardugate.wire import modes as wire_modes
from ardugate.wire import ops
from ardugate.wire.calls import ArgumentValue, pack_arguments, unpack_arguments
from ardugate.wire.descriptor import ArgumentRecord, CommandRecord
from ardugate.wire.messages import Fault, Status

_NS: Final = 1_000_000_000


@dataclass(slots=True)
class _Running:
    id: int
    command: CommandRecord
    arguments: tuple[ArgumentValue, ...]
    began_ns: int
    steps: list[tuple[float, int, int | str]]


class Calls:
    """Runs the sketch's commands in one boot."""

    def __init__(self, sketch: Sketch, channels: Channels) -> None:
        self._sketch = sketch
        self._channels = channels
        self._running: _Running | None = None

    def begin(self, call_id: int, call: ops.Call, *, stopped: bool, t_ns: int) -> tuple[Status, bytes]:
        """Take a call: ``pending`` when it will run, else why not."""
        record = next((each for each in self._sketch.descriptor.commands if each.command == call.command), None)
        if record is None:
            return Status.UNKNOWN_COMMAND, b""
        values = unpack_arguments([wire_modes.TYPES[each.type] for each in record.arguments], call.arguments)
        if isinstance(values, Fault):
            return Status.BAD_REQUEST, b""
        if not all(_within(each, value) for each, value in zip(record.arguments, values, strict=True)):
            return Status.OUT_OF_RANGE, b""
        if stopped:
            return Status.STOPPED, b""
        if self._running is not None:
            return Status.REFUSED, b"busy"
        self._running = _Running(call_id, record, values, t_ns, self._sketch.scripts[call.command](values))
        return Status.PENDING, b""

    def next_ns(self) -> int | None:
        """When the sketch goes on."""
        if self._running is None:
            return None
        at_s = self._running.steps[0][0] if self._running.steps else 0.0
        return self._running.began_ns + round(at_s * _NS)

    def go_on(self, t_ns: int, *, stopped: bool) -> tuple[int, bytes] | None:
        """Do what is due; the id of the call that ended by it, and its packed result. While the stop is latched outputs
        stay as they are."""
        running = self._running
        if running is None:
            return None
        while running.steps and running.began_ns + round(running.steps[0][0] * _NS) <= t_ns:
            _, number, raw = running.steps.pop(0)
            state = self._channels.by_number[number]
            if not (stopped and state.output):
                self._channels.sketch_writes(state, raw, t_ns)
        if running.steps:
            return None
        self._running = None
        return running.id, self._result(running, t_ns)

    def _result(self, ended: _Running, t_ns: int) -> bytes:
        give = self._sketch.results.get(ended.command.command)
        if give is None:
            return b""
        kind = wire_modes.TYPES[ended.command.result]
        return pack_arguments([kind], [give(ended.arguments, self._channels.seconds(t_ns))])


def _within(argument: ArgumentRecord, value: bool | int | float | str) -> bool:
    if isinstance(value, str) or (argument.minimum == 0 and argument.maximum == 0):
        return True
    return argument.minimum <= value <= argument.maximum
