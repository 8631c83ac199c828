"""wire.md, 3.3 and 4: what a board says of itself."""

from __future__ import annotations

import zlib
from itertools import pairwise

from ardugate.model import Mode
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from ardugate.wire.descriptor import NO_PIN, Tag
from tests.conformance.bench import Bench


def test_the_descriptor_is_as_long_as_hello_says_and_has_its_crc(bench: Bench) -> None:
    hello = bench.hello(bench.boot_id)
    data = bench.descriptor_bytes()
    assert (len(data), zlib.crc32(data)) == (hello.descriptor_bytes, hello.descriptor_crc)


def test_any_offset_gives_the_descriptor_from_there(bench: Bench) -> None:
    data = bench.descriptor_bytes()
    for offset in (1, 7, len(data) - 1):
        piece = bench.query(msg.What.DESCRIPTOR, offset)
        assert 0 < len(piece) <= limits.DESCRIPTOR_CHUNK_BYTES
        assert data[offset:].startswith(piece)


def test_past_the_descriptor_s_end_there_is_none(bench: Bench) -> None:
    size = len(bench.descriptor_bytes())
    assert [bench.query(msg.What.DESCRIPTOR, offset) for offset in (size, size + 1, 0xFFFF)] == [b"", b"", b""]


def test_the_descriptor_s_records_come_in_ascending_order(bench: Bench) -> None:
    data = bench.descriptor_bytes()
    assert data[0] == Tag.BOARD
    descriptor = bench.descriptor()
    for ids in (
        [pin.channel for pin in descriptor.pins],
        [channel.channel for channel in descriptor.channels],
        [command.command for command in descriptor.commands],
    ):
        assert all(earlier < later for earlier, later in pairwise(ids))


def test_channel_ids_and_names_are_unique(bench: Bench) -> None:
    descriptor = bench.descriptor()
    ids = [pin.channel for pin in descriptor.pins] + [channel.channel for channel in descriptor.channels]
    names = [pin.name for pin in descriptor.pins] + [channel.name for channel in descriptor.channels]
    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)
    assert all(0 <= number <= 254 for number in ids)
    assert all(channel.pin == NO_PIN or channel.pin in ids for channel in descriptor.channels)


def test_the_board_s_own_figures_are_possible(bench: Bench) -> None:
    descriptor = bench.descriptor()
    assert descriptor.tick_hz > 0
    assert descriptor.name
    assert descriptor.mcu


def test_modes_come_in_ascending_order_from_the_id_that_was_asked_for(bench: Bench) -> None:
    entries = bench.modes()
    ids = [entry.channel for entry in entries]
    assert ids == sorted(set(ids))
    assert bench.query(msg.What.MODES, ids[-1] + 1) == b""
    tail = bench.query(msg.What.MODES, ids[1])
    assert tail[0] == ids[1]
    assert len(tail) <= 3 * limits.MODES_PER_ANSWER


def test_the_events_flag_says_which_channels_have_an_irregular_stream(bench: Bench) -> None:
    table = {entry.number: entry.events for entry in modes.MODES}
    plain = [entry for entry in bench.modes() if entry.mode != modes.DECLARED]
    assert all(bool(entry.flags & modes.MODE_EVENTS) == table[entry.mode] for entry in plain)


def test_a_mode_claims_its_pin(bench: Bench) -> None:
    pin = bench.pin("output")
    bench.done(ops.SetMode(pin.channel, modes.MODE_BY_NAME[Mode.INPUT].number), ops.ModeDone)
    entry = next(entry for entry in bench.modes() if entry.channel == pin.channel)
    assert (entry.mode, bool(entry.flags & modes.MODE_CLAIMED)) == (1, True)


def test_an_unknown_question_is_answered_without_data(bench: Bench) -> None:
    assert [bench.query(what) for what in (9, 255)] == [b"", b""]


def test_a_question_changes_nothing_however_often_it_is_asked(bench: Bench) -> None:
    before = (bench.modes(), bench.streams())
    for _ in range(5):
        bench.query(msg.What.DESCRIPTOR)
    assert (bench.modes(), bench.streams()) == before
