from __future__ import annotations

from ardugate.link.events import BatchReceived, FaultCounted, InfoChanged, LossFound, StreamEnded, StreamStarted
from ardugate.model import BoardState, RateRequest
from ardugate.wire import ops
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.messages import Code, Command, Heartbeat, Query, Samples, What, parse_to_board, serialize
from tests.support.joined import Joined

STRANGE = Samples(77, 0, 0, bytes(5))
# The stream that a board begins with.
START = 1


class Listening(Joined):
    """Notes what the link says to the board."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[object] = []
        self._decoder = Decoder(48)
        self.to_board = self._note

    def _note(self, data: bytes) -> bytes:
        self.said += [parse_to_board(item.body) for item in self._decoder.receive(data) if isinstance(item, Frame)]
        return data

    def boot_id(self) -> int:
        return next(message.boot_id for message in reversed(self.said) if isinstance(message, Heartbeat))

    def looks(self) -> int:
        """How often it asked which streams run."""
        return self.said.count(Query(What.STREAMS))

    def command_of_a_stranger(self, arguments: ops.Arguments) -> None:
        """The board gets a command that this link did not send."""
        ids = [message.id for message in self.said if isinstance(message, Command)]
        command_id = ((ids[-1] if ids else 0) + 5) & 0xFFFF
        body = serialize(Command(self.boot_id(), command_id, ops.op_of(arguments), ops.serialize_arguments(arguments)))
        self.sim.receive_data(self.now_ns, encode(body, 48))

    def forge(self, message: Samples) -> None:
        """The link gets a frame that the board did not send."""
        self.link.receive_data(self.now_ns, encode(serialize(message)))
        self.collect()


def without_answers(data: bytes) -> bytes:
    """What a board said, less every ANSWER."""
    frames = [item.body for item in Decoder(256).receive(data) if isinstance(item, Frame)]
    return b"".join(encode(body) for body in frames if body[0] != Code.ANSWER)


def live() -> Listening:
    both = Listening()
    both.live()
    both.run(2_000)
    both.events.clear()
    both.said[:] = [message for message in both.said if isinstance(message, Heartbeat)][-1:]
    return both


def test_a_stream_that_nobody_told_of_is_learned_and_decoded() -> None:
    both = live()
    both.command_of_a_stranger(ops.SetStream(50, START, 160_000, (14, 15)))
    both.run(1_500)
    assert both.state() is BoardState.LIVE
    started = [event.stream for event in both.of(StreamStarted)]
    assert [[channel.name for channel in stream.channels] for stream in started] == [["A0", "A1"]]
    batches = [event.batch for event in both.of(BatchReceived) if event.batch.stream == started[0].id]
    assert len(batches) > 10
    assert len(both.of(StreamEnded)) == 1
    # What came before it was known is a loss like any other.
    lost = sum(event.loss.count for event in both.of(LossFound) if event.loss.stream == started[0].id)
    assert lost == batches[0].seq


def test_samples_that_belong_to_nothing_make_the_link_look_at_most_once_a_second() -> None:
    both = live()
    for _ in range(300):
        both.forge(STRANGE)
        both.run(10)
    assert 3 <= both.looks() <= 4
    assert both.of(FaultCounted)[-1].kind == "unknown_stream"
    assert both.of(InfoChanged) == [], "nothing was found to be different"
    assert both.of(StreamEnded) == []


def test_a_look_that_is_not_answered_is_taken_again() -> None:
    both = live()
    both.to_link = without_answers
    both.command_of_a_stranger(ops.SetStream(50, START, 160_000, (14,)))
    both.run(11_000)
    assert both.of(StreamStarted) == []
    both.to_link = bytes
    both.run(11_000)
    assert [event.stream.channels[0].name for event in both.of(StreamStarted)] == ["A0"]


def test_the_last_samples_of_a_stream_that_has_ended_raise_no_doubt() -> None:
    both = live()
    both.done(RateRequest(("A0", "A1", "A2", "A3", "A4", "A5"), 0))
    both.forge(Samples(START, 0, 0, bytes(8)))
    both.run(500)
    assert both.looks() == 0
    assert both.of(FaultCounted)[-1].kind == "late_samples"
