"""The page in a real Chromium, on a real gateway with the simulated board."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from ardugate.sim.sketches import FAN_HOLD_MS
from tests.browser.holding import renewed
from tests.support.browser import PHONE, Watched, watched_page
from tests.support.running import READY_S, RunningGateway

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def row(page: Page, channel: str) -> Locator:
    """A channel's control on the right."""
    return page.locator(f'ard-output-row[data-channel="demo/{channel}"]')


def value(page: Page, channel: str) -> Locator:
    """A channel's live value on the left."""
    return page.locator(f'ard-traces [data-channel="demo/{channel}"] .value')


async def becomes(gateway: RunningGateway, channel: str, wanted: object) -> None:
    """Wait until the gateway itself says that ``channel`` has that value."""
    ends = time.monotonic() + READY_S
    while (got := gateway.rpc("get", channel=f"demo/{channel}")["value"]) != wanted:
        assert time.monotonic() < ends, f"{channel} is {got!r}, expected {wanted!r} within {READY_S} s"
        await asyncio.sleep(0.05)


async def test_values_live_on_the_page_with_unit_and_age(page: Page) -> None:
    sine = value(page, "sine")
    await expect(sine).to_have_text(re.compile(r"V$"))
    before = await sine.inner_text()
    await expect(sine).not_to_have_text(before)
    await expect(page.locator('ard-traces [data-channel="demo/sine"] .age')).to_have_text("now")
    await expect(page.get_by_role("button", name="demo live")).to_be_visible()


async def test_traces_are_painted(page: Page) -> None:
    # Counts the canvas' pixels in the colour of the first trace: a line across it has hundreds.
    count = """() => {
      const traces = document.querySelector('ard-app').shadowRoot.querySelector('ard-traces').shadowRoot;
      const shown = traces.querySelector('canvas.traces');
      const { width, height } = shown;
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(shown, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x0b && data[at + 1] === 0x7f && data[at + 2] === 0x8c && data[at + 3] === 255) found += 1;
      return found > 100;
    }"""
    await page.wait_for_function(count)


async def test_a_click_makes_an_unclaimed_pin_an_output_and_shows_it_confirmed(
    page: Page, gateway: RunningGateway
) -> None:
    pin = row(page, "D12")
    await expect(pin.get_by_text("make it an output")).to_be_visible()
    await pin.get_by_role("switch").click()
    await expect(pin.get_by_text("on, confirmed")).to_be_visible()
    await expect(pin.get_by_role("switch")).to_be_checked()
    assert gateway.rpc("get", channel="demo/D12")["value"] is True
    await pin.get_by_role("switch").click()
    await expect(pin.get_by_text("off, confirmed")).to_be_visible()
    assert gateway.rpc("get", channel="demo/D12")["value"] is False


async def test_the_keyboard_is_enough_for_a_switch(page: Page, gateway: RunningGateway) -> None:
    await row(page, "D6").get_by_role("switch").focus()
    await page.keyboard.press("Space")
    await expect(row(page, "D6").get_by_text("on, confirmed")).to_be_visible()
    assert gateway.rpc("get", channel="demo/D6")["value"] is True


async def test_a_change_made_elsewhere_shows_on_the_page(page: Page, gateway: RunningGateway) -> None:
    gateway.rpc("set", channel="demo/led", value=True)
    await expect(row(page, "led").get_by_role("switch")).to_be_checked()
    gateway.rpc("set", channel="demo/led", value=False)
    await expect(row(page, "led").get_by_role("switch")).not_to_be_checked()


async def test_a_visible_page_holds_what_it_set_and_a_closed_one_lets_it_go_safe(
    page: Page, gateway: RunningGateway
) -> None:
    fan = row(page, "fan")
    await fan.locator("input[type=number]").fill("1")
    await fan.locator("input[type=number]").press("Enter")
    await expect(fan.get_by_text("held by this page")).to_be_visible()
    await renewed(gateway, "demo/fan", FAN_HOLD_MS)
    assert gateway.rpc("get", channel="demo/fan")["value"] == pytest.approx(1, abs=1e-3)
    await page.close()
    await becomes(gateway, "fan", 0)


