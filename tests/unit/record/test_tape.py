"""What is written is read again, and nothing of it different."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from ardugate.model import Batch, Loss, Stream
from ardugate.record.blocks import HEAD, Block, Damaged, Kind, block, blocks_in
from ardugate.record.notes import BoardSeen, Happened, Head, Missing, Note, StreamBegan, parse, serialize
from ardugate.record.reader import Event, Reader, Scans
from ardugate.record.tape import Tape
from tests.unit.record.build import T0, board, edges, led, pot, scans, tape


def read(data: bytes) -> list[Event]:
    return list(Reader().events(blocks_in(data)))


def same(batch: Batch, other: Batch) -> bool:
    """Batches are compared by identity elsewhere."""
    return all(
        getattr(batch, name) == getattr(other, name)
        for name in ("stream", "seq", "t0_ns", "columns", "times_ns", "lost")
    )


def batches(events: Iterable[Event]) -> list[Batch]:
    return [each.batch for each in events if isinstance(each, Scans)]


def test_scans_come_back_bit_by_bit_with_their_times_and_places() -> None:
    written = tape()
    sent = [(7, *scans(pot(), 0)), (8, *edges(led(), 0, [1, 0, 1])), (9, *scans(pot(), 10)), (12, *scans(pot(), 25))]
    for order, batch, packed in sent:
        written.samples(order, batch, packed)
    found = [each for each in read(written.take()) if isinstance(each, Scans)]
    assert [each.order for each in found] == [7, 8, 9, 12]
    assert [each.packed for each in found] == [packed for _, _, packed in sent]
    expected = [batch if batch.seq != 25 else replace(batch, lost=5) for _, batch, _ in sent]
    assert all(same(each.batch, batch) for each, batch in zip(found, expected, strict=True))


@pytest.mark.parametrize("dtype", ["u8", "u16", "i16", "i32", "f32", "text"])
def test_scans_that_no_board_packed_come_back_too(dtype: str) -> None:
    from array import array

    code = {"u8": "B", "u16": "H", "i16": "h", "i32": "i", "f32": "f"}.get(dtype)
    columns = [["a", "\u00e4\n"]] if code is None else [array(code, [1, 2])]
    stream = replace(led(), dtype=dtype, packing="")
    batch = Batch(stream.id, 0, T0, columns, array("q", [T0, T0 + 1]))
    written = Tape("7f3a", "0.1.0")
    written.stream_started(stream)
    written.samples(1, batch, b"")
    (found,) = batches(read(written.take()))
    assert same(found, batch)


def test_the_board_and_its_streams_come_back_as_they_were() -> None:
    events = read(tape().take())
    assert [each.board for each in events if isinstance(each, BoardSeen)] == [board()]
    assert [each.stream for each in events if isinstance(each, StreamBegan)] == [pot(), led()]


@pytest.mark.parametrize(
    "note",
    [
        Head("ardugate capture", 1, "0.1.0", "7f3a", 3, T0),
        Missing(4, Loss("wire", "damaged", "b1", 3, 7, T0, "greenhouse")),
        Happened("mark", None, "\u00fc \u2603", T0),
    ],
    ids=lambda note: type(note).__name__,
)
def test_a_note_is_the_same_after_it_was_read(note: Note) -> None:
    assert parse(serialize(note)) == note


def test_what_a_newer_version_notes_is_passed_over() -> None:
    assert parse(b'{"note":"weather","sun":true}') is None
    known = serialize(Happened("mark", None, "here", T0)).replace(b"{", b'{"colour":"red",', 1)
    assert parse(known) == Happened("mark", None, "here", T0)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"note":"head"}', b'{"note":"stream","number":1,"stream":[]}'])
def test_a_note_that_is_none_is_damage_and_nothing_else(body: bytes) -> None:
    (event,) = read(block(Kind.NOTE, body))
    assert isinstance(event, Damaged)


def test_notes_stand_where_they_happened_among_the_scans() -> None:
    written = tape()
    written.samples(1, *scans(pot(), 0))
    written.note(Happened("mark", None, "now", T0))
    written.samples(2, *scans(pot(), 10))
    kinds = [type(each).__name__ for each in read(written.take())]
    assert kinds[-3:] == ["Scans", "Happened", "Scans"]


def test_a_file_that_begins_later_knows_the_boards_and_the_streams_that_run() -> None:
    written = tape()
    written.samples(1, *scans(pot(), 0))
    written.stream_ended(2, "e1", "mode", T0)
    written.take()
    begin = written.preamble(T0)
    written.samples(3, *scans(pot(), 12))
    events = read(begin + written.take())
    assert isinstance(events[0], Head)
    assert events[0].order == 2
    assert [each.stream.id for each in events if isinstance(each, StreamBegan)] == ["b1"]
    assert [each.lost for each in batches(events)] == [2]


def test_a_board_that_says_nothing_new_is_noted_once() -> None:
    written = tape()
    written.take()
    written.board(board(), T0 + 1)
    assert written.take() == b""


def test_a_frame_of_the_fastest_stream_costs_less_than_1_45_bytes_a_sample() -> None:
    stream = replace(pot(hz=76_923), channels=pot().channels[:1])
    written = Tape("7f3a", "0.1.0")
    written.stream_started(stream)
    written.take()
    frames, count = 100, 192
    for frame in range(frames):
        batch = Batch("b1", frame * count, T0 + frame, scans(pot(), 0, count)[0].columns[:1])
        written.samples(frame, batch, bytes(240))
    assert len(written.take()) / (frames * count) <= 1.45


def test_any_damaged_byte_costs_one_block_and_nothing_wrong_is_read() -> None:
    written = tape()
    pieces = [written.take()]
    for number in range(3):
        written.samples(number + 1, *scans(pot(), 10 * number))
        pieces.append(written.take())
    data = b"".join(pieces)
    start, end = len(pieces[0]) + len(pieces[1]), len(pieces[0]) + len(pieces[1]) + len(pieces[2])
    for at in range(start, end):
        damaged = bytearray(data)
        damaged[at] ^= 0x41
        events = read(bytes(damaged))
        assert [each.seq for each in batches(events)] == [0, 20], at
        assert [each.size for each in events if isinstance(each, Damaged)] == [end - start]


def test_any_cut_leaves_every_block_before_it() -> None:
    written = tape()
    pieces = [written.take()]
    for number in range(2):
        written.samples(number + 1, *scans(pot(), 10 * number))
        pieces.append(written.take())
    data = b"".join(pieces)
    last = len(data) - len(pieces[-1])
    for end in range(last, len(data)):
        events = read(data[:end])
        assert [each.seq for each in batches(events)] == [0]
        assert [each.tail for each in events if isinstance(each, Damaged)] == ([True] if end > last else [])


def test_a_block_of_a_kind_that_is_not_known_is_passed_over() -> None:
    unknown = bytearray(block(Kind.NOTE, b"?"))
    found = Block(0, 99, b"?")
    assert list(Reader().events([found])) == []
    assert len(unknown) == HEAD.size + 1


def test_scans_of_a_stream_that_was_not_announced_are_damage() -> None:
    written = tape()
    written.take()
    written.samples(1, *scans(pot(), 0))
    assert [type(each) for each in read(written.take())] == [Damaged]


def test_streams_get_numbers_that_no_other_has_while_they_run() -> None:
    written = Tape("7f3a", "0.1.0")
    numbers: list[int] = []
    for turn in range(3):
        stream: Stream = pot(f"b{turn}")
        written.stream_started(stream)
        numbers += [each.number for each in read(written.take()) if isinstance(each, StreamBegan)]
        if turn == 1:
            written.stream_ended(1, "b0", "rate", T0)
    assert numbers == [0, 1, 2]
