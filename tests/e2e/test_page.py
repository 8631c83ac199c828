"""The whole way with a real Chromium at its end: the shipped sketch, the chip, the gateway, the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.gateway import PATIENCE_S
from tests.support.browser import LAPTOP, running_browser, watched_page
from tests.support.chip import CLOCK_HZ, Chip
from tests.support.machine import Waited
from tests.support.running import RunningGateway

pytestmark = [pytest.mark.chip, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

expect.set_options(timeout=PATIENCE_S * 1_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(gateway: RunningGateway) -> AsyncIterator[Page]:
    """One page, opened once and never loaded again."""
    width, height = LAPTOP
    async with (
        running_browser() as browser,
        await browser.new_context(viewport={"width": width, "height": height}) as context,
        watched_page(context, gateway.signed_in_link()) as watched,
    ):
        await expect(watched.page.get_by_role("button", name="uno live")).to_be_visible()
        await watched.page.evaluate("window.sameDocument = true")
        yield watched.page
        assert await watched.page.evaluate("window.sameDocument") is True
        assert watched.complaints == []


def value(page: Page, channel: str) -> Locator:
    """A channel's live value on the left."""
    return page.locator(f'ard-traces [data-channel="uno/{channel}"] .value')


def row(page: Page, channel: str) -> Locator:
    """A channel's control on the right."""
    return page.locator(f'ard-output-row[data-channel="uno/{channel}"]')


async def test_a_voltage_on_a0_is_on_the_page(chip: Chip, page: Page) -> None:
    chip.set_voltage("A0", 1.25)
    await expect(value(page, "A0")).to_have_text(re.compile(r"^\s*25[4-8]\b"))


async def test_a_click_on_d13_s_control_moves_the_pin_and_is_shown_confirmed(chip: Chip, page: Page) -> None:
    for level, word in ((1, "on, confirmed"), (0, "off, confirmed"), (1, "on, confirmed")):
        before = chip.cycles()
        await row(page, "D13").get_by_role("switch").click()
        await expect(row(page, "D13").get_by_text(word)).to_be_visible()
        edges = chip.edges("D13", since_cycle=before)
        assert edges[-1].level == level
        assert before < edges[-1].cycle <= chip.cycles()


async def test_a_press_on_an_input_is_on_the_page(chip: Chip, page: Page) -> None:
    chip.set_pin("D2", level=False)
    await expect(value(page, "D2")).to_have_text("low")
    chip.set_pin("D2", level=True)
    await expect(value(page, "D2")).to_have_text("high")


async def test_a_reset_is_told_and_values_come_again_on_the_same_page(chip: Chip, page: Page) -> None:
    await page.get_by_role("button", name="Journal").click()
    waited, reset_at = Waited(), chip.reset()
    chip.set_voltage("A0", 2.5)
    await expect(value(page, "A0")).to_have_text(re.compile(r"^\s*51[0-4]\b"))
    assert (chip.cycles() - reset_at) / CLOCK_HZ < 3 + waited.seconds
    await expect(page.get_by_role("log").get_by_text("was reset").last).to_be_visible()
    await expect(row(page, "D13").get_by_role("switch")).not_to_be_checked()
    assert not chip.level("D13")  # low, or an input: nothing drives it
