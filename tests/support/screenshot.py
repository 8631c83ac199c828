"""Makes the README's picture of the page, docs/images/dashboard.png, from the running demo.

Run it with ``python -m tests.support.screenshot [FILE]``; it needs Chromium.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page

from tests.support.browser import LAPTOP, running_browser, watched_page
from tests.support.running import running_gateway

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "dashboard.png"
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


async def take(picture: Path) -> None:
    """Write ``picture``."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    width, height = LAPTOP
    with tempfile.TemporaryDirectory() as home, running_gateway(Path(home), "demo") as gateway:
        async with running_browser() as browser:
            context = await browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=2)
            async with watched_page(context, gateway.signed_in_link()) as watched:
                await use(watched.page)
                await watched.page.screenshot(path=picture)


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE))
