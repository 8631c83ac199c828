"""What the page says when something is not as usual, each made to happen for real."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.support.browser import watched_page
from tests.support.running import READY_S, RunningGateway, running_gateway

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TRACES = "document.querySelector('ard-app').shadowRoot.querySelector('ard-traces')"
HOSTILE = "<img src=x onerror=window.hacked=1>"


@contextmanager
def simulated_board(path: Path) -> Generator[subprocess.Popen[str]]:
    """``ardugate sim --pty``: a board in a process of its own, behind a serial port."""
    command = [sys.executable, "-m", "ardugate", "sim", "--pty", str(path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@contextmanager
def silent_line() -> Generator[int]:
    """A serial port at whose other end nobody says anything: its descriptor."""
    outer, inner = os.openpty()
    try:
        yield inner
    finally:
        os.close(outer)
        os.close(inner)


async def fresh(browser: Browser) -> BrowserContext:
    """A context with a laptop's window."""
    return await browser.new_context(viewport={"width": 1366, "height": 768})


async def test_a_killed_gateway_is_the_page_disconnected_and_never_a_board_unplugged(
    browser: Browser, gateway: RunningGateway
) -> None:
    async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
        page = watched.page
        await page.get_by_role("button", name="demo live").wait_for()
        await page.evaluate("window.sameDocument = true")
        gateway.kill()
        await expect(page.get_by_text("This page lost the gateway", exact=True)).to_be_visible()
        await expect(page.get_by_role("button", name="demo unknown")).to_be_visible()
        await expect(page.get_by_text("unplugged")).to_have_count(0)
        await expect(page.get_by_role("switch").first).to_be_disabled()
        await page.get_by_role("button", name="STOP ALL OUTPUTS").click()
        await expect(page.get_by_text("The stop did not reach the gateway")).to_be_visible()
        gateway.start_again()
        await expect(page.get_by_role("button", name="demo live")).to_be_visible()
        await expect(page.get_by_text("This page lost the gateway", exact=True)).to_have_count(0)
        assert await page.evaluate("window.sameDocument") is True


