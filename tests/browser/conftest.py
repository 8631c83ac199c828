"""One Chromium for all browser tests, one gateway with the demo's board a module, a fresh page a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.browser import Watched, dashboard, running_browser
from tests.support.running import READY_S, RunningGateway, running_gateway

# What is waited for comes within moments; only a fault, or a machine with much else to do, takes longer.
expect.set_options(timeout=READY_S * 1000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, shared by all tests."""
    async with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with the demo's board."""
    with running_gateway(tmp_path_factory.mktemp("home"), "demo") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser, gateway: RunningGateway) -> AsyncIterator[Watched]:
    """The page, of a test's own."""
    async with dashboard(browser, gateway.signed_in_link()) as watching:
        yield watching


@pytest_asyncio.fixture(loop_scope="session")
async def page(watched: Watched) -> Page:
    """The watched page itself."""
    return watched.page
