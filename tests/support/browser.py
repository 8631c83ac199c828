"""Chromium for tests and pictures: the system's own, quiet and without a network of its own."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

# As root in a container Chromium's own sandbox cannot start; the pages are ours. The rest keeps it off the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--no-first-run",
)


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window."""
    path = chromium()
    if path is None:
        raise FileNotFoundError("there is no chromium: install Debian's package chromium")
    return playwright.chromium.launch(executable_path=path, headless=True, args=list(ARGUMENTS))
