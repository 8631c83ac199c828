from __future__ import annotations

from array import array

import pytest

from ardugate.link.events import (
    BatchReceived,
    CountersReported,
    FaultCounted,
    LossFound,
    StreamEnded,
    StreamStarted,
    TextReceived,
)
from ardugate.model import BoardCounters, Loss, Mode, ModeRequest, SetRequest, Stream
from ardugate.wire import messages as m
from ardugate.wire.framing import encode
from ardugate.wire.modes import RawForm
from ardugate.wire.records import pack_records
from tests.support.joined import MS, Joined


class Alone(Joined):
    """A live link whose board is silent from now on: the test speaks in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.live()
        self.run(1)
        self.streams: dict[str, Stream] = {}
        self.to_board = lambda _: b""
        self.to_link = lambda _: b""

    def say(self, *messages: m.FromBoard, raw: bytes = b"") -> None:
        """Let the link hear this at once."""
        self.now_ns += MS
        self.link.receive_data(self.now_ns, raw + b"".join(encode(m.serialize(message)) for message in messages))
        self.collect()

    def faults(self) -> dict[str, int]:
        return {event.kind: event.count for event in self.of(FaultCounted)}


@pytest.fixture
def board() -> Alone:
    return Alone()


def u10(seq: int, *, stream: int = 1, scans: int = 2) -> m.Samples:
    """Scans of the start stream's six channels, all zero."""
    values = 6 * scans
    return m.Samples(stream, seq, 2_000_000 + seq * 1_000, bytes(values + -(-values // 4)))


def batches(board: Alone) -> list[tuple[int, int, int]]:
    return [(event.batch.seq, event.batch.count, event.batch.lost) for event in board.of(BatchReceived)]


def next_seq(board: Alone) -> int:
    """The start stream's next number, learned from a gap."""
    board.say(u10(1_000))
    loss = board.of(LossFound)[-1].loss
    board.events.clear()
    assert loss.from_seq + loss.count == 1_000
    return 1_002


def test_scans_are_counted_on_when_the_boards_number_wraps(board: Alone) -> None:
    first, jump = next_seq(board), 2**31 - 100
    packed = u10(0).packed
    for step in range(4):
        board.say(m.Samples(1, (first + step * jump) % 2**32, 2_000_000, packed))
    assert [seq for seq, _, _ in batches(board)] == [first + step * jump for step in range(4)]
    assert [lost for _, _, lost in batches(board)] == [0, jump - 2, jump - 2, jump - 2]


@pytest.mark.parametrize("ahead_us", [15_000_000, 2**31 - 10_000_000], ids=["15 s", "half an hour"])
def test_samples_that_say_they_are_from_the_future_are_refused_and_then_lost(board: Alone, ahead_us: int) -> None:
    seq = next_seq(board)
    lie = m.Samples(1, seq, 2_000_000 + ahead_us, u10(0).packed)
    board.say(lie, m.Irregular(13, 1, 50, pack_records(RawForm.BOOL, [2_000_000 + ahead_us], [1])))
    assert batches(board) == []
    assert board.faults() == {"early_samples": 2}
    board.say(u10(seq + 2))
    assert batches(board) == [(seq + 2, 2, 2)]


def test_more_scans_than_there_was_time_for_go_no_further_than_ten_seconds_ahead(board: Alone) -> None:
    seq = next_seq(board)
    packed = u10(0, scans=32).packed
    for frame in range(1_000):  # 100 a second are announced; 32 come within a millisecond
        board.say(m.Samples(1, seq + 32 * frame, 2_000_000, packed))
    board.now_ns += 400_000 * MS
    board.say(m.Samples(1, seq + 32_000, 402_000_000, packed))
    newest_ns = max(event.batch.t0_ns for event in board.of(BatchReceived)[:-1])
    assert newest_ns - board.now_ns < -388_000 * MS
    lost = sum(event.loss.count for event in board.of(LossFound))
    taken = sum(count for _, count, _ in batches(board))
    assert board.faults()["early_samples"] > 100
    assert taken + lost == 32_032


def test_a_gap_in_seq_is_the_loss_exactly(board: Alone) -> None:
    seq = next_seq(board)
    board.say(u10(seq), u10(seq + 7))
    assert batches(board) == [(seq, 2, 0), (seq + 7, 2, 5)]
    (event,) = board.of(LossFound)
    assert (event.loss.place, event.loss.reason, event.loss.count, event.loss.from_seq) == (
        "board",
        "overrun",
        5,
        seq + 2,
    )
    order = [type(event) for event in board.events]
    assert order.index(LossFound) < len(order) - 1 - order[::-1].index(BatchReceived)


def test_a_loss_after_a_bad_frame_happened_on_the_wire(board: Alone) -> None:
    seq = next_seq(board)
    damaged = bytearray(encode(m.serialize(u10(seq))))
    damaged[5] ^= 0x40
    board.say(u10(seq + 2), raw=bytes(damaged))
    (event,) = board.of(LossFound)
    assert isinstance(event.loss, Loss)
    assert (event.loss.place, event.loss.reason, event.loss.count) == ("wire", "damaged", 2)
    assert board.faults() == {"bad_frame": 1}


def line(message: m.FromBoard) -> bytes:
    return encode(m.serialize(message))


BAD: dict[str, tuple[bytes, str]] = {
    "samples of a scan that was": (line(u10(0)), "old_samples"),
    "samples of an unknown stream": (line(u10(0, stream=77)), "unknown_stream"),
    "no whole number of scans": (line(m.Samples(1, 5_000, 0, bytes(7))), "bad_payload"),
    "no scans": (line(m.Samples(1, 5_000, 0, b"")), "bad_payload"),
    "no whole records": (line(m.Irregular(13, 1, 50, b"abc")), "bad_payload"),
    "a bool of 7": (line(m.Irregular(13, 1, 50, b"\0\0\0\0\7")), "bad_payload"),
    "an unknown channel": (line(m.Irregular(200, 1, 0, b"\0\0\0\0\1")), "unknown_stream"),
    "an unknown mode": (line(m.Irregular(13, 99, 0, b"\0\0\0\0\1")), "unknown_stream"),
    "a mode without events": (line(m.Irregular(13, 3, 0, b"\0\0\0\0\1\0\0\0")), "unknown_stream"),
    "a reply nobody asked for": (line(m.Reply(1, 9, 0)), "unasked_reply"),
    "an answer nobody asked for": (line(m.Answer(1, 0, b"")), "unasked_answer"),
    "a heartbeat nobody sent": (line(m.BoardHeartbeat(1, 2, 3, 4, 5, 0)), "unasked_answer"),
    "an unknown code": (encode(b"\x7fxyz"), "unknown_code"),
    "a message cut short": (encode(b"\x45\1"), "bad_payload"),
    "garbage": (b"garbage\0", "bad_frame"),
}


@pytest.mark.parametrize(("bad", "kind"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_counted_and_costs_nothing_else(board: Alone, bad: bytes, kind: str) -> None:
    next_seq(board)
    board.say(raw=bad)
    assert board.faults() == {kind: 1}
    board.events.clear()
    board.say(u10(1_002))
    assert batches(board) == [(1_002, 2, 0)]


def test_a_second_reply_to_a_command_is_a_duplicate() -> None:
    both = Joined()
    both.live()
    both.to_link = lambda data: data + data
    both.done(SetRequest("D13", True))
    both.run(1)
    kinds = {event.kind for event in both.of(FaultCounted)}
    assert "duplicate_reply" in kinds


def test_faults_of_one_read_are_one_event_with_their_total(board: Alone) -> None:
    board.say(raw=b"garbage\0" * 50)
    assert [event.count for event in board.of(FaultCounted)] == [50]


def test_records_have_their_own_times_and_never_go_back(board: Alone) -> None:
    board.say(m.Irregular(13, 1, 40, pack_records(RawForm.BOOL, [2_000_000, 2_001_000, 1_999_000], [1, 0, 1])))
    batch = board.of(BatchReceived)[-1].batch
    assert list(batch.columns[0]) == [1, 0, 1]
    assert batch.times_ns is not None
    first, second, third = batch.times_ns
    assert second - first == pytest.approx(1_000_000, rel=0.01)
    assert third == second + 1


def test_a_board_that_changes_a_mode_itself_gets_a_successor(board: Alone) -> None:
    board.say(m.Irregular(13, 1, 10, pack_records(RawForm.BOOL, [2_000_000], [1])))
    board.events.clear()
    board.say(m.Irregular(13, 4, 11, pack_records(RawForm.BOOL, [2_100_000], [0])))
    (ended,), (started,) = board.of(StreamEnded), board.of(StreamStarted)
    assert (ended.cause, started.stream.predecessor) == ("mode", ended.stream_id)
    assert started.stream.channels[0].mode is Mode.OUTPUT
    (event,) = board.of(BatchReceived)
    assert (event.batch.seq, event.batch.lost) == (0, 0)


def test_samples_of_the_mode_before_that_come_after_its_reply_are_lost_and_counted() -> None:
    both = Joined()
    both.live()
    both.done(ModeRequest("D13", Mode.OUTPUT))
    both.run(5)
    stream = both.of(StreamStarted)[-1].stream
    seq = sum(event.batch.count for event in both.of(BatchReceived) if event.batch.stream == stream.id)
    both.events.clear()
    late = m.Irregular(13, 1, 2 + seq, pack_records(RawForm.BOOL, [1, 2], [1, 0]))
    both.link.receive_data(both.now_ns, encode(m.serialize(late)))
    losses = [event.loss for event in both.link.events() if isinstance(event, LossFound)]
    assert [(loss.place, loss.reason, loss.stream) for loss in losses] == [("board", "overrun", stream.id)]


def test_text_comes_in_whole_characters(board: Alone) -> None:
    board.say(m.Log(b"21 \xc2"))
    board.say(m.Log(b"\xb0C\n"))
    assert "".join(event.text for event in board.of(TextReceived)) == "21 °C\n"


def test_text_between_frames_is_shown_as_unchecked(board: Alone) -> None:
    board.say(raw=b"overflow in library\r\n\0")
    assert board.of(TextReceived) == [TextReceived("overflow in library\r\n", checked=False)]


def test_counters_are_told(board: Alone) -> None:
    board.say(m.Counters(1, 2, 3, 4, 5, 6))
    assert board.of(CountersReported) == [CountersReported(BoardCounters(1, 2, 3, 4, 5, 6))]


def test_columns_are_arrays_of_the_streams_type(board: Alone) -> None:
    next_seq(board)
    board.say(u10(1_002, scans=4))
    columns = board.of(BatchReceived)[-1].batch.columns
    assert columns == [array("H", bytes(8))] * 6
