"""The firmware on a simulated ATmega328P: its size, its reactions, its sampling; in simulated time.

The shipped sketch, compiled as for a real Uno, runs in the chip of ``tests/support/chip`` at 115,200 baud (117,647 as
an Uno really makes it). Only the chip's clock passes, so these figures do not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.conformance.bench import Bench, later_by
from tests.conformance.transports import ChipTransport
from tests.support import firmware
from tests.support.chip import CLOCK_HZ, Chip, missing_tools

from ardugate.model import Mode
from ardugate.wire import messages as m
from ardugate.wire import modes, ops
from ardugate.wire.framing import encode
from ardugate.wire.samples import Format, unpack_scans
from benchmarks import chip_speed
from benchmarks.measure import Fact, LeftOut, Result, Tail, after_least

COMMANDS = 250
EDGES = 250
SCANS = 4_000
LOAD_HZ, LOAD_CHANNELS = 1_000.0, 4
_OUTPUT, _EDGE_PIN = 13, 7
# A ramp of 5 V in 4,000 cycles, of which a scan's period is a multiple: the value tells when in these 4,000 cycles the
# conversion was, to 4 cycles.
_RAMP_CYCLES = 4_000
_COUNTS = 1_024
# What the firmware fills the memory above its variables with when it starts.
_PAINT = 0xC5
_RAM_END = 0x900
_CYCLES_A_US = CLOCK_HZ // 1_000_000


def measure() -> Iterator[Result]:
    """What is counted, then idle, then under load, then the fastest that it keeps."""
    if missing := [*firmware.missing_tools(), *missing_tools()]:
        yield LeftOut("chip", f"not installed: {', '.join(missing)}")
        return
    elf = firmware.build("uno")
    size = firmware.memory(elf)
    yield Fact("flash of the shipped sketch", "B", size.flash)
    yield Fact("static RAM", "B", size.ram)
    with Chip(elf, pace="stepped") as chip:
        bench = Bench(ChipTransport(chip))
        bench.begin()
        random = Random(1)
        bench.output()
        bench.end_streams()
        yield from _reactions(bench, chip, random, "idle")
        bench.start(LOAD_HZ, LOAD_CHANNELS)
        yield from _reactions(bench, chip, random, "4 × 1 kHz")
        yield from _sampling(bench, chip)
        yield from _rates(bench)
        yield Fact("stack never touched in all of this", "B", _untouched(chip, firmware.symbol(elf, "_end")))
    yield from chip_speed.measure()
    yield Fact("StandardFirmata: a digital write to the pin, idle, median", "µs", 540, quoted=True)
    yield Fact("StandardFirmata: the same, streaming, median", "µs", 2_200, quoted=True)
    yield Fact("StandardFirmata: the same, streaming, most", "µs", 4_400, quoted=True)
    yield Fact("StandardFirmata: samples a second in all, at its 1 ms minimum", "1/s", 1_961, quoted=True)
    yield Fact("StandardFirmata: bytes a sample", "B", 3, quoted=True)


def _reactions(bench: Bench, chip: Chip, random: Random, load: str) -> Iterator[Result]:
    yield from _commands(bench, chip, random, load)
    yield from _edges(bench, chip, random, load)


def _commands(bench: Bench, chip: Chip, random: Random, load: str) -> Iterator[Result]:
    """From a command's first byte on the line to the pin, and from its last."""
    from_first: list[float] = []
    from_last: list[float] = []
    byte_cycles = chip.line().byte_cycles
    for number in range(COMMANDS):
        _wander(bench, random)
        line = encode(m.serialize(bench.frame(ops.Set(_OUTPUT, 0, 1 - number % 2))))
        began = chip.stepped_to
        bench.send_raw(line)
        bench.await_message(m.Reply)
        edges = chip.edges(_OUTPUT, began)
        assert len(edges) == 1, f"{len(edges)} edges"
        took = edges[0].cycle - began
        from_first.append(took / _CYCLES_A_US)
        from_last.append((took - len(line) * byte_cycles) / _CYCLES_A_US)
    yield Tail(f"{load}: a `set`'s first byte on the line → the pin", "µs", from_first)
    yield Tail(f"{load}: its last byte on the line → the pin", "µs", from_last)


