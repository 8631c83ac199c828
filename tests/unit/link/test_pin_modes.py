"""Modes of pins, from words to the board and back: who can, who cannot, whose timer it is."""

from __future__ import annotations

from array import array
from random import Random

import pytest

from ardugate.errors import Reason
from ardugate.link.events import BatchReceived, InfoChanged, StreamStarted
from ardugate.link.jobs import Refusal
from ardugate.link.known import Known
from ardugate.link.pin_modes import explained
from ardugate.model import (
    BoardRequest,
    Channel,
    Firmware,
    Hold,
    Mode,
    ModeRequest,
    RateRequest,
    ReadRequest,
    SetRequest,
)
from ardugate.sim.options import SketchName
from ardugate.sim.sketches import make_sketch
from ardugate.wire.messages import Status
from tests.support.joined import MS, Joined


@pytest.fixture
def both() -> Joined:
    joined = Joined()
    joined.live()
    return joined


def channel(joined: Joined, name: str) -> Channel:
    return next(each for each in joined.of(InfoChanged)[-1].info.channels if each.name == name)


def edges(joined: Joined, pin: str, count: int, half_ms: int = 5) -> None:
    for number in range(count):
        joined.sim.set_level(joined.now_ns, pin, number % 2 == 0)
        joined.run(half_ms)


def test_a_servo_is_set_in_degrees_and_held_by_a_client(both: Joined) -> None:
    both.done(ModeRequest("D9", Mode.SERVO))
    receipt = both.done(SetRequest("D9", 90))
    assert (receipt.value, receipt.hold) == (90.0, Hold.CLIENT)
    assert both.sim.output("D9") == 900
    servo = channel(both, "D9")
    assert (servo.unit, servo.minimum, servo.maximum, servo.safe) == ("°", 0, 180, 0)


def test_a_tone_is_set_in_hz(both: Joined) -> None:
    both.done(ModeRequest("D8", Mode.TONE))
    assert both.done(SetRequest("D8", 440)).value == 440
    assert channel(both, "D8").unit == "Hz"


@pytest.mark.parametrize(("edge", "counted"), [("rising", 2), ("falling", 2), ("both", 4)])
def test_a_counter_answers_a_read_with_its_edges(both: Joined, edge: str, counted: int) -> None:
    both.done(ModeRequest("D2", Mode.COUNT, {"edge": edge}))
    edges(both, "D2", 4)
    assert both.done(ReadRequest("D2")).value == counted


def test_an_encoder_has_a_partner(both: Joined) -> None:
    both.done(ModeRequest("D2", Mode.QUADRATURE, {"partner": "D3"}))
    for pin, high in (("D2", True), ("D3", True), ("D2", False)):
        both.sim.set_level(both.now_ns, pin, high)
    assert both.done(ReadRequest("D2")).value == 3


@pytest.mark.parametrize(
    ("mode", "dtype", "unit", "kind", "newest"),
    [(Mode.COUNT, "i32", "", int, 10), (Mode.FREQUENCY, "f32", "Hz", float, 100.0)],
    ids=["count", "frequency"],
)
def test_they_are_sampled_at_a_rate_with_their_unit(
    both: Joined, mode: Mode, dtype: str, unit: str, kind: type, newest: float
) -> None:
    both.done(ModeRequest("D2", mode))
    assert both.done(RateRequest(("D2",), 50)).rates == {"D2": 50}
    sampled = channel(both, "D2")
    assert (sampled.dtype, sampled.unit, sampled.rate_hz) == (dtype, unit, 50)
    begun = both.of(StreamStarted)
    edges(both, "D2", 20)
    both.run(50)
    streams = {event.stream.id for event in begun if event.stream.channels == (sampled,)}
    values = [
        value
        for event in both.of(BatchReceived)
        if event.batch.stream in streams
        for value in sampled.values(event.batch.columns[0])
    ]
    assert {type(value) for value in values} == {kind}
    assert values[-1] == pytest.approx(newest)


