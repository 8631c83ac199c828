"""What the simulated board does with a command (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from ardugate.model import Hold
from ardugate.sim.calls import Calls
from ardugate.sim.channels import Channels, ChannelState, Refusal
from ardugate.sim.rate import LineRate
from ardugate.sim.streams import BoardClock, Streams
from ardugate.wire import limits, ops
from ardugate.wire import modes as wire_modes
from ardugate.wire.messages import Command, Fault, Status


@dataclass(slots=True)
class Eeprom:
    """What outlives a reset."""

    identity: int
    stopped: bool = False
    name: str = ""


@dataclass(slots=True)
class Eyes:
    """Until when the board shows itself, by blinking on D13; None while it does not."""

    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything that a command can touch, in one boot."""

    channels: Channels
    streams: Streams
    clock: BoardClock
    eeprom: Eeprom
    calls: Calls
    line: LineRate
    eyes: Eyes = field(default_factory=Eyes)


_BLINKS_ON: Final = 13
_MS: Final = 1_000_000

_FAULT_STATUS: Final = {"unknown_op": Status.UNKNOWN_COMMAND, "bad_payload": Status.BAD_REQUEST}


def run(machine: Machine, command: Command, t_ns: int) -> tuple[Status, bytes]:
    """Do one command, or begin it; the reply's status and data. Never raises, whatever the bytes."""
    arguments = ops.parse_arguments(command.op, command.arguments)
    if isinstance(arguments, Fault):
        return _FAULT_STATUS[arguments.kind], b""
    if isinstance(arguments, ops.Call):
        return machine.calls.begin(command.id, arguments, stopped=machine.eeprom.stopped, t_ns=t_ns)
    try:
        return Status.OK, ops.serialize_done(_do(machine, arguments, t_ns))
    except Refusal as refusal:
        return refusal.status, refusal.data


_Quick: TypeAlias = (
    ops.Set
    | ops.SetMode
    | ops.SetStream
    | ops.Renew
    | ops.ClearStop
    | ops.SetIdentity
    | ops.Read
    | ops.Identify
    | ops.SetName
    | ops.SetLine
)


def _do(machine: Machine, arguments: _Quick, t_ns: int) -> ops.DoneData:
    channels, streams = machine.channels, machine.streams
    now_us = machine.clock.us(t_ns)
    match arguments:
        case ops.Set(channel, ttl_ms, raw):
            state = channels.get(channel)
            if machine.eeprom.stopped:
                raise Refusal(Status.STOPPED)
            until_ms = channels.write(state, raw, ttl_ms, t_ns)
            hold = Hold.CLIENT if ttl_ms else state.hold
            return ops.SetDone(raw, now_us, wire_modes.HOLDS.index(hold), until_ms)
        case ops.SetMode(channel, mode, option):
            state = channels.get(channel)
            channels.check_mode(state, mode, option)
            if streams.hold(channel):
                # Its packing would be wrong from here on; the gateway takes a channel out of its stream first.
                raise Refusal(Status.WRONG_MODE)
            channels.change_mode(state, mode, option, t_ns)
            if channel == _BLINKS_ON:
                machine.eyes.until_ns = None
            return ops.ModeDone(mode, now_us)
        case ops.SetStream(_, replaces, _, ()):
            streams.end(replaces, t_ns)
            return ops.StreamDone(0, 0, now_us)
        case ops.SetStream(stream, replaces, period_ticks, numbers):
            started = streams.start(stream, replaces, period_ticks, numbers, t_ns)
            more = (started.step_ticks, started.effective_bits)
            return ops.StreamDone(started.packing, started.period_ticks, now_us, *more)
        case ops.Renew(ttl_ms, numbers):
            states = [channels.get(number) for number in numbers]
            for state in states:
                channels.check_ttl(state, ttl_ms)
            for state in states:
                channels.renew(state, ttl_ms, t_ns)
            return ops.Done(now_us)
        case ops.ClearStop():
            machine.eeprom.stopped = False
            return ops.Done(now_us)
        case ops.SetIdentity(identity):
            machine.eeprom.identity = identity
            return ops.Done(now_us)
        case ops.Identify(ms):
            light = channels.by_number.get(_BLINKS_ON)  # none: a declared channel has the pin
            if ms and (light is None or light.claimed):
                raise Refusal(Status.REFUSED, b"LED's pin")
            machine.eyes.until_ns = t_ns + ms * _MS if ms else None
            return ops.Done(now_us)
        case ops.SetName(name):
            if len(name.encode()) > limits.MAX_NAME_BYTES:
                raise Refusal(Status.OUT_OF_RANGE)
            machine.eeprom.name = name
            return ops.Done(now_us)
        case ops.SetLine(baud):
            if not machine.line.max_baud:
                raise Refusal(Status.UNKNOWN_COMMAND)
            if not machine.line.can(baud):
                raise Refusal(Status.OUT_OF_RANGE)
            return ops.LineDone(baud, now_us)
        case ops.Read(channel):
            return ops.ReadDone(_readable(channels, channel, t_ns), now_us)
        case _:
            assert_never(arguments)


def _readable(channels: Channels, number: int, t_ns: int) -> int:
    state: ChannelState = channels.get(number)
    raw = channels.measure(state, t_ns)
    if state.form is None or isinstance(raw, str):
        raise Refusal(Status.WRONG_MODE)
    return ops.float_bits(raw) if state.form is wire_modes.RawForm.F32 else int(raw)
