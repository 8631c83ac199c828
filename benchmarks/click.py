"""From a click on the page to its confirmation in the DOM: the shipped sketch in a chip, at 1 Mbaud, full stream.

A real Chromium clicks a switch; the time begins with the event's own ``timeStamp`` and ends in the moment in which the
row says "confirmed". Between are the page, a WebSocket, the gateway, a pseudo-terminal, the chip at the pace of a real
one with six channels at 6.4 kHz on the same line, and all of it back. CLICKS=500 in the environment says how many.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support import firmware
from tests.support.chip import Chip, missing_tools

from benchmarks.browsing import LAPTOP, browser
from benchmarks.measure import Fact, Result, Tail
from benchmarks.peers import MissingToolError
from benchmarks.processes import Gateway

CLICKS = int(os.environ.get("CLICKS", "500"))
CHANNELS, SCAN_HZ = 6, 6_400
BAUD = 1_000_000
PIN = "D13"
# Longer than any resend: what is not confirmed then is not going to be.
LONGEST_MS = 5_000
# Until the plots are full of samples, as on a page that is open.
WARM_UP_S = 5.0

WATCH = """(address) => {
  const outputs = document.querySelector('ard-app').shadowRoot.querySelector('ard-outputs').shadowRoot;
  const row = outputs.querySelector(`ard-output-row[data-channel="${address}"]`);
  window.took = [];
  window.began = null;
  addEventListener('click', (event) => (began = event.timeStamp), true);
  new MutationObserver(() => {
    if (began === null || !row.renderRoot.querySelector('.status.confirmed')) return;
    took.push(performance.now() - began);
    began = null;
  }).observe(row.renderRoot, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def measure() -> Iterator[Result]:
    """The clicks, then what was lost meanwhile."""
    if missing := [*firmware.missing_tools(), *missing_tools()]:
        raise MissingToolError(f"not installed: {', '.join(missing)}")
    with ExitStack() as stack:
        chromium = stack.enter_context(browser())
        chip = stack.enter_context(Chip(firmware.build("uno"), patient=True))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        config = folder / "ardugate.toml"
        config.write_text(f'[[board]]\nport = "{chip.port}"\nid = "uno"\nbaud = {BAUD}\n')
        gateway = stack.enter_context(Gateway("serve", "--config", str(config)))
        gateway.live_boards(1)
        channels = [f"uno/A{number}" for number in range(CHANNELS)]
        gateway.call("rate", channels=channels, hz=SCAN_HZ)
        page = chromium.new_page(viewport=LAPTOP)
        layout: dict[str, Any] = {
            "version": 1,
            "window_s": 10,
            "boards": [],
            "channels": {each: {"plotted": True} for each in channels},
        }
        page.add_init_script(
            f"localStorage.setItem('ardugate.layout', {json.dumps(json.dumps({**layout, 'plots': {}}))})"
        )
        page.goto(str(gateway.call("ticket")["url"]))
        took, said = _clicks(page)
        yield Tail("click → confirmed in the DOM", "ms", took)
        for words in sorted(set(said)):
            yield Fact(f"clicks after which the row said in place of that: {words}", "", said.count(words))
        lost = sum(each["count"] for each in gateway.call("ledger")["losses"])
        yield Fact("scans that were lost meanwhile", "", lost)


def _clicks(page: Any) -> tuple[list[float], list[str]]:
    """How long each took, and what the row said where none came within LONGEST_MS."""
    from playwright.sync_api import TimeoutError as TooLate

    address = f"uno/{PIN}"
    row = page.locator(f'ard-output-row[data-channel="{address}"]')
    switch = row.get_by_role("switch")
    switch.click()  # makes the pin an output
    row.locator(".status").wait_for()
    page.wait_for_timeout(WARM_UP_S * 1e3)
    switch.scroll_into_view_if_needed()
    page.evaluate(WATCH, address)
    box = switch.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    said: list[str] = []
    for _ in range(CLICKS):
        page.mouse.click(x, y)
        try:
            page.wait_for_function("() => began === null", polling=20, timeout=LONGEST_MS)
        except TooLate:
            said.append(row.locator(".status").inner_text())
            page.evaluate("began = null")
    took: list[float] = page.evaluate("took")
    return took, said
