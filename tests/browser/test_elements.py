"""``/ardugate-elements.js`` in pages of one's own: the page of docs/how-to/own-page.md as written, each component."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from ardugate.sim.sketches import FAN_HOLD_MS
from tests.browser.holding import renewed
from tests.support.browser import Watched, watched_page
from tests.support.running import READY_S, RunningGateway
from tests.support.site import examples, running_site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HEAD = (
    '<!doctype html><meta charset="utf-8"><title>x</title><script type="module" src="/ardugate-elements.js"></script>'
)
EXAMPLES = examples("reference/elements.md", "html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with the greenhouse, and a folder of pages."""
    with running_site(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The same with the demo's board, which has outputs of every kind."""
    with running_site(tmp_path_factory.mktemp("demo"), "sim://?name=demo") as running:
        yield running


async def signed_in(browser: Browser, gateway: RunningGateway) -> BrowserContext:
    """A browser that knows the gateway."""
    made = await browser.new_context()
    async with watched_page(made, gateway.signed_in_link()) as watched:
        await watched.page.wait_for_url(gateway.url)
    return made


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def context(browser: Browser, site: RunningGateway) -> AsyncIterator[BrowserContext]:
    """A browser that is signed in."""
    made = await signed_in(browser, site)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def demo_context(browser: Browser, demo: RunningGateway) -> AsyncIterator[BrowserContext]:
    """A browser that is signed in at the demo."""
    made = await signed_in(browser, demo)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def watched(context: BrowserContext, site: RunningGateway) -> AsyncIterator[Watched]:
    """A page that complains of nothing."""
    async with watched_page(context, f"{site.url}pages/") as watching:
        yield watching
        watching.is_quiet()


@pytest_asyncio.fixture(loop_scope="session")
async def demo_page(demo_context: BrowserContext) -> AsyncIterator[Page]:
    """A blank page of the browser that is signed in at the demo; it may complain of what cannot be."""
    async with await demo_context.new_page() as page:
        yield page


async def shows(page: Page, gateway: RunningGateway, html: str) -> None:
    """Open a page with this in it."""
    (gateway.home / "site" / "page.html").write_text(HEAD + html, encoding="utf-8")
    await page.goto(f"{gateway.url}pages/page.html")


async def becomes(gateway: RunningGateway, channel: str, wanted: object) -> None:
    """Wait until the gateway itself says so."""
    ends = time.monotonic() + READY_S
    while (got := gateway.rpc("get", channel=channel)["value"]) != wanted:
        assert time.monotonic() < ends, f"{channel} is {got!r}, expected {wanted!r}"
        await asyncio.sleep(0.05)


async def painted(page: Page) -> None:
    """Wait until the plot has a line in its first colour."""
    await page.wait_for_selector("ard-plot canvas.traces")
    count = """() => {
      const canvas = document.querySelector('ard-plot').shadowRoot.querySelector('canvas.traces');
      const { width, height } = canvas;
      if (width < 10) return 0;
      // Chromium complains of a canvas that is read back more than once without having been told so.
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x0b && data[at + 1] === 0x7f && data[at + 2] === 0x8c && data[at + 3] === 255) found += 1;
      return found;
    }"""
    ends = time.monotonic() + READY_S
    while await page.evaluate(count) < 20:
        assert time.monotonic() < ends, "no trace was painted"
        await asyncio.sleep(0.1)


async def test_the_page_of_the_docs_works_as_written(watched: Watched, site: RunningGateway) -> None:
    [source] = examples("how-to/own-page.md", "html")
    (site.home / "site" / "greenhouse.html").write_text(source, encoding="utf-8")
    page = watched.page
    await page.goto(f"{site.url}pages/greenhouse.html")
    await expect(page.get_by_role("status")).to_contain_text("greenhouse")
    await expect(page.get_by_role("status")).to_contain_text("live")
    await expect(page.locator("ard-value")).to_contain_text("°C")
    await painted(page)
    await page.get_by_role("switch", name="pump").click()
    await becomes(site, "pump", wanted=True)
    await expect(page.get_by_role("switch", name="pump")).to_be_checked()
    await page.get_by_role("button", name="STOP ALL OUTPUTS").click()
    await becomes(site, "pump", wanted=False)
    await expect(page.get_by_role("switch", name="pump")).to_be_disabled()
    await expect(page.get_by_role("status")).to_contain_text("stopped")
    await page.get_by_role("button", name="Hold to clear").focus()
    await page.keyboard.down("Space")
    await expect(page.get_by_role("switch", name="pump")).to_be_enabled()
    await page.keyboard.up("Space")


@pytest.mark.parametrize("source", EXAMPLES, ids=[str(number) for number, _ in enumerate(EXAMPLES, 1)])
async def test_an_example_of_the_docs_shows_no_trouble(watched: Watched, site: RunningGateway, source: str) -> None:
    page = watched.page
    await shows(page, site, f"{source}<ard-status></ard-status>")
    await expect(page.locator("ard-status").last).to_contain_text("live")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_switch_holds_what_it_set_while_the_page_is_seen(demo_page: Page, demo: RunningGateway) -> None:
    await shows(demo_page, demo, '<ard-slider channel="fan" label="Fan"></ard-slider>')
    slider = demo_page.get_by_role("slider", name="Fan")
    await expect(slider).to_be_enabled()
    await slider.fill("1")
    await becomes(demo, "fan", wanted=1)
    await renewed(demo, "demo/fan", FAN_HOLD_MS)
    await becomes(demo, "fan", wanted=1)
    await demo_page.close()
    await becomes(demo, "fan", wanted=0)


async def test_a_button_is_on_while_pressed_by_mouse_or_key_and_writes_its_value_at_a_click(
    demo_page: Page, demo: RunningGateway
) -> None:
    await shows(
        demo_page,
        demo,
        '<ard-button channel="led">Light</ard-button> <ard-button channel="program" value="fast">Fast</ard-button>',
    )
    light = demo_page.get_by_role("button", name="Light")
    await expect(light).to_be_enabled()
    await light.hover()
    await demo_page.mouse.down()
    await becomes(demo, "led", wanted=True)
    await demo_page.mouse.up()
    await becomes(demo, "led", wanted=False)
    await light.focus()
    await demo_page.keyboard.down("Space")
    await becomes(demo, "led", wanted=True)
    await demo_page.keyboard.up("Space")
    await becomes(demo, "led", wanted=False)
    await demo_page.get_by_role("button", name="Fast").click()
    await becomes(demo, "program", wanted="fast")


async def test_a_command_asks_for_what_no_attribute_gives_and_shows_what_came_of_it(
    demo_page: Page, demo: RunningGateway
) -> None:
    await shows(
        demo_page, demo, '<ard-command command="blink">Blink</ard-command><ard-command command="battery"></ard-command>'
    )
    blink = demo_page.locator("ard-command").first
    await blink.get_by_role("spinbutton", name="times").fill("99")
    await blink.get_by_role("button", name="Blink").click()
    await expect(blink.get_by_role("alert")).to_contain_text("times takes 1 to 20")
    await blink.get_by_role("spinbutton", name="times").fill("1")
    await blink.get_by_role("button", name="Blink").click()
    await expect(blink).to_contain_text("done in")
    battery = demo_page.locator("ard-command").last
    await battery.get_by_role("button", name="battery").click()
    await expect(battery.locator("output")).to_contain_text("V")


async def test_what_cannot_be_is_said_in_its_place(demo_page: Page, demo: RunningGateway) -> None:
    await shows(demo_page, demo, '<ard-value channel="tmep"></ard-value><ard-switch channel="nothing"></ard-switch>')
    await expect(demo_page.get_by_role("alert").first).to_contain_text('demo has no channel "tmep"')
    await expect(demo_page.get_by_role("switch")).to_be_disabled()


async def test_a_page_that_lost_its_gateway_says_so_and_comes_back(demo_page: Page, demo: RunningGateway) -> None:
    await shows(demo_page, demo, '<ard-status></ard-status><ard-value channel="sine"></ard-value>')
    await expect(demo_page.locator("ard-status")).to_contain_text("live")
    demo.kill()
    await expect(demo_page.locator("ard-status")).to_contain_text("page disconnected")
    await expect(demo_page.locator("ard-value .stale")).to_have_count(1)
    demo.start_again()
    await expect(demo_page.locator("ard-status")).to_contain_text("live")
    await expect(demo_page.locator("ard-value .stale")).to_have_count(0)
