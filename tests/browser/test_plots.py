"""The plots: any stretch of time, the cursor, how channels are shown, files of it. Two boards, one page for all."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.browser import Watched, dashboard
from tests.support.running import READY_S, RunningGateway, running_gateway
from tests.support.traces import TRACES, axis, painted

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with two boards."""
    with running_gateway(tmp_path_factory.mktemp("home"), "demo", "--boards", "2") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(browser: Browser, gateway: RunningGateway) -> AsyncIterator[Watched]:
    """One page for the module."""
    async with dashboard(browser, gateway.signed_in_link()) as watching:
        yield watching


@pytest_asyncio.fixture(loop_scope="session")
async def plots(opened: Watched) -> Page:
    """The page as somebody sees it who opens it for the first time."""
    await opened.page.evaluate("localStorage.clear()")
    await opened.page.reload()
    await opened.page.wait_for_function(f"() => {TRACES}?.painter.plotted")
    return opened.page


async def pressed(page: Page, name: str) -> None:
    """Press a button below the plots, and wait until it is painted."""
    await page.locator("ard-time-bar").get_by_role("button", name=name, exact=True).click()
    await painted(page)


async def test_a_window_is_chosen_from_a_second_to_thirty_days_and_kept(plots: Page) -> None:
    for name, seconds in (("1 s", 1), ("1 m", 60), ("1 h", 3600), ("1 d", 86_400), ("30 d", 2_592_000), ("10 m", 600)):
        await pressed(plots, name)
        shown = await axis(plots)
        assert shown["to_s"] - shown["from_s"] == pytest.approx(seconds, rel=1e-6)
        await expect(plots.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    await plots.reload()
    await expect(plots.get_by_role("button", name="10 m", exact=True)).to_have_attribute("aria-pressed", "true")


async def test_the_axis_is_the_gateways_time(plots: Page) -> None:
    shown = await axis(plots)
    assert shown["to_s"] == pytest.approx(time.time(), abs=30)


async def test_the_wheel_zooms_about_the_pointer_and_a_drag_moves_through_time(plots: Page) -> None:
    await pressed(plots, "Pause")
    before = await axis(plots)
    x = before["x"] + before["width"] / 4
    under_s = before["from_s"] + (before["to_s"] - before["from_s"]) / 4
    await plots.mouse.move(x, before["y"] + 30)
    await plots.mouse.wheel(0, -300)
    await painted(plots)
    zoomed = await axis(plots)
    span_s = zoomed["to_s"] - zoomed["from_s"]
    assert span_s == pytest.approx((before["to_s"] - before["from_s"]) / 2, rel=1e-3)
    assert zoomed["from_s"] + span_s / 4 == pytest.approx(under_s, abs=span_s / 200)
    await plots.mouse.down()
    await plots.mouse.move(x + zoomed["width"] / 2, before["y"] + 30)
    await plots.mouse.up()
    await painted(plots)
    assert (await axis(plots))["from_s"] == pytest.approx(zoomed["from_s"] - span_s / 2, abs=span_s / 100)
    await pressed(plots, "Live")
    assert (await axis(plots))["to_s"] == pytest.approx(time.time(), abs=30)


async def test_shift_and_a_drag_show_exactly_that_stretch(plots: Page) -> None:
    await pressed(plots, "Pause")
    before = await axis(plots)
    await plots.mouse.move(before["x"] + before["width"] / 4, before["y"] + 30)
    await plots.keyboard.down("Shift")
    await plots.mouse.down()
    await plots.mouse.move(before["x"] + before["width"] / 2, before["y"] + 30)
    await plots.mouse.up()
    await plots.keyboard.up("Shift")
    await painted(plots)
    shown = await axis(plots)
    quarter_s = (before["to_s"] - before["from_s"]) / 4
    assert shown["to_s"] - shown["from_s"] == pytest.approx(quarter_s, rel=0.02)
    assert shown["from_s"] == pytest.approx(before["from_s"] + quarter_s, abs=quarter_s / 50)


async def test_the_keyboard_is_enough_and_the_cursor_is_read_out(plots: Page) -> None:
    await plots.locator("ard-traces canvas.traces").focus()
    await plots.keyboard.press("Space")
    await expect(plots.get_by_role("button", name="Live", exact=True)).to_be_visible()
    before = await axis(plots)
    await plots.keyboard.press("ArrowLeft")
    await plots.keyboard.press("+")
    await painted(plots)
    after = await axis(plots)
    assert after["to_s"] < before["to_s"]
    assert after["to_s"] - after["from_s"] == pytest.approx((before["to_s"] - before["from_s"]) / 1.5, rel=1e-3)
    await plots.keyboard.press("Shift+ArrowRight")
    await expect(plots.locator("ard-traces [role=status]")).to_contain_text("sine")
    await plots.keyboard.press("End")
    await expect(plots.get_by_role("button", name="Pause", exact=True)).to_be_visible()


async def test_the_cursor_reads_every_channel_as_the_gateway_has_it(plots: Page, gateway: RunningGateway) -> None:
    # This page's own samples, not only what was asked of the history.
    await plots.wait_for_function(
        f"() => {TRACES}.page.store.heardOf('demo').newest_s - performance.timeOrigin / 1e3 > 1"
    )
    await pressed(plots, "Pause")
    shown = await axis(plots)
    await plots.mouse.move(shown["x"] + shown["width"] * 0.98, shown["y"] + 30)
    row = plots.locator('ard-traces [data-channel="demo/sine"]')
    await expect(row).to_have_class("row c1 at")
    at_s = float(await plots.evaluate(f"{TRACES}.page.looking.view.cursor_s"))
    # What was sampled then may still be on its way.
    await plots.wait_for_function(f"at_s => {TRACES}.page.store.heardOf('demo').newest_s > at_s + 0.2", arg=at_s)
    told: dict[str, Any] = gateway.rpc("history", channels=["demo/sine"], from_s=at_s - 0.2, to_s=at_s + 0.2)
    near = [
        value
        for part in told["samples"]
        for t_s, value in zip(part["t_s"], part["columns"]["demo/sine"], strict=True)
        if abs(t_s - at_s) < 0.05
    ]
    ends = time.monotonic() + READY_S
    while not min(near) - 0.01 <= float((await row.locator(".value").inner_text()).split()[0]) <= max(near) + 0.01:
        assert time.monotonic() < ends, f"{await row.inner_text()!r} is none of {near}"
        await asyncio.sleep(0.05)
    await expect(plots.locator("ard-time-bar .said")).to_contain_text(":")


async def test_what_was_before_the_page_was_opened_is_drawn(plots: Page) -> None:
    began_s = await plots.evaluate("performance.timeOrigin / 1000")
    await plots.wait_for_function(
        f"""began_s => {{
          const t = {TRACES};
          const trace = t.page.looking.past.trace(t.page.store.channels.get("demo/sine"));
          let first_s = Infinity;
          trace.visit(began_s - 3600, began_s, 1, (t_s) => (first_s = Math.min(first_s, t_s)));
          return first_s < began_s - 1;
        }}""",
        arg=began_s,
    )


async def test_a_pulse_of_an_instant_shows_in_a_window_of_a_day(plots: Page, gateway: RunningGateway) -> None:
    await pressed(plots, "1 d")
    gateway.rpc("set", channel="demo/D7", value=True)
    gateway.rpc("set", channel="demo/D7", value=False)
    await plots.wait_for_function(
        f"""() => {{
          const t = {TRACES};
          const {{ from_s, to_s, column_s }} = t.painter.axis;
          let most = 0;
          const {{ series }} = t.page.store.channels.get("demo/D7");
          series.visit(from_s, to_s, column_s, (_t, _low, high) => (most = Math.max(most, high)));
          return most === 1;
        }}"""
    )
    gateway.rpc("mode", channel="demo/D7", mode="input")


async def test_a_channel_is_renamed_coloured_scaled_moved_and_hidden_and_stays_so(plots: Page) -> None:
    async def menu(name: str) -> None:
        await plots.get_by_role("button", name=f"How {name} is shown").first.click()

    await menu("sine")
    await plots.get_by_label("Name", exact=True).fill("<b>Wave</b>")
    await plots.get_by_label("Name", exact=True).press("Tab")
    await plots.get_by_label("Colour 4").check(force=True)
    await plots.get_by_label("Lower end").fill("-2")
    await plots.get_by_label("Upper end").fill("3")
    await plots.get_by_label("Upper end").press("Tab")
    await plots.get_by_role("button", name="Move down").click()
    await plots.keyboard.press("Escape")
    await menu("temp")
    await plots.get_by_label("logarithmic").check()
    await plots.keyboard.press("Escape")
    await menu("pot")
    await plots.get_by_role("button", name="Hide").click()
    await plots.reload()
    sine = plots.locator('ard-traces [data-channel="demo/sine"]')
    await expect(sine.locator(".name")).to_have_text("<b>Wave</b>")
    await expect(sine).to_have_class("row c4 ")
    await expect(plots.locator('ard-traces [data-channel="demo/pot"]')).to_have_count(0)
    assert await plots.locator("ard-traces section.plot").first.get_attribute("data-plot") == "°C"
    scale = await plots.wait_for_function(f"() => {TRACES}.painter.scaleOf('V')")
    assert await scale.json_value() == {"low": -2, "high": 3, "step": 2, "log": False}
    other = await plots.wait_for_function(f"() => {TRACES}.painter.scaleOf('°C')")  # from its first sample on
    assert (await other.json_value())["log"]
    await plots.get_by_role("button", name="1 hidden").click()
    await expect(plots.locator('ard-traces [data-channel="demo/pot"]')).to_be_visible()


async def test_several_boards_share_the_axis_and_a_plot_a_unit(plots: Page) -> None:
    await plots.get_by_role("button", name="Boards", exact=True).click()
    await plots.get_by_label("demo-2").check()
    volts = plots.locator('ard-traces [data-plot="V"]')
    await expect(volts.locator("[data-channel]")).to_have_count(2)
    await expect(volts.locator('[data-channel="demo-2/sine"]')).to_contain_text("demo-2")


async def file_of(page: Page, name: str) -> tuple[str, bytes]:
    """A file that the page saves: its name and content."""
    await page.get_by_role("button", name="Save", exact=True).click()
    async with page.expect_download() as downloading:
        await page.locator(".files").get_by_role("button", name=name).click()
    download = await downloading.value
    return download.suggested_filename, await asyncio.to_thread(Path(await download.path()).read_bytes)


async def test_what_is_shown_is_saved_as_a_picture_a_drawing_and_a_table(plots: Page) -> None:
    await plots.get_by_role("button", name="How temp is shown").first.click()
    await plots.get_by_label("Name", exact=True).fill('a < b & "c"')
    await plots.get_by_label("Name", exact=True).press("Tab")
    await plots.keyboard.press("Escape")
    await pressed(plots, "Pause")
    name, picture = await file_of(plots, "Picture")
    assert name.startswith("demo-20")
    assert name.endswith(".png")
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 2400
    _, drawing = await file_of(plots, "Drawing")
    words = [each.text or "" for each in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert any(text.startswith("sine") for text in words)
    assert any('a < b & "c"' in text for text in words)
    _, table = await file_of(plots, "Table")
    shown = await axis(plots)
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    values = [float(row["demo/sine"]) for row in rows if row["demo/sine"]]
    assert len(values) > 20
    assert max(map(abs, values)) <= 1.01
    assert all(shown["from_s"] - 0.1 <= float(row["t_s"]) <= shown["to_s"] + 0.2 for row in rows)


async def test_an_arrangement_goes_into_a_file_and_comes_back_from_it(plots: Page) -> None:
    async def rename(name: str) -> None:
        await plots.get_by_role("button", name="How pot is shown").first.click()
        await plots.get_by_label("Name", exact=True).fill(name)
        await plots.get_by_label("Name", exact=True).press("Tab")
        await plots.keyboard.press("Escape")

    legend = plots.locator('ard-traces [data-channel="demo/pot"] .name')
    await rename("valve")
    name, arrangement = await file_of(plots, "Save to a file")
    assert name == "ardugate-arrangement.json"
    await plots.get_by_role("button", name="Save", exact=True).click()
    await plots.get_by_role("button", name="As it was").click()
    await expect(legend).to_have_text("pot")
    loads = plots.locator("ard-time-bar input[type=file]")
    await loads.set_input_files(files={"name": "a.json", "mimeType": "application/json", "buffer": b"{}"})
    await expect(plots.get_by_text("This file holds no arrangement")).to_be_visible()
    await loads.set_input_files(files={"name": name, "mimeType": "application/json", "buffer": arrangement})
    await expect(legend).to_have_text("valve")


async def test_what_somebody_marked_has_a_flag_at_its_time_also_for_who_comes_later(
    plots: Page, gateway: RunningGateway
) -> None:
    marked = gateway.rpc("annotate", text="door <b>opened</b>")
    await pressed(plots, "10 m")
    flag = plots.locator("ard-overlay .moment", has_text="door <b>opened</b>")
    await expect(flag).to_have_count(1)
    await plots.reload()
    await plots.wait_for_function(f"() => {TRACES}?.painter.plotted")
    await expect(flag).to_have_count(1)
    await pressed(plots, "Pause")
    shown, box = await axis(plots), await flag.bounding_box()
    assert box is not None
    part = (float(str(marked["t_s"])) - shown["from_s"]) / (shown["to_s"] - shown["from_s"])
    assert box["x"] == pytest.approx(shown["x"] + part * shown["width"], abs=2)
    _, drawing = await file_of(plots, "Drawing")
    words = [each.text or "" for each in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert "door <b>opened</b>" in words


async def test_a_trigger_shows_the_sweep_around_a_crossing_and_stands_still(plots: Page) -> None:
    await pressed(plots, "1 s")
    await plots.get_by_role("button", name="Trigger").click()
    # Five seconds is the sine's period: it falls through zero within them.
    await plots.get_by_label("Edge").select_option("falling")
    await plots.get_by_label("once").check()
    # It has just fallen, so that there is time to see that it is waited for.
    sine = plots.locator('ard-traces [data-channel="demo/sine"] .value')
    await expect(sine).to_have_text(re.compile(r"^-(0\.[5-9]|1\.)"))
    await plots.get_by_role("button", name="Start").click()
    said = plots.locator("ard-time-bar .said")
    await expect(said).to_contain_text("waits for sine to fall through 0")
    await expect(said).to_contain_text("triggered")
    await painted(plots)
    first = await axis(plots)
    at_s = await plots.evaluate(f"{TRACES}.page.looking.trigger.at_s")
    assert at_s - first["from_s"] == pytest.approx(0.25, abs=0.01)
    assert abs(await plots.evaluate(f"{TRACES}.page.store.channels.get('demo/sine').series.valueAt({at_s})")) < 0.05
    await plots.wait_for_timeout(200)
    assert (await axis(plots))["to_s"] == first["to_s"]
    await plots.get_by_role("button", name="Trigger").click()
    await plots.get_by_role("button", name="End", exact=True).click()
    await painted(plots)
    assert (await axis(plots))["to_s"] > first["to_s"]


async def test_a_fast_channels_spectrum_says_its_peak(plots: Page) -> None:
    await plots.get_by_role("button", name="Spectrum", exact=True).click()
    await plots.locator("ard-spectrum").get_by_label("Channel").select_option("demo/A0")
    # A0 is a sine of a quarter of a hertz: 512 samples at 100 Hz have lines each 0.195 Hz.
    await expect(plots.locator("ard-spectrum p")).to_contain_text(re.compile(r"peak 0\.\d+ Hz · .* dB re 1 count"))
    await plots.get_by_role("button", name="Close the spectrum").click()
    await expect(plots.locator("ard-spectrum")).to_have_count(0)
