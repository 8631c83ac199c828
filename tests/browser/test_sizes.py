"""The page for every eye and screen: a wall, a phone, fingers, screen readers; and how little is loaded for it."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import LAPTOP, PHONE, watched_page
from tests.support.running import RunningGateway
from tests.support.traces import TRACES, axis, painted

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "src" / "ardugate" / "dashboard"
MAX_PAGE_BYTES = 100_000
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


async def test_on_a_wall_values_are_large_and_there_is_nothing_to_press_but_the_stop(page: Page) -> None:
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.get_by_role("button", name="Show on a wall").click()
    await expect(page.get_by_role("button", name="Record")).to_have_count(0)
    await expect(page.get_by_role("button", name="STOP ALL OUTPUTS")).to_be_visible()
    await page.reload()  # the address says it
    value = page.locator('ard-traces [data-channel="demo/sine"] .value')
    await expect(value).to_contain_text("V")
    await expect(page.get_by_role("switch")).to_have_count(0)
    await expect(page.get_by_text("live", exact=False).first).to_be_visible()
    # Read from four metres on a screen of 40 inches: letters of 20 mm, 45 pixels; a capital is 0.7 of its size.
    size = float(await value.evaluate("it => parseFloat(getComputedStyle(it).fontSize)"))
    assert size * 0.7 >= 45
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    boxes = [await each.bounding_box() for each in await page.locator("ard-traces section:not(.pin, .bare)").all()]
    assert all(box is not None and box["y"] + box["height"] <= 1080 for box in boxes)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Record")).to_be_visible()


async def grave(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    how = '{ preload: false, resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }'
    found: list[dict[str, Any]] = (await page.evaluate(f"axe.run(document, {how})"))["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


async def test_axe_finds_nothing_serious_light_dark_with_a_menu_and_on_a_phone(
    browser: Browser, gateway: RunningGateway
) -> None:
    # Axe is evaluated as a script, which the page itself forbids.
    async with (
        await browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]}, bypass_csp=True) as context,
        watched_page(context, gateway.signed_in_link()) as watched,
    ):
        page = watched.page
        await page.wait_for_function(f"() => {TRACES}?.painter.plotted")
        await page.get_by_role("button", name="How sine is shown").first.click()
        assert await grave(page) == []
        await page.keyboard.press("Escape")
        await page.emulate_media(color_scheme="dark")
        await page.get_by_role("button", name="Journal").click()
        assert await grave(page) == []
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await painted(page)
        assert await grave(page) == []


async def test_on_a_phone_a_finger_moves_through_time(browser: Browser, gateway: RunningGateway) -> None:
    width, height = PHONE
    async with (
        await browser.new_context(viewport={"width": width, "height": height}, has_touch=True) as context,
        watched_page(context, gateway.signed_in_link()) as watched,
    ):
        page = watched.page
        await page.wait_for_function(f"() => {TRACES}?.painter.plotted")
        shown = await axis(page)
        band = await page.evaluate(f"{TRACES}.painter.bandOf('V')")
        y = shown["y"] + band["top"] + 40
        session: Any = await context.new_cdp_session(page)
        for kind, points in (
            ("touchStart", [{"x": shown["x"] + 60, "y": y}]),
            ("touchMove", [{"x": shown["x"] + 100, "y": y}]),
            ("touchMove", [{"x": shown["x"] + 200, "y": y}]),
            ("touchEnd", []),
        ):
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        await expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
        assert watched.complaints == []


@pytest.mark.parametrize(
    ("width", "height"), [(320, 640), (768, 1024), (844, 390)], ids=["small phone", "tablet", "phone on its side"]
)
async def test_no_width_cuts_off_what_can_be_pressed_or_leaves_no_room_for_plots(
    page: Page, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    plot = page.locator("ard-traces section.plot .area").first
    await page.wait_for_function("width => innerWidth === width", arg=width)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    area, bar = await plot.bounding_box(), await page.locator("ard-time-bar").bounding_box()
    assert area is not None
    assert bar is not None
    assert area["width"] >= 0.3 * width
    for button in await page.locator("ard-time-bar").get_by_role("button").all():
        box = await button.bounding_box()
        assert box is not None
        assert bar["x"] <= box["x"]
        assert box["x"] + box["width"] <= bar["x"] + bar["width"]


async def test_a_spectrum_and_its_page_become_narrow_when_the_window_does(page: Page) -> None:
    await page.get_by_role("button", name="Spectrum", exact=True).click()
    spectrum = page.locator("ard-spectrum canvas")
    await page.wait_for_function(f"() => {TRACES}.renderRoot.querySelector('ard-spectrum')?.canvas?.width > 600")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await expect(page.get_by_role("button", name="Close the spectrum")).to_be_in_viewport()
    box = await spectrum.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE[0]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_everything_that_the_page_loads_is_less_than_100_kb_compressed(page: Page) -> None:
    names: list[str] = await page.evaluate(
        "performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)"
    )
    files = [DASHBOARD / name.lstrip("/") for name in {"/index.html", *names} if not name.startswith("/api/")]
    assert {file.suffix for file in files} >= {".html", ".js", ".css", ".woff2"}
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) <= MAX_PAGE_BYTES
