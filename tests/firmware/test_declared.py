"""What a maker's sketch declares: the example of a greenhouse, and small sketches, on a simulated ATmega328P."""

from __future__ import annotations

import struct
from itertools import count
from pathlib import Path
from random import Random

import pytest

from ardugate.link import BoardLink
from ardugate.link.events import (
    BatchReceived,
    FaultCounted,
    InfoChanged,
    LinkEvent,
    LossFound,
    RequestDone,
    StreamStarted,
)
from ardugate.model import BoardRequest, CallRequest, RateRequest
from ardugate.wire import ops
from ardugate.wire.descriptor import ArgumentRecord, CommandRecord
from ardugate.wire.messages import Irregular, Log, Reply, Samples, Status, Stop
from tests.firmware.on_chip import ChipBoard, bools, changes, chip_board, described
from tests.firmware.test_on_chip import maker
from tests.support.chip import Chip
from tests.support.firmware import ROOT, build

pytestmark = pytest.mark.chip

GREENHOUSE = ROOT / "arduino" / "examples" / "greenhouse"
# By pin: the pump's D9, the probe's A0, then what has no pin.
PUMP, SOIL, TEMP = 20, 21, 22
A0, D9 = 14, 9
DECLARED = 255
# How finely the link and the chip take turns.
STEP_S = 0.002


def test_it_is_what_its_descriptor_says() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        descriptor = described(board)
        assert descriptor.name == "greenhouse"
        pump, soil, temp = descriptor.channels
        assert [(each.channel, each.name, each.unit, each.pin) for each in descriptor.channels] == [
            (PUMP, "pump", "", D9),
            (SOIL, "soil", "%", A0),
            (TEMP, "temp", "°C", DECLARED),
        ]
        assert (pump.hold, pump.hold_ms, pump.safe, pump.flags) == (0, 2_000, 0, 3)
        assert (soil.maximum, soil.effective_bits) == (1_023, 10)
        assert soil.maximum * soil.scale + soil.offset == pytest.approx(100)
        assert (temp.type, temp.flags) == (2, 6)
        argument = ArgumentRecord(1, 0, -32_768.0, 32_767.0, "seconds", "")
        assert descriptor.commands == (CommandRecord(0, 0, "water", (argument,)),)


def test_what_it_prints_is_log_text() -> None:
    with Chip(build("uno", GREENHOUSE), pace="stepped") as chip:
        assert Log(b"ready\r\n") in ChipBoard(chip).listen(0.1)


def test_a_pin_that_is_taken_is_no_plain_one_any_more() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        for arguments in (ops.SetMode(D9, 4), ops.SetMode(PUMP, 4), ops.Set(D9, 0, 1), ops.Read(A0)):
            assert board.command(arguments).status == Status.WRONG_MODE
        assert board.command(ops.Set(SOIL, 0, 1)).status == Status.READ_ONLY
        assert board.command(ops.Read(TEMP + 1)).status == Status.UNKNOWN_CHANNEL


def test_an_analog_channel_is_sampled_by_itself_and_at_the_rate_that_is_asked() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        board.chip.set_voltage("A0", 2.5)
        said = [message for message in board.go(1.0) if isinstance(message, Samples)]
        assert {message.stream for message in said} == {2}
        assert 18 <= len(said) <= 22
        (raw,) = struct.unpack("<H", said[-1].packed)
        assert raw == pytest.approx(512, abs=2)
        assert board.command(ops.SetStream(3, 2, 16_000, (SOIL,))).status == Status.OK
        assert board.command(ops.SetStream(4, 0, 16_000, (PUMP,))).status == Status.WRONG_MODE
        assert board.command(ops.SetStream(4, 0, 160_000, (A0 + 1, SOIL))).status == Status.WRONG_MODE


def test_a_value_is_sent_when_it_changes_at_most_twenty_times_a_second(tmp_path: Path) -> None:
    sketch = maker(
        tmp_path,
        """
        gate::Value fast("fast", "m/s");
        gate::Integer steps("steps");
        void setup() { Ardugate.begin(); }
        void loop() { fast = millis() * 0.5; steps = 7; Ardugate.run(); }
        """,
    )
    with chip_board(sketch) as board:
        board.boot()
        board.go(0.1)
        said = [message for message in board.go(1.0) if isinstance(message, Irregular)]
        sent = [message for message in said if message.channel == 20]
        assert 18 <= len(sent) <= 26  # those sampled with a heartbeat come between
        assert [message.seq for message in sent] == list(range(sent[0].seq, sent[0].seq + len(sent)))
        values = [struct.unpack("<If", message.records) for message in sent]
        assert all(value == pytest.approx(t_us / 2_000, abs=2) for t_us, value in values)
        assert {struct.unpack("<i", message.records[4:])[0] for message in said if message.channel == 21} == {7}


