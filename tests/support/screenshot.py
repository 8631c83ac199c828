"""Makes the docs' pictures of the page, docs/images/*.png, from the running demo.

Run it with ``python -m tests.support.screenshot [FOLDER]``; it needs Chromium.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page

from tests.support.browser import LAPTOP, PHONE, running_browser, watched_page
from tests.support.running import running_gateway

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"
# The plots show ten seconds: wait until they are full.
FILL_MS = 9_000
# And until what was switched on shows in them.
SHOW_MS = 3_000


async def use(page: Page) -> None:
    """Use the page as somebody would, so that the picture shows it at work."""
    await page.locator("ard-traces").wait_for()
    await page.wait_for_timeout(FILL_MS)
    await page.locator('ard-output-row[data-channel="demo/led"]').get_by_role("switch").click()
    await page.locator('ard-output-row[data-channel="demo/D4"]').get_by_role("switch").click()
    fan = page.locator('ard-output-row[data-channel="demo/fan"] input[type=number]')
    await fan.fill("0.6")
    await fan.press("Enter")
    await fan.blur()
    await page.locator('ard-output-row[data-channel="demo/program"]').get_by_role("combobox").select_option("slow")
    await page.get_by_role("button", name="Run battery").click()
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(SHOW_MS)


async def take(folder: Path) -> None:
    """Write the pictures into ``folder``."""
    width, height = LAPTOP
    with tempfile.TemporaryDirectory() as home, running_gateway(Path(home), "demo") as gateway:
        async with running_browser() as browser:
            context = await browser.new_context(viewport={"width": width, "height": height})
            async with watched_page(context, gateway.signed_in_link()) as watched:
                page = watched.page
                await use(page)
                gateway.rpc("annotate", text="door opened")
                await page.wait_for_timeout(SHOW_MS)
                await page.screenshot(path=folder / "dashboard.png")
                await page.get_by_role("button", name="Link health").click()
                await page.wait_for_timeout(SHOW_MS)
                await page.locator("ard-health .panel").screenshot(path=folder / "health.png")
                await page.keyboard.press("Escape")
                await page.get_by_role("button", name="Show on a wall").click()
                await page.emulate_media(color_scheme="dark")
                await page.mouse.move(width / 2, height / 2)
                await page.wait_for_timeout(SHOW_MS)
                await page.screenshot(path=folder / "wall.png")
                await page.keyboard.press("Escape")
                await page.emulate_media(color_scheme="light")
                await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
                await page.wait_for_timeout(SHOW_MS)
                await page.screenshot(path=folder / "phone.png")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES))