async def test_each_control_says_who_set_it_and_who_holds_it_for_how_long(page: Page, gateway: RunningGateway) -> None:
    fan, led = row(page, "fan"), row(page, "led")
    await fan.locator("input[type=number]").fill("1")
    await fan.locator("input[type=number]").press("Enter")
    await expect(fan.get_by_text("held by this page")).to_be_visible()
    await led.get_by_role("switch").click()
    await expect(led.get_by_text("set by this page")).to_be_visible()
    # Another client, in the same browser: what it sets, it holds, and this page does no more.
    other = await page.evaluate_handle("import('/ardugate.js').then((ardugate) => ardugate.connect())")
    await other.evaluate("async (other) => { await other.set('demo/fan', 0.5); }")
    await expect(fan.get_by_text("0.50, confirmed")).to_have_count(0)
    await expect(fan.get_by_text(re.compile(r"held by a page \(c_\w+\) · \d\.\d s · safe: 0\.00"))).to_be_visible()
    await page.get_by_role("button", name="Link health").click()
    await expect(page.locator("ard-health").get_by_text("controls fan")).to_be_visible()
    await page.keyboard.press("Escape")
    # Off is where it goes by itself: nobody holds it there.
    gateway.rpc("set", channel="demo/fan", value=0)
    await expect(fan.get_by_text(re.compile(r"set by a program \(c_\w+\) · safe: 0\.00"))).to_be_visible()
    gateway.rpc("stop_all")
    await expect(led.get_by_text("set by")).to_be_hidden()
    gateway.rpc("clear_stop")
    await other.evaluate("(other) => other.close()")


async def test_what_a_boards_own_watchdog_made_safe_is_not_said_to_be_held(page: Page) -> None:
    fan = row(page, "fan")
    await fan.locator("input[type=number]").fill("1")
    await fan.locator("input[type=number]").press("Enter")
    await expect(fan.get_by_text("held by this page")).to_be_visible()
    # The demo's board is too healthy for it: the page is told as the gateway tells it.
    told = {"kind": "safe", "board": "demo", "text": "demo's watchdog has put its outputs safe", "t_s": time.time()}
    await page.evaluate(
        "(params) => document.querySelector('ard-app').page.notificationReceived("
        "{ kind: 'notification', method: 'event', params })",
        told,
    )
    await expect(fan.get_by_text("held by this page")).to_be_hidden()


async def test_a_mode_that_is_chosen_gives_the_pin_another_control(page: Page, gateway: RunningGateway) -> None:
    await row(page, "D10").get_by_role("combobox").select_option("pwm")
    await expect(row(page, "D10").get_by_role("slider")).to_be_visible()
    gateway.rpc("mode", channel="demo/D10", mode="input")
    await expect(row(page, "D10").get_by_role("slider")).to_be_hidden()


async def test_stop_is_one_click_and_clearing_a_hold_of_two_seconds(page: Page, gateway: RunningGateway) -> None:
    await row(page, "led").get_by_role("switch").click()
    await expect(row(page, "led").get_by_text("on, confirmed")).to_be_visible()
    await page.get_by_role("button", name="STOP ALL OUTPUTS").click()
    await expect(page.get_by_role("button", name="demo stopped")).to_be_visible()
    assert gateway.rpc("get", channel="demo/led")["value"] is False
    await expect(row(page, "led").get_by_role("switch")).to_be_disabled()
    clear = page.get_by_role("button", name="Hold to clear")
    await clear.click(delay=100)
    await expect(page.get_by_role("button", name="demo stopped")).to_be_visible()
    await clear.focus()
    await page.keyboard.down("Space")
    await expect(page.get_by_role("button", name="demo live")).to_be_visible()
    await page.keyboard.up("Space")
    await expect(row(page, "led").get_by_role("switch")).to_be_enabled()
    assert gateway.rpc("get", channel="demo/led")["value"] is False


async def test_floating_analog_pins_are_values_until_they_are_clicked(page: Page) -> None:
    await expect(page.get_by_text("Unconnected analog pins float")).to_be_visible()
    pin = page.locator('ard-traces [data-channel="demo/A0"]')
    await expect(pin).to_have_attribute("aria-pressed", "false")
    await pin.click()
    await expect(page.locator('ard-traces [data-channel="demo/A0"]')).to_have_attribute("aria-pressed", "true")


async def test_link_health_is_a_word_and_a_click_shows_the_counts(page: Page, gateway: RunningGateway) -> None:
    gateway.rpc("set", channel="demo/led", value=False)
    await row(page, "led").get_by_role("switch").click()
    await expect(row(page, "led").get_by_text("on, confirmed")).to_be_visible()
    await page.get_by_role("button", name="Link health").click()
    health = page.locator("ard-health")
    took = re.compile(r"^[\d.]+ m?s · worst [\d.]+ m?s$")
    facts: dict[str, str | re.Pattern[str]] = {
        "Page to gateway and back": re.compile(r"^[\d.]+ m?s$"),
        "Click → confirmed": took,
        "Sampled → on the screen": took,
        "Its times are right within": re.compile(r"^± [\d.]+ m?s$"),
        "Samples that reach this page": re.compile(r"^[\d,]+ /s$"),
        "A0, A1, A2, A3, A4, A5": "100 Hz, 10 bits",
        "Missing samples": re.compile(r"^\d+$"),
    }
    for said, fact in facts.items():
        await expect(health.locator("dt", has_text=said).first.locator("xpath=following-sibling::dd[1]")).to_have_text(
            fact
        )
    await expect(health.get_by_role("listitem").filter(has_text="this page")).to_contain_text("127.0.0.1")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Page to gateway and back")).to_be_hidden()


