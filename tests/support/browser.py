"""Chromium for tests and pictures: the system's own, quiet and without a network of its own; and a watched page."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright

# As root in a container Chromium's own sandbox cannot start; the pages are ours. The rest keeps it off the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--no-first-run",
)
# A common small laptop: what fits here fits everywhere.
LAPTOP = (1366, 768)
PHONE = (390, 844)


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def running_browser(*more: str) -> AsyncGenerator[Browser]:
    """Chromium without a window; ``more`` are arguments of its command line."""
    path = chromium()
    if path is None:
        raise FileNotFoundError("there is no chromium: install Debian's package chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, headless=True, args=[*ARGUMENTS, *more])
        async with launched as browser:
            yield browser


@dataclass(slots=True)
class Watched:
    """A page, and what it did that it should not have done."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])

    def heard(self, message: ConsoleMessage) -> None:
        """Keep a warning or an error of the console; a breach of the content security policy is one."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def requested(self, request: Request, host: str) -> None:
        """Keep a request to anybody but the gateway."""
        if urlsplit(request.url).netloc != host:
            self.foreign.append(request.url)

    def is_quiet(self) -> None:
        """It complained of nothing and asked nobody else."""
        assert self.complaints == [], self.complaints
        assert self.foreign == [], self.foreign


@asynccontextmanager
async def dashboard(browser: Browser, link: str) -> AsyncGenerator[Watched]:
    """The page on a laptop, signed in and live; in the end it must have complained of nothing and asked nobody else."""
    width, height = LAPTOP
    async with (
        await browser.new_context(viewport={"width": width, "height": height}) as context,
        watched_page(context, link) as watching,
    ):
        await watching.page.locator("ard-traces").wait_for()
        yield watching
    watching.is_quiet()


@asynccontextmanager
async def watched_page(context: BrowserContext, link: str) -> AsyncGenerator[Watched]:
    """A page of ``context`` that opened ``link``, with everything it complains of written down."""
    async with await context.new_page() as page:
        watched = Watched(page)
        host = urlsplit(link).netloc
        page.on("console", lambda message: watched.heard(message))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.requested(request, host))
        await page.goto(link)
        yield watched