@pytest.mark.parametrize(
    ("before", "request_", "reason", "message", "hint"),
    [
        pytest.param(
            ModeRequest("D3", Mode.PWM),
            ModeRequest("D5", Mode.SERVO),
            Reason.TIMER_IN_USE,
            "servo on D5 needs a timer that is in use: pwm D3",
            "put D3 to off (`ardugate mode D3 off`), or choose another pin",
            id="a timer that a pin holds",
        ),
        pytest.param(
            ModeRequest("D9", Mode.SERVO),
            ModeRequest("D11", Mode.PWM),
            Reason.TIMER_IN_USE,
            "pwm on D11 needs a timer that is in use: servo",
            "put D9 to off (`ardugate mode D9 off`), or choose another pin",
            id="a timer that servos hold",
        ),
        pytest.param(
            ModeRequest("D5", Mode.TONE),
            ModeRequest("D6", Mode.TONE),
            Reason.TIMER_IN_USE,
            "tone on D6 needs a timer that is in use: tone D5",
            "put D5 to off (`ardugate mode D5 off`)",
            id="two tones",
        ),
        pytest.param(
            ModeRequest("D9", Mode.SERVO),
            SetRequest("D9", 181),
            Reason.OUT_OF_RANGE,
            "D9 takes 0 to 180 °, not 181",
            "",
            id="too many degrees",
        ),
        pytest.param(
            ModeRequest("D9", Mode.TONE),
            SetRequest("D9", 70_000),
            Reason.OUT_OF_RANGE,
            "D9 takes 0 to 65535 Hz, not 70000",
            "",
            id="too high a tone",
        ),
        pytest.param(
            None, SetRequest("D9", 90), Reason.WRONG_MODE, "set to 90", "first `ardugate mode D9 servo`", id="degrees"
        ),
        pytest.param(
            None, SetRequest("D9", 440), Reason.WRONG_MODE, "set to 440", "first `ardugate mode D9 tone`", id="Hz"
        ),
        pytest.param(
            None,
            ModeRequest("D4", Mode.COUNT),
            Reason.REFUSED,
            "D4 cannot do count",
            "D2, D3 can",
            id="a pin without an interrupt",
        ),
        pytest.param(
            None,
            ModeRequest("D2", Mode.QUADRATURE),
            Reason.BAD_REQUEST,
            "quadrature needs partner=PIN",
            "the encoder's other pin, such as partner=D3",
            id="no partner",
        ),
        pytest.param(
            None,
            ModeRequest("D2", Mode.QUADRATURE, {"partner": "D4"}),
            Reason.REFUSED,
            "the board refuses: partner",
            "",
            id="a partner that cannot",
        ),
        pytest.param(
            None,
            ModeRequest("D2", Mode.COUNT, {"edges": "both"}),
            Reason.BAD_REQUEST,
            "mode count has no option edges",
            "it takes edge=rising, falling or both",
            id="a misspelt option",
        ),
        pytest.param(
            None,
            ModeRequest("D9", Mode.SERVO, {"angle": 90}),
            Reason.BAD_REQUEST,
            "mode servo has no option angle",
            "it takes none",
            id="an option of a mode without any",
        ),
    ],
)
def test_what_cannot_be_is_said_with_what_could(
    both: Joined, before: BoardRequest | None, request_: BoardRequest, reason: Reason, message: str, hint: str
) -> None:
    if before is not None:
        both.done(before)
    error = both.failed(request_).error
    assert error.reason is reason
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize("said", [b"sketch", b"", b"\x1b[31m"], ids=["the sketch", "nothing", "no words"])
def test_a_holder_that_is_no_pin_is_not_freed_by_a_mode(said: bytes) -> None:
    known = Known(make_sketch(SketchName.PLAIN, "uno", Random(1)).descriptor, Firmware(1, "0"))
    known.refresh()
    error = explained(known, known.resolve("D5"), Mode.SERVO, Refusal(Status.TIMER_IN_USE, said))
    assert error.reason is Reason.TIMER_IN_USE
    assert error.hint == "choose another pin"
    assert error.message.isprintable()


def test_after_a_reset_they_are_put_back_and_count_from_0(both: Joined) -> None:
    both.done(ModeRequest("D2", Mode.COUNT, {"edge": "both"}))
    edges(both, "D2", 6)
    both.sim.reset(both.now_ns)
    both.run(1_000)
    assert channel(both, "D2").mode is Mode.COUNT
    assert both.done(ReadRequest("D2")).value == 0
    edges(both, "D2", 3)
    assert both.done(ReadRequest("D2")).value == 3
    assert both.now_ns % MS == 0


@pytest.mark.parametrize("tenths", [1, 901, 1_799])
def test_tenths_of_a_degree_are_that_in_the_receipt_and_in_the_stream(both: Joined, tenths: int) -> None:
    both.done(ModeRequest("D9", Mode.SERVO))
    servo = channel(both, "D9")
    assert both.done(SetRequest("D9", tenths / 10)).value == tenths / 10
    assert servo.values(array("i", (tenths,))) == [tenths / 10]
