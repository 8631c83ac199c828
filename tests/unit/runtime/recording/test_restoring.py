"""A client away over a restart comes back without a gap and without a double, where the ring was kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub, Resolver
from ardugate.model import Delivery, StreamClosed
from ardugate.record.tape import Tape
from ardugate.runtime.recording.claims import claim
from ardugate.runtime.recording.restoring import RESTORE_BYTES, restore
from tests.unit.hub.build import deliveries, drain
from tests.unit.record.build import T0, board, pot, scans

S = 10**9


class Life:
    """A gateway's hub and its ring, from its begin to its end."""

    def __init__(self, life: str, folder: Path, now_ns: int = T0) -> None:
        self.now_ns = now_ns
        self.hub = Hub(life=life)
        self.hub.directory.put(board())
        restore(self.hub, sorted(folder.glob("*.ardcap")), now_ns)
        self.tape = Tape(life, "0.1.0")
        self.tape.order = self.hub.orders.newest
        self.path = folder / f"{len(list(folder.glob('*')))}.ardcap"
        self.path.write_bytes(self.tape.preamble(now_ns))

    def begin(self, stream_id: str = "b1") -> None:
        self.stream = pot(stream_id)
        self.hub.stream_started(self.stream)
        self.tape.stream_started(self.stream)

    def send(self, *seqs: int, count: int = 10) -> None:
        for seq in seqs:
            batch, packed = scans(self.stream, seq, count)
            self.now_ns = max(self.now_ns, batch.t0_ns)
            self.hub.publish(batch)
            self.tape.samples(self.hub.orders.newest, batch, packed)
        with self.path.open("ab") as file:
            file.write(self.tape.take())

    def listen(self, cursor: str | None = None) -> list[Delivery]:
        """What a client gets that comes with a cursor."""
        self.hub.subscribe("c", Resolver(self.hub.directory), channels=None, cursor=cursor, now_ns=self.now_ns)
        taken = drain(self.hub, "c", self.now_ns)
        self.closed = [each for each in taken if isinstance(each, StreamClosed)]
        self.hub.leave("c", self.now_ns)
        return deliveries(taken)


def numbers(found: list[Delivery]) -> Iterator[tuple[str, int]]:
    """Each scan once: by the first value of its columns, which are its number."""
    for each in found:
        for row in range(each.count):
            yield each.view.id, each.seq + row


@pytest.mark.parametrize("had", range(1, 6))
def test_a_cursor_goes_on_after_a_restart_from_any_place(tmp_path: Path, had: int) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10, 20, 30, 40)
    cursor = first.hub.orders.cursor(had)
    second = Life("bbbb", tmp_path, first.now_ns + S)
    second.begin("b2")
    second.send(0, 10)
    found = second.listen(cursor)
    assert [each.seq for each in found] == [*range(10 * had, 50, 10), 0, 10]
    assert [each.lost for each in found] == [0] * len(found)
    assert [each.cause for each in second.closed] == (["restart"] if had < 5 else [])
    assert len({each.view.id for each in found}) == (2 if had < 5 else 1)


def test_it_goes_on_over_several_restarts(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10)
    cursor = first.listen()[-1].cursor
    for number, life in enumerate(("bbbb", "cccc")):
        following = Life(life, tmp_path, first.now_ns + number * S)
        following.begin(f"b{life}")
        following.send(0)
        found = following.listen(cursor)
        assert [each.columns[0][0] for each in found] == [0]
        cursor = found[-1].cursor


def test_what_only_a_lost_tail_had_is_no_place_to_go_on_from(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10, 20)
    cursor = first.hub.cursor()
    data = first.path.read_bytes()
    first.path.write_bytes(data[:-9])
    with pytest.raises(RequestError) as caught:
        Life("bbbb", tmp_path).listen(cursor)
    assert caught.value.reason is Reason.CURSOR_EXPIRED


@pytest.mark.parametrize("cursor", ["cccc-1", "aaaa-9", "aaaa-01", "aaaa--1", "aaaa", ""])
def test_a_cursor_of_nobody_is_refused(tmp_path: Path, cursor: str) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10)
    with pytest.raises(RequestError):
        Life("bbbb", tmp_path).listen(cursor)


def test_a_minute_after_its_end_a_stream_is_gone_as_any_other(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10)
    second = Life("bbbb", tmp_path, first.now_ns)
    second.hub.tick(first.now_ns + 61 * S)
    with pytest.raises(RequestError):
        second.listen("aaaa-1")


def test_a_long_ring_is_read_from_its_end_and_older_cursors_are_refused(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    count = 2_000
    batches = 2 * RESTORE_BYTES // (count * 5 // 2)
    for number in range(batches):
        first.send(number * count, count=count)
    second = Life("bbbb", tmp_path, first.now_ns)
    found = second.listen(first.hub.orders.cursor(batches - 3))
    assert [each.seq for each in found] == [(batches - 3 + k) * count for k in range(3)]
    assert found[0].lost == 0
    with pytest.raises(RequestError):
        second.listen(first.hub.orders.cursor(1))


def test_values_of_before_are_not_the_newest_ones(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0)
    assert Life("bbbb", tmp_path).hub.last("greenhouse", "A0", T0) is None


def test_a_folder_is_one_gateways_at_a_time(tmp_path: Path) -> None:
    first, second = claim(tmp_path, "ring"), claim(tmp_path, "ring")
    assert first is not None
    assert second is not None
    assert (first.folder.name, second.folder.name) == ("ring", "ring-2")
    first.release()
    third = claim(tmp_path, "ring")
    assert third is not None
    assert third.folder.name == "ring"
    for each in (second, third):
        each.release()


def test_a_stream_that_ended_by_itself_keeps_its_cause(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10)
    first.hub.stream_ended("b1", "rate", first.now_ns)
    first.tape.stream_ended(first.hub.orders.newest, "b1", "rate", first.now_ns)
    first.send()
    second = Life("bbbb", tmp_path, first.now_ns)
    assert [each.seq for each in second.listen("aaaa-1")] == [10]
    assert [each.cause for each in second.closed] == ["rate"]


def test_a_file_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    first = Life("aaaa", tmp_path)
    first.begin()
    first.send(0, 10)
    (tmp_path / "9.ardcap").write_bytes(b"no capture" * 100)
    assert [each.seq for each in Life("bbbb", tmp_path).listen("aaaa-1")] == [10]
