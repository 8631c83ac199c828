"""What a sketch declares beyond numbers: commands that give something back, texts and enums (3.4 call, 3.6, 4.1).

Held against the sketch in ``declaring/``; a board of your own whose sketch lacks a command or channel leaves its tests
out."""

from __future__ import annotations

import struct

import pytest

from ardugate.model import ValueType
from ardugate.sim import SketchName
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from ardugate.wire.calls import ArgumentValue, pack_arguments, unpack_arguments
from ardugate.wire.descriptor import ChannelRecord, CommandRecord
from tests.conformance.bench import Bench, later_by

SKETCH = SketchName.DECLARING

_INT, _FLOAT, _TEXT = ValueType.INT, ValueType.FLOAT, ValueType.TEXT
# A command of the sketch runs when its loop() comes round, which another board's may do once a second.
_ENDS_S = 3.0


def _command(bench: Bench, name: str) -> CommandRecord:
    found = [each for each in bench.descriptor().commands if each.name == name]
    if not found:
        pytest.skip(f"this board's sketch has no command {name}")
    return found[0]


def _channel(bench: Bench, name: str) -> ChannelRecord:
    found = [each for each in bench.descriptor().channels if each.name == name]
    if not found:
        pytest.skip(f"this board's sketch has no channel {name}")
    return found[0]


def _call(bench: Bench, name: str, *values: ArgumentValue) -> msg.Command:
    """The COMMAND, not sent yet."""
    record = _command(bench, name)
    types = [modes.TYPES[each.type] for each in record.arguments]
    return bench.frame(ops.Call(record.command, pack_arguments(types, values)))


def _done(bench: Bench, frame: msg.Command) -> ops.CallDone:
    """Call, wait for the end; what the board says of it."""
    bench.send(frame)
    final = bench.await_message(
        msg.Reply, lambda reply: reply.id == frame.id and reply.status != msg.Status.PENDING, within_s=_ENDS_S
    )
    assert msg.Status(final.status) is msg.Status.OK
    done = ops.parse_done(ops.Op.CALL, final.data)
    assert isinstance(done, ops.CallDone)
    return done


class TestResults:
    """A command gives back a value of its declared type, packed like an argument."""

    @pytest.mark.parametrize(
        ("name", "given", "kind", "result"),
        [
            ("add", (2, -5), _INT, -3),
            ("add", (2_147_483_647, 1), _INT, -2_147_483_648),
            ("half", (0.5,), _FLOAT, 0.25),
            ("is_odd", (7,), ValueType.BOOL, True),
            ("is_odd", (-4,), ValueType.BOOL, False),
            ("greet", ("Zoë",), _TEXT, "hello Zoë"),
        ],
    )
    def test_of_each_type(
        self, bench: Bench, name: str, given: tuple[ArgumentValue, ...], kind: ValueType, result: ArgumentValue
    ) -> None:
        assert modes.TYPES[_command(bench, name).result] is kind
        assert unpack_arguments([kind], _done(bench, _call(bench, name, *given)).result) == (result,)

    def test_its_unit_and_those_of_its_arguments_are_declared(self, bench: Bench) -> None:
        half, wait = _command(bench, "half"), _command(bench, "wait")
        assert (half.unit, half.arguments[0].unit) == ("V", "V")
        assert (wait.arguments[0].minimum, wait.arguments[0].maximum, wait.arguments[0].unit) == (0, 5_000, "ms")

    def test_a_command_without_one_gives_nothing(self, bench: Bench) -> None:
        assert _done(bench, _call(bench, "say", "hi")).result == b""

    def test_the_longest_text_still_fits(self, bench: Bench) -> None:
        done = _done(bench, _call(bench, "greet", "x" * 32))
        assert len(done.result) <= limits.MAX_RESULT_BYTES
        assert unpack_arguments([_TEXT], done.result) == ("hello " + "x" * 26,)

    def test_it_is_remembered_with_the_reply(self, bench: Bench) -> None:
        frame = _call(bench, "add", 20, 22)
        first = _done(bench, frame)
        for _ in range(limits.REPLY_SLOTS):
            bench.beat()
            bench.command(ops.Read(bench.pin("input").channel))
        assert _done(bench, frame) == first


