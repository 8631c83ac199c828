"""The journal below the plots: what was before the page was opened, what happens, and what did while it was away."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.running import RunningGateway, running_gateway

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Two days ago, whatever the hour.
OLD_S = time.time() - 2 * 86_400
# More than the gateway gives in one answer.
OLD_LINES = 1_300
# The page's own conversation with the gateway.
CLIENT = "document.querySelector('ard-app').page.client"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway that has kept a journal for long."""
    home = tmp_path_factory.mktemp("home")
    state = home / ".local" / "state" / "ardugate"
    state.mkdir(parents=True, mode=0o700)
    lines = [
        json.dumps({"t_s": OLD_S + at, "kind": "log", "board": "demo", "text": f"old line {at}"})
        for at in range(OLD_LINES)
    ]
    (state / "journal.jsonl").write_text("\n".join(lines) + "\n")
    with running_gateway(home, "serve", "--port", "sim://?name=demo") as running:
        yield running


async def opened(page: Page) -> Locator:
    """The journal's lines, once it is open."""
    await page.get_by_role("button", name="Journal").click()
    return page.get_by_role("log").locator(".line")


async def test_what_happened_before_the_page_was_opened_is_there_with_its_day_and_who_asked_for_it(
    page: Page, gateway: RunningGateway
) -> None:
    gateway.rpc("annotate", text="before <i>the page</i>")
    await page.reload()
    await page.locator("ard-traces").wait_for()
    lines = await opened(page)
    await expect(lines.and_(page.locator(".mark")).filter(has_text="before <i>the page</i>")).to_have_count(1)
    asked = lines.and_(page.locator(".command"))
    await expect(asked.filter(has_text='annotate text="before <i>the page</i>": done')).to_have_count(1)
    await expect(lines.filter(has_text=f"old line {OLD_LINES - 1}")).to_have_count(1)
    await expect(page.get_by_role("log").locator(".day").first).to_have_text(re.compile(r"^\d+ \w+$"))


async def test_it_goes_on_while_it_is_open_and_says_also_what_no_page_is_told(
    page: Page, gateway: RunningGateway
) -> None:
    lines = await opened(page)
    gateway.rpc("stop_all")
    gateway.rpc("clear_stop")
    await expect(lines.filter(has_text="all outputs stopped")).to_have_count(1)
    await expect(lines.and_(page.locator(".command")).filter(has_text="stop_all: done")).to_have_count(1)
    await expect(lines.filter(has_text="demo was stopped by")).to_have_count(0)


async def test_what_happened_while_the_page_was_away_is_filled_in_and_nothing_is_there_twice(
    page: Page, gateway: RunningGateway
) -> None:
    lines = await opened(page)
    marks = lines.and_(page.locator(".mark"))
    gateway.rpc("annotate", text="told")
    await expect(marks.filter(has_text="told")).to_have_count(1)
    await page.evaluate(f"{CLIENT}.stop()")
    gateway.rpc("annotate", text="missed")
    await page.evaluate(f"{CLIENT}.ended = false; {CLIENT}.start()")
    await expect(marks.filter(has_text="missed")).to_have_count(1)
    gateway.rpc("annotate", text="again")
    await expect(marks.filter(has_text="again")).to_have_count(1)
    expected = ["told", "this page lost the gateway", "missed", "this page has the gateway again", "again"]
    said = await lines.locator("span:last-child").all_inner_texts()
    assert [text for text in said if text in expected] == expected


async def test_older_lines_come_on_request_until_there_are_no_more(page: Page) -> None:
    lines = await opened(page)
    older = page.get_by_role("button", name="Show older")
    await expect(older).to_be_visible()
    await expect(lines.get_by_text("old line 0", exact=True)).to_have_count(0)
    while await older.count():
        before = await lines.count()
        await older.click()
        await expect(lines.nth(before)).to_be_attached()
    await expect(lines.get_by_text(re.compile(r"^old line \d+$"))).to_have_count(OLD_LINES)
