"""What a gateway keeps on disk: recordings, the ring, a file a day."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub
from ardugate.record.files import CaptureWriter, blocks
from ardugate.record.notes import Happened, Head, Missing, Pause
from ardugate.record.reader import Event, Reader, Scans
from ardugate.runtime.options import RecordOptions
from ardugate.runtime.recording.recorder import MAX_RUNNING, Recorder
from ardugate.runtime.recording.shelves import SEGMENTS, DailyFiles, Recordings
from ardugate.session.shapes import Json, Notification
from tests.unit.record.build import T0, board, edges, led, pot, scans

S = 10**9
OPTIONS = RecordOptions(keep_free_bytes=0)


class Bench:
    """A recorder with a clock in the hand; ``told`` is what everybody was told."""

    def __init__(self, folder: Path, options: RecordOptions = OPTIONS, life: str = "7f3a") -> None:
        self.now_ns = T0
        self.told: list[Notification] = []
        self.folder = folder
        self.order = 0
        self.hub = Hub(life=life)
        self.recorder = Recorder(self.hub, lambda: self.now_ns, options, folder, self._tell)
        self.recorder.board(board())
        self.recorder.stream_started(pot())
        self.recorder.stream_started(led())
        self.news = asyncio.Event()

    def _tell(self, notification: Notification) -> None:
        self.told.append(notification)
        self.recorder.heard(notification)
        self.news.set()

    def send(self, seq: int, count: int = 10) -> None:
        """A batch of the regular stream; time goes on with it."""
        self.order += 1
        batch, packed = scans(pot(), seq, count)
        self.now_ns = max(self.now_ns, batch.t0_ns)
        self.recorder.publish(self.order, batch, packed)

    def recordings(self) -> list[tuple[object, object]]:
        shapes = [each.params["recording"] for each in self.told if each.method == "recording"]
        return [(shape["state"], shape["reason"]) for shape in shapes if isinstance(shape, dict)]

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not done():
                self.news.clear()
                await self.news.wait()


def events(path: Path) -> list[Event]:
    return list(Reader().events(blocks(path)))


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def seqs(path: Path) -> list[int]:
    return [each.batch.seq for each in events(path) if isinstance(each, Scans) and each.stream.id == "b1"]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    made = Bench(tmp_path, replace(OPTIONS, ring_bytes=0))
    yield made
    await made.recorder.close()


async def test_a_recording_holds_what_came_between_its_begin_and_its_end(bench: Bench, tmp_path: Path) -> None:
    bench.send(0)
    begun = bench.recorder.start("melting", None)
    bench.send(10)
    bench.recorder.publish(3, *edges(led(), 0, [1, 0]))
    ended = await bench.recorder.stop(None)
    bench.send(20)
    path = tmp_path / "recordings" / "melting.ardcap"
    assert seqs(path) == [10]
    found = [each for each in events(path) if isinstance(each, Scans)]
    assert [each.batch.lost for each in found] == [0, 0]
    assert (begun["name"], begun["state"], ended["state"]) == ("melting.ardcap", "recording", "whole")
    assert ended["size_bytes"]
    assert bench.recordings() == [("recording", ""), ("whole", "")]


async def test_what_happens_stands_in_it_in_order(bench: Bench, tmp_path: Path) -> None:
    from ardugate.model import Loss
    from ardugate.session import notifications

    bench.recorder.start("a", None)
    bench.send(0)
    bench.recorder.lost(2, Loss("wire", "damaged", "b1", 5, 10, T0, "greenhouse"))
    bench.recorder.heard(notifications.happened("mark", None, "door opened", T0))
    bench.order = 2
    bench.send(15)
    await bench.recorder.stop("a")
    found = events(tmp_path / "recordings" / "a.ardcap")
    assert [type(each) for each in found if isinstance(each, Scans | Missing | Happened)] == [
        Scans,
        Missing,
        Happened,
        Scans,
    ]
    assert [each.batch.lost for each in found if isinstance(each, Scans)] == [0, 5]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\0b",
        ".hidden",
        "a" * 65,
        "ä",
        "a\n",
        "-rf",
        "..\\x",
        "2025-11-22",
    ],
    ids=repr,
)
async def test_no_name_leads_out_of_the_folder(bench: Bench, tmp_path: Path, name: str) -> None:
    (tmp_path / "recordings").mkdir(exist_ok=True)
    before = everything(tmp_path)
    if name:
        with pytest.raises(RequestError):
            bench.recorder.start(name, None)
    with pytest.raises(RequestError):
        bench.recorder.open(name)
    assert everything(tmp_path) == before


async def test_a_link_in_the_folder_is_neither_listed_nor_read_nor_written(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "a.ardcap").symlink_to(tmp_path / "secret")
    (folder / "b.ardcap").symlink_to(tmp_path / "new")
    for name in ("a", "b"):
        with pytest.raises(RequestError):
            bench.recorder.open(name)
        with pytest.raises(RequestError):
            bench.recorder.start(name, None)
    assert (await bench.recorder.listed())["recordings"] == []
    assert not (tmp_path / "new").exists()


async def test_a_name_is_given_once(bench: Bench) -> None:
    bench.recorder.start("a", None)
    with pytest.raises(RequestError) as caught:
        bench.recorder.start("a.ardcap", None)
    assert caught.value.reason is Reason.REFUSED
    assert bench.recorder.start(None, None)["name"] != bench.recorder.start(None, None)["name"]


async def test_as_many_recordings_run_as_there_may(bench: Bench) -> None:
    for _ in range(MAX_RUNNING):
        bench.recorder.start(None, None)
    with pytest.raises(RequestError) as caught:
        bench.recorder.start(None, None)
    assert caught.value.reason is Reason.TOO_MANY


async def test_which_one_to_stop_must_be_said_where_it_is_not_plain(bench: Bench) -> None:
    for started in range(2):
        with pytest.raises(RequestError):
            await bench.recorder.stop(None if started == 0 else "b")
        bench.recorder.start(f"a{started}", None)
    with pytest.raises(RequestError):
        await bench.recorder.stop(None)


async def test_a_recording_ends_by_itself(bench: Bench, tmp_path: Path) -> None:
    bench.recorder.start("a", 0.01)
    bench.send(0)
    await bench.until(lambda: ("whole", "") in bench.recordings())
    assert seqs(tmp_path / "recordings" / "a.ardcap") == [0]


async def test_a_full_disk_pauses_a_recording_and_its_end_is_in_the_file(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = False
    append = CaptureWriter.append

    def scarce(self: CaptureWriter, data: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(self, data)

    monkeypatch.setattr(CaptureWriter, "append", scarce)
    bench.recorder.start("a", None)
    bench.send(0)
    await bench.recorder.listed()  # what the recorder's thread was given before is done
    full = True
    bench.send(10)
    await bench.until(lambda: ("paused", "disk_full") in bench.recordings())
    bench.send(20)
    full = False
    bench.now_ns += 2 * S
    await bench.until(lambda: bench.recordings()[-1] == ("recording", ""))
    bench.send(30)
    await bench.recorder.stop("a")
    path = tmp_path / "recordings" / "a.ardcap"
    assert seqs(path)[-1] == 30
    assert set(seqs(path)) <= {0, 30}
    (pause,) = [each for each in events(path) if isinstance(each, Pause)]
    assert pause.reason == "disk_full"
    texts = [str(each.params["text"]) for each in bench.told if each.method == "event"]
    assert texts == ["a.ardcap is not written: the disk is full", "a.ardcap is written again"]


async def test_the_ring_keeps_the_newest_and_no_more(tmp_path: Path) -> None:
    bench = Bench(tmp_path, replace(OPTIONS, ring_bytes=200_000))
    for number in range(1_000):
        bench.send(200 * number, 200)
        if number % 50 == 49:
            await bench.recorder.listed()
            bench.recorder.flush()  # in place of a quarter of a second
    await bench.recorder.close()
    files = sorted((tmp_path / "ring").glob("*.ardcap"))
    total = sum(path.stat().st_size for path in files)
    assert 200_000 * (SEGMENTS - 2) / SEGMENTS <= total <= 300_000
    found = [seq for path in files for seq in seqs(path)]
    assert found == list(range(found[0], 200_000, 200))


async def test_the_ring_can_be_saved_after_the_event(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in range(20):
        bench.send(100 * number, 100)
        bench.recorder.flush()  # in place of a quarter of a second
    saved = await bench.recorder.save(5, "bang")
    path = tmp_path / "recordings" / "bang.ardcap"
    found = seqs(path)
    assert found == list(range(found[0], 2_000, 100))
    assert 1_200 <= found[0] <= 1_400
    assert isinstance(events(path)[0], Head)
    assert [each.batch.lost for each in events(path) if isinstance(each, Scans)] == [0] * len(found)
    assert (saved["name"], saved["state"]) == ("bang.ardcap", "whole")
    ring = (await bench.recorder.listed())["ring"]
    assert isinstance(ring, dict)
    assert ring["from_s"] == pytest.approx(T0 / S, abs=1)
    await bench.recorder.close()


async def test_without_a_ring_nothing_is_saved(bench: Bench) -> None:
    with pytest.raises(RequestError) as caught:
        await bench.recorder.save(5, None)
    assert caught.value.reason is Reason.REFUSED


async def test_a_day_has_a_file_that_is_gone_on_with_after_a_restart(tmp_path: Path) -> None:
    options = replace(OPTIONS, ring_bytes=0, always=True)
    for turn in range(2):
        bench = Bench(tmp_path, options)
        bench.send(10 * turn)
        bench.recorder.flush()  # in place of a quarter of a second
        bench.send(100 + 10 * turn)
        await bench.recorder.close()
    (path,) = (tmp_path / "recordings").iterdir()
    assert path.name == Recordings(tmp_path).free_name(T0, ())[:10] + ".ardcap"
    assert seqs(path) == [0, 100, 10, 110]
    bench = Bench(tmp_path, options)
    bench.send(0)
    bench.recorder.flush()  # in place of a quarter of a second
    listed: list[Json] = (await bench.recorder.listed())["recordings"]  # type: ignore[assignment] # pyright: ignore
    assert [each["state"] for each in listed] == ["recording"]
    await bench.recorder.close()


def test_days_are_let_go_when_they_are_old_or_take_too_much_room(tmp_path: Path) -> None:
    for day in range(1, 11):
        (tmp_path / f"2025-11-{day:02}.ardcap").write_bytes(bytes(100))
    (tmp_path / "mine.ardcap").write_bytes(bytes(10_000))
    now_ns = 1_762_776_000 * S  # 2025-11-10, noon
    gone = [path.name for path in DailyFiles(tmp_path, keep_days=7, keep_bytes=500).too_many(now_ns)]
    assert gone == [f"2025-11-{day:02}.ardcap" for day in range(1, 6)]
    assert DailyFiles(tmp_path, keep_days=30, keep_bytes=10**6).too_many(now_ns) == []
