"""What recording the fastest stream costs: a share of one core, and bytes a sample.

A gateway without ports gets the frames of one channel at 76.9 kS/s, unpacked before the clock starts. What is measured
is the CPU time of the whole process, the writer's thread and its `fdatasync` every 5 s included, over the time that so
many frames take at that rate. The comparison is the same gateway with no ring, no tiers and no recording.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ardugate.model import Batch, Board, BoardState, Channel, Mode, Stream, ValueType
from ardugate.record.files import blocks
from ardugate.record.reader import Reader, Scans
from ardugate.runtime.gateway import Gateway
from ardugate.runtime.http.access import Access
from ardugate.runtime.options import RecordOptions
from ardugate.wire.samples import Format, pack_scans, unpack_scans
from benchmarks.measure import Fact, Result, Row, alternate

HZ = 76_923
SCANS = 192  # in a frame of 256 bytes
# Ten seconds of them.
FRAMES = 10 * HZ // SCANS
# A recorder writes four times a second.
_FLUSH_FRAMES = HZ // SCANS // 4
_T0 = 1_763_800_000 * 10**9


def measure() -> Iterator[Result]:
    """The ring with its tiers, a recording alone, and both."""
    frames = [_frame(number) for number in range(FRAMES)]
    cases = {
        "nothing is kept": (RecordOptions(ring_bytes=0), False),
        "one recording": (RecordOptions(ring_bytes=0), True),
        "the ring and its tiers": (RecordOptions(), False),
        "the ring, its tiers and one recording": (RecordOptions(), True),
    }
    seen = alternate({name: lambda case=case: asyncio.run(_run(frames, *case)) for name, case in cases.items()})  # type: ignore[misc]
    base = seen["nothing is kept"]
    yield Row("76.9 kS/s published, nothing is kept", "% of a core", base)
    for name in list(cases)[1:]:
        more = [each - before for each, before in zip(seen[name], base, strict=True)]
        yield Row(f"76.9 kS/s: {name}, beyond that", "% of a core", more)
    size, samples = asyncio.run(_size(frames))
    yield Fact("76.9 kS/s: a recording", "bytes a sample", size / samples)
    began_s = time.process_time()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = asyncio.run(_recorded(frames, Path(folder)))
        read = sum(each.batch.count for each in Reader().events(blocks(path)) if isinstance(each, Scans))
        used_s = time.process_time() - began_s
    yield Fact("76.9 kS/s: written and read again", "samples a second of CPU", read / used_s)


def _frame(number: int) -> tuple[Batch, bytes]:
    values = array("H", ((number * 31 + k * 7) % 1_024 for k in range(SCANS)))
    packed = pack_scans(Format.U10, [values])
    columns = unpack_scans(Format.U10, packed, 1)
    assert columns is not None
    return Batch("b1", number * SCANS, _T0 + number * SCANS * 10**9 // HZ, columns), packed


async def _run(frames: list[tuple[Batch, bytes]], options: RecordOptions, recording: bool) -> float:
    """Percent of a core."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        gateway, _ = _gateway(Path(folder), options)
        if recording:
            gateway.recorder.start("bench", None)
        before_s = time.process_time()
        await _publish(gateway, frames)
        used_s = time.process_time() - before_s
        await gateway.recorder.close()
        gateway.close()
    return 100 * used_s / (FRAMES * SCANS / HZ)


async def _size(frames: list[tuple[Batch, bytes]]) -> tuple[int, int]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = await _recorded(frames, Path(folder))
        return path.stat().st_size, FRAMES * SCANS


async def _recorded(frames: list[tuple[Batch, bytes]], folder: Path) -> Path:
    gateway, _ = _gateway(folder, RecordOptions(ring_bytes=0))
    gateway.recorder.start("bench", None)
    await _publish(gateway, frames)
    await gateway.recorder.stop(None)
    await gateway.recorder.close()
    gateway.close()
    return folder / "recordings" / "bench.ardcap"


async def _publish(gateway: Gateway, frames: list[tuple[Batch, bytes]]) -> None:
    for number, (batch, packed) in enumerate(frames):
        _now[0] = batch.t0_ns
        gateway.publish(batch, packed)
        if number % _FLUSH_FRAMES == 0:
            gateway.recorder.flush()  # in place of a quarter of a second
            await asyncio.sleep(0)


_now = [_T0]


def _gateway(folder: Path, options: RecordOptions) -> tuple[Gateway, Stream]:
    access = Access(token="t", bind_host="127.0.0.1", tcp_port=8765, now_s=time.time)
    _now[0] = _T0
    gateway = Gateway(
        access=access, url="http://127.0.0.1:8765/", now_ns=lambda: _now[0], folder=folder, record=options
    )
    gateway.board_changed(Board("uno", "uno", "/dev/null", BoardState.LIVE), known=True)
    channel = Channel(14, "A0", ValueType.INT, Mode.ANALOG, dtype="u16", rate_hz=float(HZ))
    stream = Stream("b1", "uno", (channel,), "u16", 208, 16_000_000, _T0)
    gateway.stream_started(replace(stream, packing="u10"))
    return gateway, stream
