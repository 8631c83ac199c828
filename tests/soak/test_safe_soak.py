"""Whoever drives an output dies, a hundred times in each way: the pin is safe within its hold, by the chip's own clock.

``make soak`` runs it; ``SOAK_TIMES`` is how often. The worst is printed. What a late host adds is not in it: the last
value that the chip carried out begins the hold.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ardugate.wire import ops
from tests.e2e.gateway import watching
from tests.firmware.makers import maker
from tests.firmware.on_chip import chip_board
from tests.firmware.test_safety import HANG_S, HANGS
from tests.support.browser import running_browser
from tests.support.chip import CLOCK_HZ, Chip
from tests.support.driving import EVERY_S, HOLD_MS, LATE_MS, Drivers, drivers, message, wait_driven, wait_safe
from tests.support.pty_relay import PtyRelay
from tests.support.running import RunningGateway, running_gateway

pytestmark = [pytest.mark.chip, pytest.mark.timeout(3_600)]

TIMES = int(os.environ.get("SOAK_TIMES", "100"))
NETNS, INSIDE, OUTSIDE = "ardusafe", "ardusafe1", "ardusafe0"
HERE, THERE = "10.213.77.1", "10.213.77.2"


def report(kind: str, took_ms: list[float]) -> None:
    """Say and check how late the pin was safe."""
    print(f"\n{kind}: {len(took_ms)} times, safe {min(took_ms):.1f} to {max(took_ms):.1f} ms after the last value")
    assert len(took_ms) == TIMES
    assert max(took_ms) <= HOLD_MS + LATE_MS


def make_pwm(gateway: RunningGateway) -> None:
    with watching(gateway) as client:
        client.call("mode", channel="D9", mode="pwm")


def times(chip: Chip, clients: Drivers, start: Callable[[], int], fault: Callable[[int], None]) -> list[float]:
    """So many faults, each when the pin is driven; how many ms after the last value it was safe."""
    took = list[float]()
    for _ in range(TIMES):
        began = chip.cycles()
        pid = start()
        wait_driven(chip, began)
        fault(pid)
        took_ms, _ = wait_safe(chip, began)
        took.append(took_ms)
        clients.kill(pid)
    return took


def test_a_client_that_is_killed(sketch_elf: Path, tmp_path: Path) -> None:
    with (
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port) as gateway,
        drivers() as clients,
    ):
        make_pwm(gateway)
        report("client killed", times(chip, clients, lambda: clients.start(gateway.url, gateway.token), clients.kill))


def test_a_gateway_that_is_stopped(sketch_elf: Path, tmp_path: Path) -> None:
    took = list[float]()
    with (
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port) as gateway,
        drivers() as clients,
    ):
        make_pwm(gateway)
        for _ in range(TIMES):
            began = chip.cycles()
            pid = clients.start(gateway.url, gateway.token)
            wait_driven(chip, began)
            gateway.process.send_signal(signal.SIGSTOP)
            took_ms, _ = wait_safe(chip, began)
            clients.kill(pid)
            gateway.process.send_signal(signal.SIGCONT)
            took.append(took_ms)
    report("gateway stopped", took)


def test_a_gateway_that_is_killed(sketch_elf: Path, tmp_path: Path) -> None:
    with (
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port) as gateway,
        drivers() as clients,
    ):

        def start() -> int:
            if gateway.process.poll() is not None:
                gateway.start_again()
            make_pwm(gateway)
            return clients.start(gateway.url, gateway.token)

        def kill(_: int) -> None:
            gateway.kill()

        report("gateway killed", times(chip, clients, start, kill))


def test_a_board_that_is_unplugged(sketch_elf: Path, tmp_path: Path) -> None:
    took = list[float]()
    with Chip(sketch_elf) as chip, drivers() as clients:
        port = tmp_path / "tty"
        with running_gateway(tmp_path, "serve", "--wait", "--port", str(port)) as gateway:
            for _ in range(TIMES):
                with PtyRelay(chip.port, port):
                    make_pwm(gateway)
                    began = chip.cycles()
                    pid = clients.start(gateway.url, gateway.token)
                    wait_driven(chip, began)
                took_ms, off = wait_safe(chip, began)
                took.append(took_ms)
                clients.kill(pid)
                # Nothing of what was asked meanwhile is done when it is plugged in again.
                with PtyRelay(chip.port, port):
                    with watching(gateway):
                        chip.wait(0.3)
                    assert [edge for edge in chip.edges("D9", off + 1) if edge.level] == []
    report("unplugged", took)


@contextmanager
def namespace() -> Generator[None]:
    """A host of its own, at a cable of its own."""
    for command in (
        f"netns add {NETNS}",
        f"link add {OUTSIDE} type veth peer name {INSIDE} netns {NETNS}",
        f"addr add {HERE}/30 dev {OUTSIDE}",
        f"-n {NETNS} addr add {THERE}/30 dev {INSIDE}",
        f"link set {OUTSIDE} up",
        f"-n {NETNS} link set {INSIDE} up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "netns", "del", NETNS], check=True)


def cable(state: str) -> None:
    """Pull the cable or put it in again: neither end is told."""
    subprocess.run(["ip", "-n", NETNS, "link", "set", INSIDE, state], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_a_client_whose_cable_is_pulled(sketch_elf: Path, tmp_path: Path) -> None:
    """Half open: the gateway believes that it is there. What it still said comes when the cable is back."""
    took, late = list[float](), 0
    with (
        namespace(),
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port, "--listen", f"{HERE}:0") as gateway,
        drivers("ip", "netns", "exec", NETNS) as clients,
    ):
        make_pwm(gateway)
        for _ in range(TIMES):
            began = chip.cycles()
            pid = clients.start(gateway.url, gateway.token)
            wait_driven(chip, began)
            cable("down")
            took_ms, off = wait_safe(chip, began)
            took.append(took_ms)
            clients.kill(pid)
            cable("up")
            chip.wait(1.0)
            late += any(edge.level for edge in chip.edges("D9", off + 1))
    print(f"\nof {TIMES}, what a client had said before it was cut off came and was done {late} times afterwards")
    report("half open", took)


PAGE = """<!doctype html><title>drives</title><script>
  const line = new WebSocket(location.origin.replace("http", "ws") + "/ws", "ardugate.v1.json");
  let number = 0;
  const every = () => { if (window.drives) line.send(window.say(number++)); setTimeout(every, EVERY); };
  window.say = (n) => JSON.stringify({...BASE, id: n, params: {...BASE.params, value: 0.3 + (n % 50) / 100}});
  window.drives = true;
  line.onopen = every;
