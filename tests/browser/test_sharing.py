"""Sharing the page with others, and keeping what happened: the tools of the top bar, on a real gateway."""

from __future__ import annotations

import asyncio
import re
import time
from typing import cast
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import Watched, watched_page
from tests.support.running import READY_S, RunningGateway

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_link_with_a_code_opens_the_page_for_others_until_it_is_revoked(
    browser: Browser, watched: Watched, gateway: RunningGateway
) -> None:
    page = watched.page
    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    link = await page.get_by_role("textbox", name="The link").input_value()
    assert urlsplit(link).query.startswith("share=")
    async with await browser.new_context() as context, watched_page(context, link) as other:
        await other.page.get_by_text("View only").wait_for()
        assert "share" not in other.page.url
        await expect(other.page.get_by_role("button", name="demo live")).to_be_visible()
        await expect(other.page.get_by_role("button", name="STOP ALL OUTPUTS")).to_be_enabled()
        await expect(other.page.get_by_role("switch")).to_have_count(0)
        await expect(other.page.get_by_role("button", name="Share", exact=True)).to_have_count(0)
        await page.get_by_role("button", name="Revoke").click()
        await expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
        await expect(other.page.get_by_text("Sign in again")).to_be_visible()
    assert gateway.rpc("share_list") == {"shares": []}


async def test_a_sheet_has_a_code_for_each_board(page: Page, gateway: RunningGateway) -> None:
    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("combobox", name="What it allows").select_option("control")
    await page.get_by_role("button", name="QR codes, one a board").click()
    sheet = page.get_by_role("dialog", name="QR codes")
    await expect(sheet.get_by_role("img")).to_have_count(1)
    await expect(sheet).to_contain_text(re.compile(r"demo\s*Look and drive, until \d+ \w+ \d\d:\d\d\s*http"))
    await expect(page.get_by_role("button", name="STOP ALL OUTPUTS")).to_be_in_viewport()
    await page.emulate_media(media="print")
    await expect(page.locator("ard-app")).to_be_hidden()
    await expect(sheet.get_by_role("img")).to_be_visible()
    await page.emulate_media(media="screen")
    await sheet.get_by_role("button", name="Close").click()
    await expect(sheet).to_have_count(0)
    [share] = cast("list[dict[str, object]]", gateway.rpc("share_list")["shares"])
    assert (share["grants"], share["boards"]) == ("control", ["demo"])
    gateway.rpc("share_revoke", share=share["id"])


async def test_a_recording_is_begun_marked_ended_and_had_as_a_file(page: Page, gateway: RunningGateway) -> None:
    await page.get_by_role("button", name="Record", exact=True).click()
    await page.get_by_role("button", name="Record", exact=True).nth(1).click()
    await expect(page.get_by_role("button", name="Recording since")).to_be_visible()
    # What is shown of it at the end is a trace: there must be one in it.
    [recording] = cast("list[dict[str, float]]", gateway.rpc("recordings")["recordings"])
    ends = time.monotonic() + READY_S
    while cast("float", gateway.rpc("get", channel="demo/sine")["t_s"]) <= recording["began_t_s"]:
        assert time.monotonic() < ends, "nothing was recorded"
        await asyncio.sleep(0.05)
    await page.get_by_role("textbox", name="What happened just now").fill("door opened")
    await page.get_by_role("button", name="Mark", exact=True).click()
    await page.get_by_role("button", name="Stop recording").click()
    row = page.get_by_role("list", name="Recordings").get_by_role("listitem").first
    async with page.expect_download() as waiting:
        await row.get_by_role("link", name="Download").click()
    assert (await waiting.value).suggested_filename.endswith(".ardcap")
    # This page's own memory begins later: what is shown is the recording's.
    await page.reload()
    await page.get_by_role("button", name="Record", exact=True).click()
    await row.get_by_role("button", name="Show").click()
    await expect(page.get_by_text(re.compile(r"^The plots show \S+\.ardcap\."))).to_be_visible()
    await expect(page.locator(".frame.replay")).to_be_visible()
    drawn = "document.querySelector('ard-app').page.looking.past.runs.get('demo/sine')?.times.length"
    await page.wait_for_function(f"() => {drawn} > 0")
    await page.get_by_role("button", name="Live", exact=True).click()
    await expect(page.locator(".frame.replay")).to_have_count(0)
    await page.get_by_role("button", name="Record", exact=True).click()
    await page.get_by_role("button", name="Save the last 5 minutes").click()
    await expect(page.get_by_role("list", name="Recordings").get_by_role("listitem")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Journal").click()
    await expect(page.get_by_role("log").locator(".mark").get_by_text("door opened")).to_be_visible()