class TestCalls:
    """One at a time, `pending` while it runs, `ok` at its end."""

    def test_it_is_pending_until_it_ends_and_its_time_is_its_end(self, bench: Bench) -> None:
        before = bench.beat(stamp=1).received_us
        frame = _call(bench, "wait", 400)
        assert bench.ask(frame).status == msg.Status.PENDING
        assert bench.ask(frame).status == msg.Status.PENDING
        final = bench.await_message(msg.Reply, lambda reply: reply.status == msg.Status.OK, within_s=_ENDS_S)
        done = ops.parse_done(ops.Op.CALL, final.data)
        assert isinstance(done, ops.CallDone)
        assert later_by(done.executed_us, before) >= 400_000

    def test_another_one_meanwhile_is_busy_and_everything_else_goes_on(self, bench: Bench) -> None:
        running = _call(bench, "wait", 500)
        assert bench.ask(running).status == msg.Status.PENDING
        busy = bench.ask(_call(bench, "add", 1, 1))
        assert (busy.status, busy.data) == (msg.Status.REFUSED, b"busy")
        pin = bench.output()
        assert bench.set(pin.channel, 1).raw == 1
        assert bench.ask(running).status == msg.Status.PENDING
        bench.await_message(msg.Reply, lambda reply: reply.id == running.id and reply.status == 0, within_s=_ENDS_S)

    @pytest.mark.parametrize(
        ("name", "arguments", "status"),
        [
            ("choose", struct.pack("<i", 3), msg.Status.OUT_OF_RANGE),
            ("choose", struct.pack("<i", -1), msg.Status.OUT_OF_RANGE),
            ("wait", struct.pack("<i", 5_001), msg.Status.OUT_OF_RANGE),
            ("choose", b"\x01\0", msg.Status.BAD_REQUEST),
            ("greet", b"\x05hi", msg.Status.BAD_REQUEST),
            ("add", struct.pack("<i", 1), msg.Status.BAD_REQUEST),
        ],
        ids=["above", "below", "above another", "too few bytes", "a text cut short", "one missing"],
    )
    def test_arguments_that_cannot_be_are_refused_at_once(
        self, bench: Bench, name: str, arguments: bytes, status: msg.Status
    ) -> None:
        reply = bench.command(ops.Call(_command(bench, name).command, arguments))
        assert msg.Status(reply.status) is status

    def test_a_stopped_board_runs_none(self, bench: Bench) -> None:
        frame = _call(bench, "add", 1, 1)
        bench.ask(msg.Stop(bench.next_id()))
        assert bench.ask(bench.frame(ops.Call(frame.arguments[0], frame.arguments[1:]))).status == msg.Status.STOPPED
        bench.done(ops.ClearStop(), ops.Done)
        assert unpack_arguments([_INT], _done(bench, _call(bench, "add", 1, 1)).result) == (2,)


class TestTexts:
    """A text comes by itself, whole, and is the sketch's alone."""

    @pytest.mark.parametrize("words", ["all is well", "", "21 °C", "x" * 32], ids=["ascii", "none", "utf-8", "longest"])
    def test_a_new_one_is_one_sample(self, bench: Bench, words: str) -> None:
        note = _channel(bench, "note")
        _done(bench, _call(bench, "say", "other"))
        bench.wait(0.2)
        bench.forget()
        _done(bench, _call(bench, "say", words))
        bench.wait(0.2)
        assert [each.value for each in bench.records(note.channel)][:1] == [words]

    def test_it_is_said_when_a_boot_begins(self, bench: Bench) -> None:
        note = _channel(bench, "note")
        _done(bench, _call(bench, "say", "hello"))
        bench.forget()
        bench.boot_id = bench.fresh_boot_id()
        bench.hello(bench.boot_id)
        bench.wait(0.3)
        assert isinstance(bench.records(note.channel)[0].value, str)

    def test_it_cannot_be_set(self, bench: Bench) -> None:
        assert bench.command(ops.Set(_channel(bench, "note").channel, 0, 1)).status == msg.Status.READ_ONLY


class TestEnums:
    """A number with words for each of its values."""

    def test_its_labels_are_declared_in_order(self, bench: Bench) -> None:
        state = _channel(bench, "state")
        assert modes.TYPES[state.type] is ValueType.ENUM
        assert [(label.value, label.name) for label in state.labels] == [(0, "idle"), (1, "busy"), (2, "done")]

    def test_it_is_sent_and_read_as_its_number(self, bench: Bench) -> None:
        state = _channel(bench, "state")
        _done(bench, _call(bench, "choose", 0))
        bench.wait(0.2)
        bench.forget()
        for number in (1, 2):
            _done(bench, _call(bench, "choose", number))
            bench.wait(0.2)
            assert bench.read(state.channel) == number
        changes = [each.value for each in bench.records(state.channel)]
        assert list(dict.fromkeys(changes)) == [1, 2]