async def test_who_else_controls_an_output_is_said_and_it_may_be_taken_over(
    page: Page, gateway: RunningGateway
) -> None:
    gateway.rpc("set", channel="demo/led", value=False)
    # Another client, in the same browser.
    other = await page.evaluate_handle("import('/ardugate.js').then((ardugate) => ardugate.connect())")
    await other.evaluate("async (other) => { window.lease = await other.lease('demo/led', { ttl_ms: 600000 }); }")
    led = row(page, "led")
    await expect(led.get_by_text(re.compile(r"^controlled by a page \(c_\w+\) · \d+\.\d s$"))).to_be_visible()
    await expect(led.get_by_role("switch")).to_be_disabled()
    await page.get_by_role("button", name="Link health").click()
    await expect(page.locator("ard-health").get_by_text("controls led")).to_be_visible()
    await page.keyboard.press("Escape")
    await led.get_by_role("button", name="Take the control of led over").click()
    await expect(led.get_by_text("controlled by this page")).to_be_visible()
    refused = await other.evaluate("(other) => other.set('demo/led', true).catch((error) => error.reason)")
    assert refused == "leased"
    await led.get_by_role("switch").click()
    await expect(led.get_by_text("on, confirmed")).to_be_visible()
    await other.evaluate("(other) => other.close()")


async def test_the_journal_says_what_happened(page: Page, gateway: RunningGateway) -> None:
    gateway.rpc("stop_all")
    gateway.rpc("clear_stop")
    await page.get_by_role("button", name="Journal").click()
    await expect(page.get_by_role("log").get_by_text("all outputs stopped")).to_be_visible()


async def test_ten_channels_fit_a_laptop_without_scrolling(page: Page) -> None:
    rows = await page.locator("ard-traces [data-channel]").all()
    boxes = [await each.bounding_box() for each in rows]
    assert sum(1 for box in boxes if box and box["y"] + box["height"] <= 768 - 36 - 32) >= 10
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_rows_keep_apart_when_every_analog_pin_is_plotted(page: Page) -> None:
    for number in range(6):
        await page.locator(f'ard-traces [data-channel="demo/A{number}"]').click()
    await expect(page.locator('ard-traces [aria-pressed="true"][data-channel^="demo/A"]')).to_have_count(6)
    boxes = [await each.bounding_box() for each in await page.locator("ard-traces [data-channel]").all()]
    tops = sorted((box["y"], box["height"]) for box in boxes if box)
    assert all(y + height <= below + 0.5 for (y, height), (below, _) in pairwise(tops))


