"""Captures on a disk: whole after any end, and found again by time."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ardugate.record.blocks import Block, Damaged, Kind
from ardugate.record.files import CaptureWriter, blocks, entries, whole_bytes
from ardugate.record.reader import Reader, Scans
from tests.unit.record.build import T0, pot, scans, tape

S = 10**9


def written(path: Path, turns: int = 5) -> bytes:
    """A capture with a samples block for each turn, a second apart; without an index."""
    made = tape()
    data = made.preamble(T0) + made.take()
    for turn in range(turns):
        made.samples(turn + 1, *scans(pot(), 100 * turn))
        data += made.take()
    path.write_bytes(data)
    return data


def seqs(path: Path, from_ns: int | None = None, to_ns: int | None = None) -> list[int]:
    events = Reader().events(blocks(path, from_ns, to_ns))
    return [each.batch.seq for each in events if isinstance(each, Scans)]


def test_a_capture_grows_and_is_closed_with_an_index(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    made = tape()
    file = CaptureWriter.create(path)
    file.append(made.preamble(T0))
    made.take()
    for turn in range(3):
        made.samples(turn + 1, *scans(pot(), 100 * turn))
        file.append(made.take())
    by_scan = entries(path)
    file.close(path)
    assert entries(path) == by_scan
    assert [each.scans for each in by_scan if each.kind == Kind.SAMPLES] == [10, 10, 10]
    assert seqs(path) == [0, 100, 200]


@pytest.mark.parametrize("indexed", [False, True])
def test_a_time_is_found_without_reading_what_lies_before_it(tmp_path: Path, indexed: bool) -> None:
    path = tmp_path / "a.ardcap"
    written(path)
    if indexed:
        CaptureWriter.go_on(path).close(path)
    assert seqs(path, T0 + 2 * S, T0 + 3 * S + S // 2) == [200, 300]


def test_a_torn_tail_is_cut_when_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    data = written(path)
    path.write_bytes(data[:-7])
    (damage,) = [each for each in blocks(path) if isinstance(each, Damaged)]
    assert damage.tail
    file = CaptureWriter.go_on(path)
    assert file.size_bytes == damage.offset == whole_bytes(path)
    file.append(data[damage.offset :])
    file.close()
    assert path.read_bytes() == data


def test_an_index_is_taken_away_when_a_capture_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    data = written(path)
    CaptureWriter.go_on(path).close(path)
    assert path.stat().st_size > len(data)
    CaptureWriter.go_on(path).close()
    assert path.read_bytes() == data


def test_damage_in_the_middle_of_a_file_costs_the_block_that_it_hit(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    data = bytearray(written(path))
    third = [each for each in entries(path) if each.kind == Kind.SAMPLES][2]
    data[third.offset + 20] ^= 1
    path.write_bytes(data)
    assert seqs(path) == [0, 100, 300, 400]
    assert [each.tail for each in blocks(path) if isinstance(each, Damaged)] == [False]


@contextmanager
def small_disk(size_bytes: int) -> Generator[None]:
    """No file of this process grows beyond this: as on a disk that is full, but for the error's number."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_a_full_disk_does_not_take_whole_it_does_not_keep_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    data = written(tmp_path / "whole.ardcap")
    blocks_of = [each for each in blocks(tmp_path / "whole.ardcap") if isinstance(each, Block)]
    file = CaptureWriter.create(path)
    cut = blocks_of[-1].offset
    file.append(data[:cut])
    with small_disk(cut + 9), pytest.raises(OSError, match="File too large"):
        file.append(data[cut:])
    assert path.read_bytes() == data[:cut]
    file.append(data[cut:])
    file.close()
    assert path.read_bytes() == data


def test_no_link_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_text("secret")
    link = tmp_path / "a.ardcap"
    link.symlink_to(target)
    for use in (CaptureWriter.create, CaptureWriter.go_on, whole_bytes):
        with pytest.raises(OSError):
            use(link)
    assert target.read_text() == "secret"


def test_a_capture_is_for_its_owner_alone(tmp_path: Path) -> None:
    os.umask(os.umask(0o022))
    CaptureWriter.create(tmp_path / "a.ardcap").close()
    assert (tmp_path / "a.ardcap").stat().st_mode & 0o777 == 0o600