</script>"""


@pytest.mark.browser
async def test_a_tab_that_falls_asleep(sketch_elf: Path, tmp_path: Path) -> None:
    took = list[float]()
    site = tmp_path / "site"
    site.mkdir()
    page_text = PAGE.replace("EVERY)", f"{EVERY_S * 1_000:.0f})").replace("BASE", message(0))
    (site / "index.html").write_text(page_text, encoding="utf-8")
    with (
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port, "--pages", "site") as gateway,
    ):
        make_pwm(gateway)
        async with running_browser() as browser:
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(gateway.signed_in_link())
            await page.wait_for_url(gateway.url)
            await page.goto(f"{gateway.url}pages/")
            tools: Any = await browser.new_browser_cdp_session()
            told = (await tools.send("SystemInfo.getProcessInfo"))["processInfo"]
            tabs = [int(each["id"]) for each in told if each["type"] == "renderer"]
            for _ in range(TIMES):
                began = chip.cycles()
                wait_driven(chip, began)
                for tab in tabs:  # its timers stand still; its socket, in another process, stays open
                    os.kill(tab, signal.SIGSTOP)
                took_ms, _ = wait_safe(chip, began)
                took.append(took_ms)
                for tab in tabs:
                    os.kill(tab, signal.SIGCONT)
    report("tab asleep", took)


def test_a_sketch_that_hangs() -> None:
    """Safe 2.0 s after it came round last, by the board's own watchdog, whatever the holds are."""
    took = list[float]()
    with chip_board(maker(HANGS)) as board:
        board.chip.set_pin("D4", level=True)  # high: it goes on at once
        board.boot()
        for _ in range(TIMES):
            board.chip.set_pin("D4", level=False)
            from_cycle = board.chip.cycles()
            board.post(ops.Call(0, bytes([0, 0, 0, 0])))
            board.go(HANG_S + 0.3)
            edges = [edge for edge in board.chip.edges("D8", from_cycle) if edge.level is not None]
            on = next(edge.cycle for edge in edges if edge.level)
            off = next(edge.cycle for edge in edges if edge.cycle > on and not edge.level)
            took.append((off - on) * 1_000 / CLOCK_HZ)
            board.chip.set_pin("D4", level=True)
            board.go(0.3)
    print(f"\nsketch hung: {len(took)} times, safe after {min(took):.0f} to {max(took):.0f} ms")
    assert len(took) == TIMES
    assert max(took) <= HANG_S * 1_000 + LATE_MS
