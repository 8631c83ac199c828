"""What the simulated board answers to questions (docs/reference/wire.md, 3.3)."""

from __future__ import annotations

from ardugate.sim.channels import Channels, ChannelState
from ardugate.sim.streams import Streams
from ardugate.wire import limits
from ardugate.wire import messages as msg
from ardugate.wire import modes as wire_modes
from ardugate.wire.answers import (
    ModeEntry,
    StreamDetail,
    StreamEntry,
    serialize_modes,
    serialize_stream,
    serialize_streams,
)


def answer(
    what: int, arg: int, descriptor: bytes, channels: Channels, streams: Streams, counters: msg.Counters
) -> bytes:
    """The data of the ANSWER; none for what this board does not know."""
    match what:
        case msg.What.DESCRIPTOR:
            return descriptor[arg : arg + limits.DESCRIPTOR_CHUNK_BYTES]
        case msg.What.MODES:
            states = sorted((state for state in channels if state.number >= arg), key=lambda state: state.number)
            return serialize_modes(_mode_entry(state) for state in states[: limits.MODES_PER_ANSWER])
        case msg.What.STREAMS:
            return serialize_streams(
                StreamEntry(s.number, s.packing, s.period_ticks, tuple(state.number for state in s.states))
                for s in streams.running.values()
            )
        case msg.What.STREAM:
            if (one := streams.running.get(arg)) is None:
                return b""
            detail = StreamDetail(one.packing, one.period_ticks, one.step_ticks, one.effective_bits)
            return serialize_stream(detail)
        case msg.What.COUNTERS:
            return msg.serialize_counters(counters)
        case _:
            return b""


def _mode_entry(state: ChannelState) -> ModeEntry:
    claimed = wire_modes.MODE_CLAIMED if state.claimed else 0
    return ModeEntry(state.number, state.mode, claimed | (wire_modes.MODE_EVENTS if state.events else 0))