async def test_on_a_phone_the_stop_stays_at_the_bottom_and_nothing_scrolls_sideways(
    browser: Browser, gateway: RunningGateway
) -> None:
    width, height = PHONE
    async with (
        await browser.new_context(viewport={"width": width, "height": height}, has_touch=True) as context,
        watched_page(context, gateway.signed_in_link()) as watched,
    ):
        stop = watched.page.get_by_role("button", name="STOP ALL OUTPUTS")
        await stop.wait_for()
        await watched.page.mouse.wheel(0, 2000)
        box = await stop.bounding_box()
        assert box is not None
        assert height - 30 <= box["y"] + box["height"] <= height
        assert await watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_colours_follow_the_system_and_the_switch(watched: Watched) -> None:
    page = watched.page
    root = page.locator("html")
    await expect(root).to_have_attribute("data-theme", "light")
    await page.emulate_media(color_scheme="dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="Light colours").click()
    await expect(root).to_have_attribute("data-theme", "light")


async def test_a_command_of_the_sketch_has_a_row_with_its_arguments_and_a_button(
    page: Page, gateway: RunningGateway
) -> None:
    blink = page.locator('ard-command-row[data-command="blink"]')
    run = blink.get_by_role("button", name="Run blink")
    await blink.get_by_role("spinbutton", name="times").fill("2")
    # What is shown while it runs may be over before anybody asks: it is written down as it comes.
    await blink.evaluate(
        """row => {
          window.seen = [];
          const root = row.renderRoot;
          const note = () => seen.push([root.textContent.includes('runs…'), root.querySelector('button').disabled]);
          new MutationObserver(note).observe(root, { subtree: true, childList: true, characterData: true });
        }"""
    )
    await run.click()
    await expect(blink).to_contain_text(re.compile(r"done in \d+\.\d s"))
    assert [True, True] in await page.evaluate("seen")
    say = page.locator('ard-command-row[data-command="say"]')
    await say.get_by_role("textbox", name="text").fill("hello from the page")
    await say.get_by_role("button", name="Run say").click()
    await becomes(gateway, "status", "hello from the page")


async def test_what_a_command_gives_back_stands_in_its_row_with_its_unit(page: Page) -> None:
    battery = page.locator('ard-command-row[data-command="battery"]')
    await expect(battery).to_contain_text("gives a value in V")
    await battery.get_by_role("button", name="Run battery").click()
    await expect(battery.locator(".result")).to_have_text(re.compile(r"^1\.\d+ V$"))


async def test_an_argument_beyond_its_limits_is_refused_with_them(page: Page) -> None:
    blink = page.locator('ard-command-row[data-command="blink"]')
    await blink.get_by_role("spinbutton", name="times").fill("99")
    await blink.get_by_role("button", name="Run blink").click()
    await expect(blink.get_by_role("alert")).to_contain_text("times takes 1 to 20")


async def test_a_servo_has_a_dial_for_fingers_and_keys_in_degrees_and_what_it_keeps_away_says_who_holds_the_timer(
    page: Page, gateway: RunningGateway
) -> None:
    servo = row(page, "D10")
    await servo.get_by_role("combobox").select_option("servo")
    dial = servo.get_by_role("slider", name="D10")
    await expect(dial).to_have_attribute("aria-valuemax", "180")
    await expect(dial).to_have_attribute("aria-disabled", "false")
    box = await dial.bounding_box()
    assert box is not None
    await dial.click(position={"x": box["width"] / 2, "y": 2})  # straight up
    await expect(servo.get_by_text("90°, confirmed")).to_be_visible()
    await dial.press("ArrowLeft")
    await expect(servo.get_by_text("89°, confirmed")).to_be_visible()
    await dial.press("End")
    await expect(dial).to_have_attribute("aria-valuetext", "180°")
    number = servo.get_by_role("spinbutton", name="D10, °")
    await number.fill("90")
    await number.press("Enter")
    await expect(servo.get_by_text("90°, confirmed")).to_be_visible()
    assert gateway.rpc("get", channel="demo/D10")["value"] == 90
    other = row(page, "D11")
    await other.get_by_role("combobox").select_option("pwm")
    await expect(other.get_by_role("alert")).to_contain_text("needs a timer that is in use: servo: put D10 to off")
    await expect(other.get_by_role("combobox")).to_have_value("input")
    gateway.rpc("mode", channel="demo/D10", mode="input")


async def test_a_momentary_output_is_on_while_it_is_pressed_by_finger_or_key(
    page: Page, gateway: RunningGateway
) -> None:
    # The demo's sketch has a switch there: the page is told that it is a push button.
    await page.evaluate(
        """() => {
          const { page } = document.querySelector('ard-app');
          const board = structuredClone(page.store.boards.get('demo'));
          board.descriptor.channels.find((each) => each.name === 'led').momentary = true;
          page.notificationReceived({ kind: 'notification', method: 'board', params: { board } });
        }"""
    )
    push = row(page, "led").get_by_role("button", name="led: Press")
    await push.hover()
    await page.mouse.down()
    await becomes(gateway, "led", True)
    await expect(push).to_have_attribute("aria-pressed", "true")
    await page.mouse.up()
    await becomes(gateway, "led", False)
    await push.focus()
    await page.keyboard.down(" ")
    await becomes(gateway, "led", True)
    await page.keyboard.up(" ")
    await becomes(gateway, "led", False)


async def test_a_frequency_is_sampled_and_plotted_with_its_unit(page: Page, gateway: RunningGateway) -> None:
    await row(page, "D2").get_by_role("combobox").select_option("frequency")
    await expect(value(page, "D2")).to_contain_text("Hz")
    await expect(page.locator('ard-traces [data-plot="Hz"]')).to_be_visible()
    gateway.rpc("mode", channel="demo/D2", mode="input")


async def test_an_enum_is_set_by_its_label_and_a_text_is_only_words(page: Page, gateway: RunningGateway) -> None:
    await row(page, "program").get_by_role("combobox").select_option("fast")
    await becomes(gateway, "program", "fast")
    await expect(page.locator('ard-traces [data-lane="demo/status"] .area')).to_have_text("program fast")
    await expect(page.locator('ard-traces [data-plot] [data-channel="demo/status"]')).to_have_count(0)
    gateway.rpc("set", channel="demo/program", value="idle")


async def test_a_board_is_found_among_others_by_its_light(page: Page) -> None:
    await page.get_by_role("button", name="Let demo blink, to find it").click()
    await expect(page.get_by_role("button", name="demo blinks")).to_be_visible()