def test_an_output_is_held_by_who_sets_it_and_then_safe() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        done = ops.parse_done(ops.Op.SET, board.done(ops.Set(PUMP, 500, 1)).data)
        assert isinstance(done, ops.SetDone)
        assert (done.raw, done.hold, done.until_ms) == (1, 0, 500)
        assert board.chip.level("D9") == 1
        board.go(0.3)
        board.done(ops.Renew(500, (PUMP,)))
        board.go(0.35)
        assert board.chip.level("D9") == 1
        board.go(0.3)
        assert board.chip.level("D9") == 0
        assert board.command(ops.Set(PUMP, 2_001, 1)).status == Status.OUT_OF_RANGE
        assert board.command(ops.Set(PUMP, 0, 2)).status == Status.OUT_OF_RANGE


def test_without_heartbeats_and_after_a_stop_it_is_safe() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        board.done(ops.Set(PUMP, 2_000, 1))
        board.listen(1.1)
        assert board.chip.level("D9") == 0
        board.go(0.2)
        board.done(ops.Set(PUMP, 2_000, 1))
        board.send(Stop(99))
        board.listen(0.01)
        assert board.chip.level("D9") == 0
        assert board.command(ops.Set(PUMP, 0, 1)).status == Status.STOPPED


def test_a_call_is_pending_then_runs_then_is_done_and_is_run_once() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        call = ops.Call(0, struct.pack("<i", 3))
        number = board.post(call)
        said = board.go(0.5)
        assert [m.status for m in said if isinstance(m, Reply)] == [Status.PENDING]
        assert board.chip.level("D9") == 1
        # More replies than are remembered.
        for _ in range(10):
            board.done(ops.Read(TEMP))
        busy = board.command(call)
        assert (busy.status, busy.data) == (Status.REFUSED, b"busy")
        board.count_from(number)  # the same frame once more
        assert board.command(call).status == Status.PENDING
        said += board.go(3.0)
        (done,) = [m for m in said if isinstance(m, Reply) and m.status == Status.OK]
        assert done.id == number
        assert board.chip.level("D9") == 0
        assert changes(said, PUMP)[-2:] == [1, 0]
        assert changes(said, PUMP).count(1) == 1


def test_a_stop_holds_its_outputs_against_a_command() -> None:
    with chip_board(build("uno", GREENHOUSE)) as board:
        board.boot()
        board.post(ops.Call(0, struct.pack("<i", 1)))
        board.go(0.3)
        board.send(Stop(99))
        said = board.go(1.0)
        assert board.chip.level("D9") == 0
        assert [m.id for m in said if isinstance(m, Reply)] == [99, 2]
        board.count_from(100)
        assert board.command(ops.Call(0, struct.pack("<i", 1))).status == Status.STOPPED


TYPED = """
gate::Value heard("heard");
void all(bool a, uint8_t b, long c, float d, const char* e) { heard = a + b + c + d + e[1] - 'b' + strlen(e) * 1000; }
void none() { heard = -1; }
void setup() {
  Ardugate.command("all(a, b, c, d, e)", all);
  Ardugate.command("none", none);
  Ardugate.begin();
}
void loop() { Ardugate.run(); }
"""


def test_arguments_of_every_type_arrive(tmp_path: Path) -> None:
    packed = b"\x01" + struct.pack("<iif", 200, -5, 0.25) + b"\x03abc"
    with chip_board(maker(tmp_path, TYPED)) as board:
        board.boot()
        commands = described(board).commands
        assert [command.name for command in commands] == ["all", "none"]
        assert [(each.name, each.type) for each in commands[0].arguments] == list(
            zip("abcde", (0, 1, 1, 2, 4), strict=True)
        )
        board.post(ops.Call(0, packed))
        board.go(0.1)
        assert struct.unpack("<f", board.done(ops.Read(20)).data[:4]) == (3_196.25,)
        board.post(ops.Call(1, b""))
        board.go(0.1)
        assert struct.unpack("<f", board.done(ops.Read(20)).data[:4]) == (-1.0,)


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (ops.Call(2, b""), Status.UNKNOWN_COMMAND),
        (ops.Call(0, b"\x01"), Status.BAD_REQUEST),
        (ops.Call(0, b"\x02" + struct.pack("<iif", 1, 1, 1) + b"\0"), Status.BAD_REQUEST),
        (ops.Call(0, b"\x01" + struct.pack("<iif", 1, 1, 1) + b"\x05ab"), Status.BAD_REQUEST),
        (ops.Call(0, b"\x01" + struct.pack("<iif", 256, 1, 1) + b"\0"), Status.OUT_OF_RANGE),
        (ops.Call(0, b"\x01" + struct.pack("<iif", -1, 1, 1) + b"\0"), Status.OUT_OF_RANGE),
    ],
    ids=["no such command", "too few bytes", "no bool", "a text cut short", "above a byte", "below a byte"],
)
def test_a_call_that_cannot_be_is_refused(tmp_path: Path, call: ops.Call, status: Status) -> None:
    with chip_board(maker(tmp_path, TYPED)) as board:
        board.boot()
        assert board.command(call).status == status


