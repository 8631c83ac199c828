"""What of a link's events is told to clients, and in which time: pure functions."""

from __future__ import annotations

from array import array
from dataclasses import replace

from ardugate.link.events import LinkHealth
from ardugate.model import Batch, Board, BoardCounters, BoardInfo, BoardState, Channel, Firmware, LinkQuality, Receipt


def shifted(batch: Batch, by_ns: int) -> Batch:
    """A batch with its times moved: the same one for 0, which is all there ever is while nobody sets the clock."""
    if not by_ns:
        return batch
    times_ns = None if batch.times_ns is None else array("q", (at_ns + by_ns for at_ns in batch.times_ns))
    return replace(batch, t0_ns=batch.t0_ns + by_ns, times_ns=times_ns)


def shifted_receipt(receipt: Receipt, by_ns: int) -> Receipt:
    """A receipt with its times moved."""
    until_ns = None if receipt.until_ns is None else receipt.until_ns + by_ns
    accepted_ns, executed_ns = receipt.accepted_ns + by_ns, receipt.executed_ns + by_ns
    return replace(receipt, accepted_ns=accepted_ns, executed_ns=executed_ns, until_ns=until_ns)


def printed_info(name: str, channels: tuple[Channel, ...]) -> BoardInfo:
    """What is known of a board whose sketch only prints: the channels that its numbers are."""
    return BoardInfo(
        name=name,
        mcu="",
        tick_hz=1,
        max_streams=0,
        adc_bits=0,
        vref_v=0.0,
        pwm_max=0,
        firmware=Firmware(wire=0, version=""),
        pins=(),
        channels=channels,
    )


def state_told(board: Board) -> str:
    """Its state in a sentence."""
    if board.state is BoardState.LENT:
        return f"{board.name} is {board.reason}"
    return f"{board.name} is {board.state.value}" + (f": {board.reason}" if board.reason else "")


def quality_of(health: LinkHealth, counters: BoardCounters | None, baud: int | None) -> LinkQuality:
    """What clients are told of a link."""
    return LinkQuality(health.round_trip_ms, health.clock_error_ms, health.bad_frames, health.resends, counters, baud)


def is_visible(before: LinkQuality | None, now: LinkQuality) -> bool:
    """Whether somebody would see the difference: a new count, another rate of the line, a round trip a quarter longer
    or shorter, a clock known twice or half as well."""
    counts = (now.bad_frames, now.resends, now.counters, now.baud)
    if before is None or (before.bad_frames, before.resends, before.counters, before.baud) != counts:
        return True
    if not before.clock_error_ms / 2 <= now.clock_error_ms <= before.clock_error_ms * 2:
        return True
    change_ms = abs(now.round_trip_ms - before.round_trip_ms)
    return change_ms > max(0.5, before.round_trip_ms / 4)
