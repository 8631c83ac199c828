"""Commands of the sketch, from names and values to the board and back."""

from __future__ import annotations

import math
import struct

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.link.calls import result_of
from ardugate.model import (
    CallRequest,
    ClearStopRequest,
    Receipt,
    SetRequest,
    SketchCommand,
    StopRequest,
    Value,
    ValueType,
)
from ardugate.sim.options import SimOptions, SketchName
from ardugate.wire import ops
from tests.support.joined import MS, Joined


@pytest.fixture
def demo() -> Joined:
    joined = Joined(SimOptions())
    joined.live()
    return joined


def calls(joined: Joined) -> int:
    return sum(execution.op == ops.Op.CALL for execution in joined.sim.executions)


def test_a_call_ends_when_the_board_has_done_it(demo: Joined) -> None:
    before_ns = demo.now_ns
    receipt = demo.done(CallRequest("blink", {"times": 3}))
    assert receipt.accepted_ns == before_ns
    assert abs(receipt.executed_ns - before_ns - 1_000 * MS) < 50 * MS


@pytest.mark.parametrize(
    ("request_", "value", "unit"),
    [
        (CallRequest("add", {"a": 2, "b": -5}), -3, ""),
        (CallRequest("half", {"x": 0.2}), 0.1, "V"),
        (CallRequest("is_odd", {"n": 7}), True, ""),
        (CallRequest("greet", {"name": "Zoë"}), "hello Zoë", ""),
        (CallRequest("say", {"words": "hi"}), None, ""),
        (CallRequest("greet", {"name": "x" * 25 + "Zoë"}), "hello " + "x" * 25 + "Z", ""),
        (CallRequest("add", {"a": 2**31 - 1, "b": 1}), -(2**31), ""),
        (CallRequest("half", {"x": 3.4e38}), 1.7e38, "V"),
    ],
    ids=lambda value: getattr(value, "command", ""),
)
def test_its_result_is_a_value_of_the_declared_type_in_its_unit(request_: CallRequest, value: Value, unit: str) -> None:
    joined = Joined(SimOptions(sketch=SketchName.DECLARING))
    joined.live()
    receipt = joined.done(request_)
    assert (receipt.value, type(receipt.value), receipt.unit) == (value, type(value), unit)


@pytest.mark.parametrize(
    ("data", "value"),
    [(struct.pack("<f", 21.3), 21.3), (struct.pack("<f", math.nan), None), (struct.pack("<f", math.inf), None)],
    ids=["shortest decimal", "not a number", "infinite"],
)
def test_a_real_result_is_what_somebody_wrote_or_no_value(data: bytes, value: Value) -> None:
    assert result_of(SketchCommand(0, "measure", (), ValueType.FLOAT, "V"), data) == value


@pytest.mark.parametrize("data", [b"", b"\x05hi"], ids=["none", "cut short"])
def test_a_result_that_cannot_be_read_is_the_board_s_fault(data: bytes) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        result_of(SketchCommand(0, "measure", (), ValueType.TEXT), data)


def test_it_is_waited_for_as_long_as_the_board_says_that_it_runs(demo: Joined) -> None:
    handle = demo.ask(CallRequest("blink", {"times": 20}), timeout_ms=500)
    demo.run(7_700)
    assert handle not in demo.results
    demo.run(300)
    assert isinstance(demo.results[handle], Receipt)
    assert calls(demo) == 1


def test_other_requests_go_on_meanwhile(demo: Joined) -> None:
    handle = demo.ask(CallRequest("blink", {"times": 20}))
    for number in range(30):
        assert demo.done(SetRequest("fan", number / 100)).value == pytest.approx(number / 100, abs=0.001)
    assert handle not in demo.results


def test_a_stop_is_cleared_while_a_command_runs(demo: Joined) -> None:
    handle = demo.ask(CallRequest("blink", {"times": 20}))
    demo.run(100)
    demo.done(StopRequest())
    demo.done(ClearStopRequest())
    assert handle not in demo.results
    assert demo.done(SetRequest("fan", 0.5)).value == pytest.approx(0.5)


def test_a_final_reply_that_is_lost_is_asked_for(demo: Joined) -> None:
    handle = demo.ask(CallRequest("blink", {"times": 1}))
    demo.run(150)
    demo.to_link = lambda _: b""
    demo.run(100)
    demo.to_link = bytes
    demo.run(1_200)
    assert isinstance(demo.results[handle], Receipt)
    assert calls(demo) == 1


def test_a_board_that_falls_silent_leaves_the_outcome_unknown(demo: Joined) -> None:
    handle = demo.ask(CallRequest("blink", {"times": 20}))
    demo.run(100)
    demo.to_board = lambda _: b""
    demo.to_link = lambda _: b""
    demo.run(4_000)
    assert getattr(demo.results[handle], "error").reason is Reason.UNKNOWN_OUTCOME  # noqa: B009


def test_the_next_call_waits_for_the_one_before(demo: Joined) -> None:
    first, second = demo.ask(CallRequest("blink", {"times": 2})), demo.ask(CallRequest("say", {"text": "hi"}))
    demo.run(500)
    assert second not in demo.results
    demo.run(300)
    assert isinstance(demo.results[first], Receipt)
    assert isinstance(demo.results[second], Receipt)


def test_a_stopped_board_runs_no_command(demo: Joined) -> None:
    demo.done(StopRequest())
    assert demo.failed(CallRequest("blink", {"times": 1})).error.reason is Reason.STOPPED


@pytest.mark.parametrize(
    ("request_", "reason", "message", "hint"),
    [
        (CallRequest("blnk", {}), Reason.UNKNOWN_COMMAND, "no command blnk", "did you mean blink?"),
        (CallRequest("zzz", {}), Reason.UNKNOWN_COMMAND, "no command zzz", "its commands: blink, say, battery"),
        (CallRequest("blink", {}), Reason.BAD_REQUEST, "blink needs times", "it takes times (1 to 20)"),
        (CallRequest("blink", {"time": 1}), Reason.BAD_REQUEST, "no argument 'time'", "did you mean times?"),
        (CallRequest("blink", {"times": "two"}), Reason.WRONG_TYPE, "times takes a whole number, not 'two'", ""),
        (CallRequest("blink", {"times": True}), Reason.WRONG_TYPE, "times takes a whole number", ""),
        (CallRequest("blink", {"times": 1.5}), Reason.WRONG_TYPE, "times takes a whole number, not 1.5", ""),
        (CallRequest("blink", {"times": None}), Reason.WRONG_TYPE, "times takes a whole number, not None", ""),
        (
            CallRequest("blink", {"times": 21}),
            Reason.OUT_OF_RANGE,
            "times is 21, which is beyond its limits",
            "times takes 1 to 20",
        ),
        (CallRequest("say", {"text": 1}), Reason.WRONG_TYPE, "text takes a text, not 1", ""),
        (CallRequest("say", {"text": "x" * 33}), Reason.OUT_OF_RANGE, "the arguments of say do not fit", ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_called_is_said_before_anything_is_sent(
    demo: Joined, request_: CallRequest, reason: Reason, message: str, hint: str
) -> None:
    error = demo.failed(request_).error
    assert error.reason is reason
    assert message in error.message
    assert hint in error.hint
    assert calls(demo) == 0
