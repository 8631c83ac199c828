"""The page where no WebSocket comes through: events, and long polling where those do not either."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, BrowserContext, Route, WebSocketRoute, expect

from tests.support.browser import watched_page
from tests.support.running import RunningGateway

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _block(context: BrowserContext, *, events: bool) -> list[str]:
    """Keep WebSockets out, and events too; gives what was asked for over HTTP, by path."""
    asked = list[str]()

    async def close(route: WebSocketRoute) -> None:
        await route.close()

    async def judge(route: Route) -> None:
        asked.append(route.request.url.partition("?")[0].rpartition("/")[2])
        if events and asked[-1] == "stream":
            await route.abort()
        else:
            await route.continue_()

    await context.route_web_socket("**/ws", close)
    await context.route("**/api/v1/**", judge)
    return asked


@pytest.mark.parametrize(("events", "way"), [(False, "stream"), (True, "poll")], ids=["events", "polling"])
async def test_the_page_is_live_and_drives_outputs_without_a_websocket(
    browser: Browser, gateway: RunningGateway, *, events: bool, way: str
) -> None:
    async with await browser.new_context(viewport={"width": 1366, "height": 768}) as context:
        asked = await _block(context, events=events)
        async with watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            await page.get_by_role("button", name="demo live").wait_for()
            assert way in asked
            sine = page.locator('ard-traces [data-channel="demo/sine"] .value')
            before = await sine.inner_text()
            await expect(sine).not_to_have_text(before)
            led = page.locator('ard-output-row[data-channel="demo/led"]')
            await led.get_by_role("switch").click()
            await expect(led.get_by_text("on, confirmed")).to_be_visible()
            # Each request is a session of its own here: it is this page's all the same.
            await expect(led.get_by_text("set by this page")).to_be_visible()
            assert gateway.rpc("get", channel="demo/led")["value"] is True
            await led.get_by_role("switch").click()
            await expect(led.get_by_text("off, confirmed")).to_be_visible()
