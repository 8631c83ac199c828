"""How the simulated board says who it is: its name, and showing itself."""

from __future__ import annotations

import zlib

import pytest

from ardugate.sim import SimBoard, SimOptions
from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.messages import Status
from tests.unit.sim.bench import BOOT, Bench, only, plain

D13, OFF, INPUT, OUTPUT = 13, 0, 1, 4


def name(bench: Bench) -> str:
    data = b""
    while piece := only(msg.Answer, bench.say(msg.Query(msg.What.DESCRIPTOR, len(data))))[0].data:
        data += piece
    descriptor = parse_descriptor(data)
    assert isinstance(descriptor, Descriptor)
    return descriptor.name


def test_a_name_is_said_from_the_next_boot_on_and_outlives_a_reset() -> None:
    bench = Bench(SimBoard(SimOptions(name="uno")))
    bench.boot()
    assert bench.command(ops.SetName("Gewächshaus")).status == Status.OK
    assert name(bench) == "uno"
    (hello,) = only(msg.BoardHello, bench.boot(BOOT + 1))
    assert name(bench) == "Gewächshaus"
    bench.board.reset(bench.now_ns)
    bench.boot(BOOT + 2)
    assert name(bench) == "Gewächshaus"
    assert hello.descriptor_crc == only(msg.BoardHello, bench.boot(BOOT + 2))[0].descriptor_crc != zlib.crc32(b"")


def test_no_name_is_the_sketch_s_own_again() -> None:
    bench = Bench(SimBoard(SimOptions(name="uno")))
    bench.boot()
    bench.command(ops.SetName("other"))
    bench.command(ops.SetName(""))
    bench.boot(BOOT + 1)
    assert name(bench) == "uno"


def test_a_name_that_does_not_fit_is_refused() -> None:
    bench = plain()
    assert bench.command(ops.SetName("x" * 33)).status == Status.OUT_OF_RANGE


def test_it_shows_itself_for_as_long_as_it_was_asked() -> None:
    bench = plain()
    assert bench.command(ops.Identify(500)).status == Status.OK
    bench.wait(490)
    assert bench.board.identifying()
    bench.wait(20)
    assert not bench.board.identifying()
    bench.command(ops.Identify(60_000))
    bench.command(ops.Identify(0))
    assert not bench.board.identifying()


@pytest.mark.parametrize("mode", [OFF, INPUT, OUTPUT])
def test_it_cannot_once_its_light_s_pin_was_claimed_for_whatever(mode: int) -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, OUTPUT))
    bench.command(ops.SetMode(D13, mode))
    reply = bench.command(ops.Identify(500))
    assert (reply.status, reply.data) == (Status.REFUSED, b"LED's pin")
    bench.board.reset(bench.now_ns)
    bench.boot()
    assert bench.command(ops.Identify(500)).status == Status.OK


def test_a_claim_a_stop_and_silence_end_it() -> None:
    bench = plain()
    bench.command(ops.Identify(60_000))
    bench.say(msg.Stop(9))
    assert not bench.board.identifying()
    bench.command(ops.ClearStop())
    bench.command(ops.Identify(60_000))
    assert bench.board.identifying()
    bench.wait(limits.WATCHDOG_MS + 10, beat=False)
    assert not bench.board.identifying()
    bench.command(ops.Identify(60_000))
    bench.command(ops.SetMode(D13, OFF))
    assert not bench.board.identifying()
