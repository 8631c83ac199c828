"""The simulated sketch's commands."""

from __future__ import annotations

import struct

import pytest

from ardugate.model import ValueType
from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.sim.sketches import BLINK, LED, SAY, STATUS
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.calls import unpack_arguments
from ardugate.wire.messages import Status
from ardugate.wire.modes import RawForm
from tests.unit.sim.bench import BOOT, Bench, only, values

TWICE = ops.Call(BLINK, struct.pack("<i", 2))
FOREVER = ops.Call(BLINK, struct.pack("<i", 20))


@pytest.fixture
def demo() -> Bench:
    bench = Bench(SimBoard(SimOptions()))
    bench.boot()
    bench.wait(20)
    bench.heard.clear()
    return bench


def test_a_call_is_pending_at_once_and_ok_at_its_end(demo: Bench) -> None:
    reply = demo.command(TWICE)
    assert (reply.status, reply.data) == (Status.PENDING, b"")
    (final,) = only(msg.Reply, demo.wait(700))
    assert (final.id, final.status) == (reply.id, Status.OK)
    assert ops.parse_done(ops.Op.CALL, final.data) == ops.CallDone(620_000)
    assert [raw for _, raw in values(demo.heard, LED, RawForm.BOOL) if raw is not None][:4] == [1, 0, 1, 0]


def test_a_repeated_call_is_answered_from_memory_and_not_run_again(demo: Bench) -> None:
    first = demo.command(TWICE, command_id=7)
    assert demo.command(TWICE, command_id=7) == first
    demo.wait(700)
    assert demo.command(TWICE, command_id=7).status == Status.OK
    assert [execution.op for execution in demo.board.executions] == [ops.Op.CALL]


def test_a_call_is_remembered_beside_the_eight_replies(demo: Bench) -> None:
    demo.command(FOREVER, command_id=1)
    for number in range(2, 30):
        assert demo.command(ops.Read(LED), command_id=number).status == Status.OK
    assert demo.command(FOREVER, command_id=1).status == Status.PENDING


def test_one_runs_at_a_time(demo: Bench) -> None:
    demo.command(TWICE)
    busy = demo.command(ops.Call(SAY, b"\x02hi"))
    assert (busy.status, busy.data) == (Status.REFUSED, b"busy")
    demo.wait(700)
    said = demo.say(msg.Command(BOOT, 100, ops.Op.CALL, bytes((SAY,)) + b"\x02hi"))
    assert [reply.status for reply in only(msg.Reply, said)] == [Status.PENDING, Status.OK]
    assert values(demo.heard, STATUS, RawForm.TEXT)[-1][1] == "hi"


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (ops.Call(9, b""), Status.UNKNOWN_COMMAND),
        (ops.Call(BLINK, b"\x01\x00"), Status.BAD_REQUEST),
        (ops.Call(SAY, b"\x05hi"), Status.BAD_REQUEST),
        (ops.Call(BLINK, struct.pack("<i", 21)), Status.OUT_OF_RANGE),
        (ops.Call(BLINK, struct.pack("<i", 0)), Status.OUT_OF_RANGE),
    ],
    ids=["no such command", "too few bytes", "a text cut short", "too many", "too few"],
)
def test_what_cannot_be_called_is_refused_at_once(demo: Bench, call: ops.Call, status: Status) -> None:
    assert demo.command(call).status == status
    assert only(msg.Reply, demo.wait(50)) == []


def test_a_stop_holds_the_outputs_against_a_command_that_runs_and_lets_none_begin(demo: Bench) -> None:
    demo.command(FOREVER)
    demo.wait(50)
    demo.say(msg.Stop(100))
    demo.heard.clear()
    demo.wait(2_000)
    assert [raw for _, raw in values(demo.heard, LED, RawForm.BOOL) if raw] == []
    demo.wait(8_000)
    assert demo.command(TWICE, command_id=101).status == Status.STOPPED


@pytest.mark.parametrize(
    ("command", "given", "kind", "result"),
    [
        (0, struct.pack("<ii", 2, -5), ValueType.INT, -3),
        (1, struct.pack("<f", 4.5), ValueType.FLOAT, 2.25),
        (2, struct.pack("<i", 7), ValueType.BOOL, True),
        (3, b"\x05world", ValueType.TEXT, "hello world"),
    ],
    ids=["int", "float", "bool", "text"],
)
def test_a_command_gives_back_a_value_of_its_type(command: int, given: bytes, kind: ValueType, result: object) -> None:
    bench = Bench(SimBoard(SimOptions(sketch=SketchName.DECLARING)))
    bench.boot()
    said = bench.say(msg.Command(BOOT, 1, ops.Op.CALL, bytes((command,)) + given))
    final = only(msg.Reply, said)[-1]
    done = ops.parse_done(ops.Op.CALL, final.data)
    assert isinstance(done, ops.CallDone)
    assert unpack_arguments([kind], done.result) == (result,)


def test_another_boot_ends_what_runs(demo: Bench) -> None:
    demo.command(FOREVER)
    demo.boot(BOOT + 1)
    assert only(msg.Reply, demo.wait(9_000)) == []