def test_inputs_are_debounced_and_outputs_inverted_kept_and_limited(tmp_path: Path) -> None:
    sketch = maker(
        tmp_path,
        """
        gate::Input button("button", 7);
        gate::Output lamp("lamp", 8);
        gate::Pwm fan("fan", 3);
        void setup() {
          button.pullup().debounce(20);
          lamp.activeLow().keep();
          fan.limits(0, 0.5);
          Ardugate.begin();
        }
        void loop() { fan = 0.9; Ardugate.run(); }
        """,
    )
    fan, button, lamp = 20, 21, 22
    with chip_board(sketch) as board:
        board.chip.set_pin("D7", level=True)
        board.boot()
        assert board.chip.level("D8") == 1
        assert struct.unpack("<i", board.done(ops.Read(fan)).data[:4]) == (128,)
        assert board.command(ops.Set(fan, 0, 129)).status == Status.OUT_OF_RANGE
        board.done(ops.Set(lamp, 0, 1))
        board.listen(1.2)
        assert board.chip.level("D8") == 0, "it is kept though nobody is there"
        board.go(0.2)
        for level in (False, True, False):  # a bounce of 5 ms, then pressed
            board.chip.set_pin("D7", level=level)
            said = board.listen(0.005)
        said += board.go(0.1)
        assert changes(said, button)[-1:] == [1]
        assert bools(said, button).count(1) <= 2


def test_the_gateway_s_link_learns_all_of_it_from_the_descriptor() -> None:
    ids, streams = Random(1), count(1)
    link = BoardLink(
        board="greenhouse", random_boot_id=lambda: ids.getrandbits(32), new_stream_id=lambda: f"s{next(streams)}"
    )
    events: list[LinkEvent] = []
    with Chip(build("uno", GREENHOUSE), pace="stepped") as chip:
        chip.set_voltage("A0", 2.5)
        now_ns = 1_700_000_000_000_000_000
        link.connection_made(now_ns)

        def go(seconds: float) -> None:
            nonlocal now_ns
            for _ in range(round(seconds / STEP_S)):
                chip.send(link.data_to_send())
                now_ns += round(STEP_S * 1e9)
                link.receive_data(now_ns, chip.run(STEP_S))
                link.tick(now_ns)
                events.extend(link.events())

        go(1.0)
        info = [event.info for event in events if isinstance(event, InfoChanged)][-1]
        assert info.aliases == {"D9": "pump", "A0": "soil"}
        soil = next(event.stream for event in events if isinstance(event, StreamStarted) and event.stream.dt_ticks)
        (column,) = [e.batch for e in events if isinstance(e, BatchReceived) and e.batch.stream == soil.id][-1].columns
        assert soil.channels[0].values(column)[-1] == pytest.approx(50, abs=0.2)
        asked: list[BoardRequest] = [RateRequest(("soil",), 100), CallRequest("water", {"seconds": 3})]
        for handle, request in enumerate(asked):
            link.send(now_ns, handle, request, now_ns + 2_000_000_000)
        go(2.0)
        assert chip.level("D9") == 1
        go(1.5)
        assert chip.level("D9") == 0
        done = {event.handle: event.receipt for event in events if isinstance(event, RequestDone)}
        assert done[0].rates == {"soil": 100.0}
        assert (done[1].executed_ns - done[1].accepted_ns) / 1e9 == pytest.approx(3, abs=0.05)
        assert not [event for event in events if isinstance(event, LossFound)]
        # Whether a command still runs is asked again and again: that question may meet its end, which then comes twice.
        assert {event.kind for event in events if isinstance(event, FaultCounted)} <= {"duplicate_reply"}