def _edges(bench: Bench, chip: Chip, random: Random, load: str) -> Iterator[Result]:
    """How far an edge's board time is from the edge. Board time and the chip's clock have one rate; the least
    difference is taken for none."""
    differences: list[int] = []
    level = False
    chip.set_pin(_EDGE_PIN, level)
    bench.wait(0.1)
    for _ in range(EDGES):
        _wander(bench, random)
        level = not level
        at_cycle = chip.stepped_to + random.randrange(2_000, 34_000)
        chip.set_pin(_EDGE_PIN, level, at_cycle=at_cycle)
        while not (records := [each for each in bench.records(_EDGE_PIN) if each.value == level]):
            bench.step()
        differences.append(later_by(records[0].t_us, at_cycle // _CYCLES_A_US))
    yield Tail(f"{load}: board time of an edge, later than the edge by", "µs", after_least(differences, 1 << 32))


def _sampling(bench: Bench, chip: Chip) -> Iterator[Result]:
    """Jitter of the first channel's conversions by the cycle, and bytes a sample."""
    seconds = _RAMP_CYCLES / CLOCK_HZ
    chip.set_ramp("A0", 0.0, 5.0, seconds)
    bench.wait(0.1)
    bench.forget()
    before = chip.line().from_chip
    bench.wait(SCANS / LOAD_HZ)
    sent = chip.line().from_chip - before
    values: list[int] = []
    scans = 0
    for message in bench.all(m.Samples):
        columns = unpack_scans(Format.U10, message.packed, LOAD_CHANNELS)
        assert columns is not None
        values += map(int, columns[0])
        scans += len(columns[0])
    late = after_least([value * _RAMP_CYCLES // _COUNTS for value in values], _RAMP_CYCLES)
    yield Tail("4 × 1 kHz: when a scan begins, later than the earliest by", "cycles", late)
    yield Fact("4 × 1 kHz: bytes on the line a sample, heartbeats included", "B", round(sent / scans / 4, 3))
    yield Fact("4 × 1 kHz: scans lost", "", _lost(bench))


def _lost(bench: Bench) -> int:
    lost, expected = 0, None
    for message in bench.all(m.Samples):
        columns = unpack_scans(Format.U10, message.packed, LOAD_CHANNELS)
        assert columns is not None
        lost += message.seq - expected if expected is not None else 0
        expected = message.seq + len(columns[0])
    return lost


def _untouched(chip: Chip, end: int) -> int:
    above = chip.data(end, _RAM_END - end)
    return len(above) - len(above.lstrip(bytes((_PAINT,))))


def _rates(bench: Bench) -> Iterator[Result]:
    """The fastest that the board says it keeps at this baud rate: it refuses more and names the best."""
    tick_hz = bench.descriptor().tick_hz
    for count in (1, 6):
        channels = tuple(sorted(pin.channel for pin in bench.pins("analog")[:count]))
        bench.end_streams()
        for channel in channels:
            bench.done(ops.SetMode(channel, modes.MODE_BY_NAME[Mode.ANALOG].number), ops.ModeDone)
        reply = bench.command(ops.SetStream(bench.next_stream(), 0, 1, channels))
        if reply.status != m.Status.RATE_TOO_HIGH:
            yield LeftOut(f"fastest rate of {count}", f"a period of one tick is {m.Status(reply.status).name}")
            continue
        best_hz = tick_hz / int.from_bytes(reply.data[:4], "little")
        yield Fact(f"fastest kept rate at 115,200 baud, {count} channel(s): samples a second", "1/s", count * best_hz)


def _wander(bench: Bench, random: Random) -> None:
    """Some milliseconds, to the microsecond, so that nothing is in step."""
    bench.step(random.randrange(2_000, 9_000) / 1e6)
    bench.forget()
