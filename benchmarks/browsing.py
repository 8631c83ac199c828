"""A Chromium to be measured, as a user has it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.peers import MissingToolError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

# As tests.support.browser has it.
LAPTOP: ViewportSize = {"width": 1366, "height": 768}
# linux/prctl.h, linux/capability.h
_PR_CAPBSET_DROP, _CAP_SYS_NICE = 24, 23


@contextmanager
def browser(*more: str) -> Generator[Browser]:
    """Chromium without a window; ``more`` are arguments of its command line. Raises MissingToolError."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise MissingToolError("the page needs playwright (the group `test`) and chromium") from None
    from tests.support.browser import ARGUMENTS, chromium

    path = chromium()
    if path is None:
        raise MissingToolError("the page needs Debian's package chromium")
    _raise_nobody()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, headless=True, args=[*ARGUMENTS, *more])
        yield started
        started.close()


def _raise_nobody() -> None:
    """Chromium lifts its drawing threads above all other programs where it may: as root, which no user is. Those that
    it talks to would then wait for each picture. What this process starts from now on may not."""
    if sys.platform == "linux" and os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_SYS_NICE, 0, 0, 0)
