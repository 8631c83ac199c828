"""What the page takes to show 16 channels at 8 kS/s from two boards, in Chromium without a GPU.

The scripted boards send 8 channels each; the page plots all 16 on one time axis, live, in the window of a laptop.
Script and main thread are Chromium's own counts of the tab's CPU time (the DevTools' `Performance.getMetrics`), as
shares of a core. Frames are counted by the page's own animation frames. The heap, typed arrays included, is read after
a garbage collection. PAGE_MINUTES=30 in the environment measures for so long; without it half a minute must do.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from typing import Any

from benchmarks.board import Layout
from benchmarks.browsing import LAPTOP, browser
from benchmarks.measure import Fact, Result, Row
from benchmarks.processes import Gateway, StreamingBoard

BOARDS = 2
SCAN_HZ = 8_000
# 192 ten-bit samples: the fullest frame there is.
LAYOUT = Layout(channels=8, scans=24, hz=SCAN_HZ / 24)
# Until the plot's ten seconds, the rings of samples and the scales are full.
WARM_UP_S = 25.0
WINDOW_S = 3.0
MINUTES = float(os.environ.get("PAGE_MINUTES", "0.5"))
OPENINGS = 5
# When the first trace is on the canvas, counted from the navigation's begin.
FIRST_PLOT = """() => {
  const traces = document.querySelector("ard-app")?.shadowRoot?.querySelector("ard-traces");
  return traces?.painter.plotted ? performance.now() : null;
}"""
FRAMES = "(window.frames_ = 0, function count() { window.frames_ += 1; requestAnimationFrame(count); })()"

PAINT_WHOLE = """() => {
  const traces = document.querySelector("ard-app").shadowRoot.querySelector("ard-traces");
  return Array.from({ length: 20 }, () => {
    const began = performance.now();
    traces.painter.stale = true;
    traces.draw();
    return performance.now() - began;
  });
}"""


def measure() -> Iterator[Result]:
    """Its size, its first plot, then the load."""
    yield from _sizes()
    with ExitStack() as stack:
        chromium = stack.enter_context(browser("--enable-precise-memory-info"))
        boards = [stack.enter_context(StreamingBoard("socket", LAYOUT)) for _ in range(BOARDS)]
        ports = [word for board in boards for word in ("--port", board.port)]
        gateway = stack.enter_context(Gateway("serve", *ports))
        ids = gateway.live_boards(BOARDS)
        for board in boards:
            board.say(str(int(LAYOUT.hz * (OPENINGS * 5 + WARM_UP_S + MINUTES * 60 + 120))))
        context = chromium.new_context(viewport=LAPTOP)
        context.add_init_script(f"localStorage.setItem('ardugate.layout', {json.dumps(json.dumps(_layout(ids)))})")
        foreign: list[str] = []
        page = context.new_page()
        page.on("request", lambda request: None if "127.0.0.1" in request.url else foreign.append(request.url))
        page.goto(str(gateway.call("ticket")["url"]))
        yield Row("first plot, after opening", "ms", [_first_plot(page) for _ in range(OPENINGS)])
        page.wait_for_timeout(WARM_UP_S * 1e3)
        yield from _load(page, context.new_cdp_session(page))
        yield Fact("requests to other hosts", "", len(foreign))


def _sizes() -> Iterator[Result]:
    root = resources.files("ardugate") / "dashboard"
    names = ("index.html", "assets/dashboard.js", "assets/page.css", "assets/geist-latin-wght-normal.woff2")
    sizes = [len(gzip.compress((root / name).read_bytes(), 9)) for name in names]
    yield Fact("everything the page loads, compressed", "kB", round(sum(sizes) / 1e3, 1))


def _layout(ids: list[str]) -> dict[str, Any]:
    """All channels of both boards plotted on one axis."""
    channels = {f"{board}/A{number}": {"plotted": True} for board in ids for number in range(LAYOUT.channels)}
    return {"version": 1, "window_s": 10, "boards": ids, "channels": channels, "plots": {}}


def _first_plot(page: Any) -> float:
    page.reload()
    return float(page.wait_for_function(FIRST_PLOT, polling=10).json_value())


def _load(page: Any, session: Any) -> Iterator[Result]:
    """Shares of a core, frames and heap, while time goes on."""
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(FRAMES)
    shares: dict[str, list[float]] = {"ScriptDuration": [], "TaskDuration": []}
    rates: list[float] = []
    heaps: list[float] = []
    until_s = time.monotonic() + MINUTES * 60
    while time.monotonic() < until_s:
        before, frames = _metrics(session), int(page.evaluate("frames_"))
        page.wait_for_timeout(WINDOW_S * 1e3)
        after, more = _metrics(session), int(page.evaluate("frames_"))
        span_s = after["Timestamp"] - before["Timestamp"]
        for name, values in shares.items():
            values.append(100 * (after[name] - before[name]) / span_s)
        rates.append((more - frames) / span_s)
        session.send("HeapProfiler.collectGarbage")
        usage = session.send("Runtime.getHeapUsage")
        heaps.append((usage["usedSize"] + usage.get("backingStorageSize", 0)) / 2**20)
    yield Row("a picture painted whole", "ms", page.evaluate(PAINT_WHOLE))
    counts = page.evaluate("document.querySelector('ard-app').shadowRoot.querySelector('ard-traces').painter.counts")
    yield Row("frames", "a second", rates)
    yield Row("script", "% of a core", shares["ScriptDuration"])
    yield Row("the main thread in all", "% of a core", shares["TaskDuration"])
    third = max(1, len(heaps) // 3)
    yield Row("heap and arrays, first third", "MiB", heaps[:third])
    yield Row(f"heap and arrays, last third, {MINUTES:g} minutes in all", "MiB", heaps[-third:])
    yield Fact("pictures painted whole, of a thousand", "", round(1e3 * counts["whole"] / max(1, sum(counts.values()))))


def _metrics(session: Any) -> dict[str, float]:
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
