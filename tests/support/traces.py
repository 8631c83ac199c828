"""The page's plots as tests ask for them: their time axis, and when they are painted."""

from __future__ import annotations

from playwright.async_api import Page

# The element, for scripts in the page.
TRACES = "document.querySelector('ard-app').shadowRoot.querySelector('ard-traces')"


async def axis(page: Page) -> dict[str, float]:
    """The time axis as it is painted, and its place in the window."""
    told: dict[str, float] = await page.evaluate(
        f"(() => {{ const t = {TRACES};"
        " const box = t.renderRoot.querySelector('canvas.traces').getBoundingClientRect();"
        " const a = t.painter.axis; return { ...a, x: box.left + a.left, y: box.top }; })()"
    )
    return told


async def painted(page: Page) -> None:
    """Two animation frames later."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
