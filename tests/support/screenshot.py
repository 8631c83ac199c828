"""Makes the README's picture of the page, docs/images/dashboard.png, from the running demo.

Run it with ``python -m tests.support.screenshot [FILE]``; it needs Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import launch
from tests.support.running import RunningGateway, running_gateway

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "dashboard.png"
# A common small laptop: what fits here fits everywhere.
WIDTH, HEIGHT = 1366, 768
# The plots show ten seconds: wait until they are full.
FILL_MS = 12_000


def play(page: Page, gateway: RunningGateway) -> None:
    """Use the page as somebody would, so that the picture shows it at work."""
    page.goto(gateway.signed_in_link())
    page.locator("ard-traces").wait_for()
    page.wait_for_timeout(FILL_MS)
    page.locator('ard-output-row[data-channel="demo/led"]').get_by_role("switch").click()
    page.locator('ard-output-row[data-channel="demo/D4"]').get_by_role("switch").click()
    fan = page.locator('ard-output-row[data-channel="demo/fan"] input[type=number]')
    fan.fill("0.6")
    fan.press("Enter")
    page.mouse.click(WIDTH // 2, HEIGHT - 40)
    page.wait_for_timeout(3_000)


def main(picture: Path) -> None:
    """Write ``picture``."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        running_gateway(Path(home), "demo") as gateway,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2)
        page = context.new_page()
        play(page, gateway)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
