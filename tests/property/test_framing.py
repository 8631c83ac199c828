"""What the wire promises of any bytes: splits change nothing, damage costs its frame, memory is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ardugate.wire.framing import Damage, Decoder, Frame, cobs_decode, cobs_encode, encode
from ardugate.wire.limits import MAX_LINE_FROM_BOARD
from tests.fuzz.damaged_frames import damaged_frames

BODIES = st.binary(min_size=1, max_size=250)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(st.binary(max_size=254))
def test_cobs_comes_back_without_a_zero_and_at_most_one_byte_longer(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert 0 not in encoded
    assert len(encoded) <= len(data) + 1
    assert cobs_decode(encoded) == data


@given(
    st.lists(st.one_of(BODIES.map(encode), st.binary(max_size=600)), max_size=8),
    st.lists(st.integers(0, 5_000), max_size=12),
)
def test_any_split_of_the_stream_gives_the_same(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    whole = Decoder(MAX_LINE_FROM_BOARD).receive(stream)
    decoder = Decoder(MAX_LINE_FROM_BOARD)
    assert [item for part in split(stream, cuts) for item in decoder.receive(part)] == whole


def touched(lines: list[bytes], at: int) -> set[int]:
    """Which frames a change of the stream's byte ``at`` may cost: its own, or two when it is the delimiter."""
    for index, line in enumerate(lines):
        if at < len(line):
            return {index, index + 1} if at == len(line) - 1 else {index}
        at -= len(line)
    return set()


@given(st.lists(BODIES, min_size=2, max_size=6), st.data())
def test_one_wrong_lost_or_added_byte_costs_its_frame_or_two_at_the_delimiter(
    bodies: list[bytes], data: st.DataObject
) -> None:
    lines = [encode(body) for body in bodies]
    stream = b"".join(lines)
    at = data.draw(st.integers(0, len(stream) - 1))
    kind = data.draw(st.sampled_from(["wrong", "lost", "added"]))
    if kind == "wrong":
        damaged = stream[:at] + bytes([stream[at] ^ data.draw(st.integers(1, 255))]) + stream[at + 1 :]
    elif kind == "lost":
        damaged = stream[:at] + stream[at + 1 :]
    else:
        # Before the byte `at`: what is added there belongs to the same frame.
        damaged = stream[:at] + bytes([data.draw(st.integers(0, 255))]) + stream[at:]
    cost = touched(lines, at)
    found = Decoder(MAX_LINE_FROM_BOARD).receive(damaged + b"\0")
    good = [item.body for item in found if isinstance(item, Frame)]
    spared = [body for index, body in enumerate(bodies) if index not in cost]
    # Every spared frame is there, in order; nothing is there that was not sent; and what is missing was counted.
    rest = iter(good)
    assert all(body in rest for body in spared)
    assert len(good) <= len(bodies)
    assert all(body in bodies for body in good)
    if len(good) < len(bodies):
        assert any(isinstance(item, Damage) for item in found)


@given(st.lists(st.binary(max_size=2_000), max_size=20))
def test_the_decoder_keeps_less_than_one_frame_of_garbage(chunks: list[bytes]) -> None:
    decoder = Decoder(MAX_LINE_FROM_BOARD)
    for chunk in chunks:
        for item in decoder.receive(chunk):
            if isinstance(item, Damage):
                assert len(item.raw) <= MAX_LINE_FROM_BOARD
        assert decoder.pending_bytes < MAX_LINE_FROM_BOARD


def test_of_100_000_damaged_frames_none_is_accepted_wrong() -> None:
    report = damaged_frames(100_000, seed=20_261_122)
    assert report.damaged == 100_000
    assert report.accepted_wrong == 0