async def hatched(page: Page) -> str:
    """The reason that is written into the gap of the first plot, in the drawing that is saved; painted, too."""
    gap: dict[str, Any] = await (
        await page.wait_for_function(f"() => {TRACES}.groups.plots[0].channels[0].series.gaps.at(-1)")
    ).json_value()
    around_s = (gap["to_s"] - gap["from_s"]) / 4
    await page.evaluate(f"{TRACES}.page.looking.view.fix({gap['from_s'] - around_s}, {gap['to_s'] + around_s})")
    # The hatching's own colour on the canvas, in a place where nothing else is.
    await page.wait_for_function(
        f"""() => {{
          const {{ painter, groups, renderRoot }} = {TRACES};
          const canvas = renderRoot.querySelector('canvas.traces');
          const band = painter.bandOf(groups.plots[0].key);
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
          copy.drawImage(canvas, 0, 0);
          const {{ left, width }} = painter.axis;
          const {{ data }} = copy.getImageData(left + width / 3, band.top + 2, width / 4, band.height - 4);
          let found = 0;
          for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 0 && data[at] === 0xb9) found += 1;
          return found > 20;
        }}"""
    )
    await page.get_by_role("button", name="Save", exact=True).click()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Drawing").click()
    drawing = ET.fromstring(await asyncio.to_thread(Path(await (await downloading.value).path()).read_text))
    words = {each.text or "" for each in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert gap["reason"] in words
    return str(gap["reason"])


async def test_a_board_that_stops_talking_is_not_answering_and_then_unplugged(browser: Browser, tmp_path: Path) -> None:
    port = tmp_path / "board"
    with simulated_board(port) as board, running_gateway(tmp_path, "serve", "--port", str(port)) as gateway:
        async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            live = page.locator("ard-topbar .chip", has_text="live")
            await live.wait_for()
            board.send_signal(signal.SIGSTOP)
            await expect(page.get_by_text("is not answering")).to_be_visible()
            await expect(page.get_by_text("Last seen")).to_be_visible()
            await expect(page.get_by_role("switch").first).to_be_disabled()
            board.send_signal(signal.SIGCONT)
            await live.wait_for()
            assert re.fullmatch("not answering|[0-9,]+ samples? missing", await hatched(page))
            board.kill()
            await expect(page.get_by_text("is unplugged")).to_be_visible()
            await expect(page.get_by_text("outputs went safe")).to_be_visible()
            assert watched.complaints == []


async def test_a_hostile_name_is_only_ever_text(browser: Browser, tmp_path: Path) -> None:
    with running_gateway(tmp_path, "serve", "--port", f"sim://?name={quote(HOSTILE)}") as gateway:
        async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            await expect(page.locator("ard-topbar .chip b")).to_have_text(HOSTILE)
            await page.locator("ard-traces").wait_for()
            assert await page.evaluate("window.hacked") is None
            assert watched.complaints == []
            assert watched.foreign == []


async def test_whatever_a_board_calls_things_is_only_ever_text_and_fits(
    browser: Browser, gateway: RunningGateway
) -> None:
    # More than a wire has room for: names, units and labels as they might reach a page.
    nasty = json.dumps(HOSTILE + "\"'`${1}</script>🌱" + "x" * 200)

    def rewrite(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def on_message(message: str | bytes) -> None:
            if isinstance(message, str):
                for plain in ('"unit":"V"', '"unit":"%"', '"name":"demo"', '"name":"fan"', '"name":"blink"'):
                    message = message.replace(plain, plain.partition(":")[0] + ":" + nasty)
                message = message.replace('"idle"', nasty)
            route.send(message)

        server.on_message(on_message)

    async with await fresh(browser) as context:
        await context.route_web_socket("**/ws", rewrite)
        async with watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            await expect(page.locator("ard-topbar .chip b")).to_contain_text(HOSTILE)
            await page.locator("ard-traces .value").first.wait_for()
            assert await page.evaluate("window.hacked") is None
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            stop = await page.get_by_role("button", name="STOP ALL OUTPUTS").bounding_box()
            assert stop is not None
            assert stop["x"] + stop["width"] <= 1366
            assert watched.complaints == []
            assert watched.foreign == []


async def test_without_a_board_the_page_says_what_to_do_and_offers_ports_that_are_not_served(
    browser: Browser, tmp_path: Path
) -> None:
    # The machine of a test has no converter: what the gateway says of ports is played.
    port = {"port": "/dev/ttyUSB7", "kind": "converter", "description": "CH340 converter", "holders": ["minicom (7)"]}
    results: dict[str, Any] = {
        "ports": {"ports": [{**port, "board": None}, {**port, "port": "/dev/ttyUSB8", "board": "attic"}]},
        "port_use": {"port": "/dev/ttyUSB7", "board": "port-ttyusb7"},
    }
    wishes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def play(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def on_message(message: str | bytes) -> None:
            request = json.loads(message)
            if request["method"] not in results:
                server.send(message)
                return
            if request["method"] == "port_use":
                wishes.put_nowait(request["params"])
            route.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": results[request["method"]]}))

        route.on_message(on_message)

    with running_gateway(tmp_path, "serve", "--port", "auto") as gateway:
        async with await fresh(browser) as context:
            await context.route_web_socket("**/ws", play)
            async with watched_page(context, gateway.signed_in_link()) as watched:
                page = watched.page
                await expect(page.get_by_text("No board yet")).to_be_visible()
                await expect(page.get_by_text("CH340 converter · in use by minicom (7)")).to_be_visible()
                await expect(page.get_by_text("/dev/ttyUSB8")).to_have_count(0)
                await page.get_by_role("button", name="Use this port: /dev/ttyUSB7").click()
                async with asyncio.timeout(READY_S):
                    used = await wishes.get()
                assert used == {"port": "/dev/ttyUSB7"}
                assert watched.complaints == []


async def test_who_may_only_look_gets_values_and_the_stop_but_no_controls(
    browser: Browser, gateway: RunningGateway
) -> None:
    def look_only(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def on_message(message: str | bytes) -> None:
            text = message.replace('"role":"admin"', '"role":"view"') if isinstance(message, str) else message
            route.send(text)

        server.on_message(on_message)

    async with await fresh(browser) as context:
        await context.route_web_socket("**/ws", look_only)
        async with watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            await expect(page.get_by_text("View only")).to_be_visible()
            await expect(page.get_by_role("switch")).to_have_count(0)
            await expect(page.get_by_role("slider")).to_have_count(0)
            await expect(page.get_by_role("button", name="STOP ALL OUTPUTS")).to_be_enabled()


async def test_a_browser_that_is_signed_out_is_told_how_to_sign_in(browser: Browser, gateway: RunningGateway) -> None:
    async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
        page = watched.page
        await page.get_by_role("button", name="demo live").wait_for()
        await context.clear_cookies()
        gateway.kill()
        gateway.start_again()
        await expect(page.get_by_text("Sign in again")).to_be_visible()


async def test_a_sketch_that_hangs_is_said_with_what_to_do_until_it_goes_on(browser: Browser, tmp_path: Path) -> None:
    board = "sim://?name=demo&hang_every_s=6&hang_for_s=3"
    with running_gateway(tmp_path, "serve", "--port", board) as gateway:
        async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
            page = watched.page
            await expect(page.get_by_role("button", name="demo sketch hangs")).to_be_visible()
            await expect(page.get_by_text("its outputs were made safe. Look for a loop")).to_be_visible()
            await expect(page.get_by_role("button", name="demo live")).to_be_visible()


async def test_a_board_that_connects_prints_is_blocked_or_lent_is_said_with_what_to_do(
    browser: Browser, tmp_path: Path
) -> None:
    with silent_line() as deaf, silent_line() as busy:
        # Another program has this port.
        fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ports = ("sim://?name=demo", f"sim://?other={quote('temp:21.5 C')}", os.ttyname(deaf), os.ttyname(busy))
        with running_gateway(tmp_path, "serve", *(each for port in ports for each in ("--port", port))) as gateway:
            async with await fresh(browser) as context, watched_page(context, gateway.signed_in_link()) as watched:
                page = watched.page
                chips = page.locator("ard-topbar .chip")
                await page.locator(f"ard-topbar .chip[title='{os.ttyname(deaf)}']", has_text="connecting").click()
                await expect(page.get_by_text("Waiting for the board on")).to_be_visible()
                await chips.filter(has_text="other sketch").click()
                await expect(page.get_by_text("A sketch that prints")).to_be_visible()
                await expect(page.locator("ard-traces .value").filter(has_text="21.5")).to_be_visible()
                await expect(page.get_by_role("switch")).to_have_count(0)
                await chips.filter(has_text="blocked").click()
                await expect(page.get_by_text("cannot be used")).to_be_visible()
                await chips.filter(has_text="demo").click()
                lent = gateway.rpc("port_lend", port="demo", to="arduino-cli")
                await expect(page.locator("ard-notice", has_text="demo is lent to arduino-cli")).to_be_visible()
                await expect(page.get_by_role("switch").first).to_be_disabled()
                gateway.rpc("port_reclaim", port=lent["port"])
                await expect(page.get_by_role("button", name="demo live")).to_be_visible()
                assert watched.complaints == []


async def test_a_recording_is_replayed_in_a_blue_frame_with_nothing_to_drive(
    browser: Browser, gateway: RunningGateway, tmp_path: Path
) -> None:
    began_s = cast("float", gateway.rpc("record_start", name="then")["began_t_s"])
    ends = time.monotonic() + READY_S
    while cast("float", gateway.rpc("get", channel="demo/temp")["t_s"]) <= began_s:
        assert time.monotonic() < ends, "nothing was recorded"
        await asyncio.sleep(0.05)
    gateway.rpc("record_stop")
    (file,) = gateway.home.rglob("then.ardcap")
    with running_gateway(tmp_path, "replay", str(file)) as then:
        async with await fresh(browser) as context, watched_page(context, then.signed_in_link()) as watched:
            page = watched.page
            await expect(page.get_by_text("What you see of demo was recorded.")).to_be_visible()
            await expect(page.locator(".frame.replay")).to_be_visible()
            await expect(page.get_by_role("switch").first).to_be_disabled()
