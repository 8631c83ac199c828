from __future__ import annotations

from dataclasses import replace

import pytest

from ardugate.wire import messages as m
from ardugate.wire import ops
from ardugate.wire.answers import (
    ModeEntry,
    StreamDetail,
    parse_modes,
    parse_stream,
    parse_streams,
    serialize_modes,
    serialize_stream,
)
from ardugate.wire.descriptor import Descriptor, parse_descriptor, serialize_descriptor
from ardugate.wire.messages import Fault, parse_from_board, parse_to_board, serialize
from ardugate.wire.modes import MODES, abilities_from_bits, bits_from_abilities
from tests.support.make_wire_vectors import ARGUMENTS, DESCRIPTORS, DONE, FROM_BOARD, TO_BOARD

OPEN_ENDED = (m.Command, m.Answer, m.Reply, m.Samples, m.Irregular, m.Log)


@pytest.mark.parametrize("message", [*TO_BOARD, *FROM_BOARD], ids=lambda message: type(message).__name__)
def test_every_cut_of_a_message_is_a_fault_or_a_message_but_never_an_error(message: m.ToBoard | m.FromBoard) -> None:
    body = serialize(message)
    for size in range(1, len(body)):
        for parse in (parse_to_board, parse_from_board):
            got = parse(body[:size])
            assert isinstance(got, (Fault, *OPEN_ENDED))


@pytest.mark.parametrize(
    "message",
    [message for message in [*TO_BOARD, *FROM_BOARD] if not isinstance(message, OPEN_ENDED)],
    ids=lambda message: type(message).__name__,
)
def test_bytes_after_the_known_fields_are_ignored(message: m.ToBoard | m.FromBoard) -> None:
    body = serialize(message) + b"\x99\x99"
    assert message in (parse_to_board(body), parse_from_board(body))


def test_an_unknown_code_is_a_fault_that_names_it() -> None:
    assert parse_from_board(b"\x7e123") == Fault("unknown_code", "code 0x7e")
    assert parse_to_board(b"\x41123") == Fault("unknown_code", "code 0x41")


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda value: type(value).__name__)
def test_arguments_come_back_and_cut_ones_are_a_fault(arguments: ops.Arguments) -> None:
    data = ops.serialize_arguments(arguments)
    op = ops.op_of(arguments)
    assert ops.parse_arguments(op, data) == arguments
    if data and not isinstance(arguments, ops.SetStream | ops.Renew | ops.Call | ops.SetName):
        assert isinstance(ops.parse_arguments(op, data[:-1]), Fault)


def test_an_unknown_op_is_a_fault() -> None:
    assert ops.parse_arguments(99, b"") == Fault("unknown_op", "op 99")


@pytest.mark.parametrize(("op", "done"), DONE, ids=[op for op, _ in DONE])
def test_reply_data_comes_back_within_12_bytes(op: str, done: ops.DoneData) -> None:
    data = ops.serialize_done(done)
    assert op == "call" or len(data) <= 12
    assert ops.parse_done(ops.Op[op.upper()], data) == done
    if not getattr(done, "result", b"") and getattr(done, "step_ticks", None) is None:
        assert isinstance(ops.parse_done(ops.Op[op.upper()], data[:-1]), Fault)


def test_a_stream_reply_without_the_newer_fields_says_no_step() -> None:
    done = ops.StreamDone(1, 2_500, 78, 13, 8)
    older = ops.serialize_done(done)[:-1]
    assert ops.parse_done(ops.Op.STREAM, older) == ops.StreamDone(1, 2_500, 78, None, 0)


def test_a_call_gives_back_whatever_follows_its_time() -> None:
    assert ops.parse_done(ops.Op.CALL, b"\x01\0\0\0\x02hi") == ops.CallDone(1, b"\x02hi")


def test_a_name_that_is_no_utf_8_is_a_fault() -> None:
    assert isinstance(ops.parse_arguments(ops.Op.NAME, b"\xff"), Fault)


def test_a_rate_too_high_offers_two_periods_and_a_board_that_says_one_offers_that() -> None:
    assert ops.parse_offer(bytes.fromhex("80 08 00 00 d0 00 00 00")) == ops.RateOffer(2_176, 208)
    assert ops.parse_offer(bytes.fromhex("80 08 00 00")) == ops.RateOffer(2_176, 2_176)
    assert ops.parse_offer(b"\x80\x08") is None


def test_a_stream_that_does_not_run_has_no_detail() -> None:
    assert parse_stream(serialize_stream(None)) is None
    assert parse_stream(serialize_stream(StreamDetail(1, 208, 13, 8))) == StreamDetail(1, 208, 13, 8)


def test_an_f32_travels_in_the_bits_of_raw() -> None:
    assert ops.bits_float(ops.float_bits(-21.5)) == -21.5


@pytest.mark.parametrize(("name", "descriptor"), DESCRIPTORS, ids=[name for name, _ in DESCRIPTORS])
def test_a_descriptor_comes_back_and_none_of_its_cuts_is_an_error(name: str, descriptor: Descriptor) -> None:
    data = serialize_descriptor(descriptor)
    assert parse_descriptor(data) == descriptor, name
    for size in range(len(data)):
        assert isinstance(parse_descriptor(data[:size]), Fault | Descriptor)


def test_a_descriptor_without_a_board_record_is_a_fault() -> None:
    assert isinstance(parse_descriptor(b""), Fault)


def test_unknown_records_of_a_descriptor_are_skipped() -> None:
    descriptor = DESCRIPTORS[0][1]
    data = serialize_descriptor(descriptor)
    assert parse_descriptor(b"\xf0\x03abc" + data + b"\xf1\x00") == descriptor


def test_a_board_without_a_highest_line_rate_says_none_and_one_without_a_step_still_can() -> None:
    fast = replace(DESCRIPTORS[0][1], max_baud=2_000_000)
    assert len(serialize_descriptor(fast)) == len(serialize_descriptor(DESCRIPTORS[0][1])) + 6
    assert parse_descriptor(serialize_descriptor(fast)) == fast


def test_a_label_without_its_channel_is_a_fault() -> None:
    data = serialize_descriptor(DESCRIPTORS[0][1])
    assert isinstance(parse_descriptor(data + b"\x04\x03\x00\x01x"), Fault)


def test_lists_that_are_cut_off_are_refused() -> None:
    assert parse_modes(serialize_modes([ModeEntry(1, 2, 3)]) + b"x") is None
    assert parse_streams(b"\x01\x01\0\0\0\0\x02\x0e") is None
    assert parse_streams(b"\x01\x01") is None


def test_mode_numbers_are_those_of_the_specification() -> None:
    assert [spec.number for spec in MODES] == list(range(11))


def test_abilities_have_the_bits_of_the_specification() -> None:
    names = frozenset({"input", "pwm", "quadrature"})
    assert bits_from_abilities(names, locked=True) == 1 << 0 | 1 << 4 | 1 << 10 | 1 << 15
    assert abilities_from_bits(1 << 0 | 1 << 4 | 1 << 10 | 1 << 15) == names
