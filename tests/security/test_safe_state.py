"""Who drives an output falls silent, or the gateway does: the pin is safe within its hold, by the chip's own clock."""

from __future__ import annotations

import select
import signal
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.gateway import watching
from tests.support.chip import Chip
from tests.support.driving import HOLD_MS, LATE_MS, Drivers, drivers, wait_driven, wait_safe
from tests.support.running import RunningGateway, running_gateway

pytestmark = pytest.mark.chip


@contextmanager
def proxy(port: int, cut: threading.Event) -> Generator[int]:
    """A TCP proxy for one client, which from ``cut`` on forwards nothing and closes nothing. Gives its own port."""

    def forward() -> None:
        client, _ = entry.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as gateway:
            other = {client: gateway, gateway: client}
            while over not in (readable := select.select([client, gateway, over], [], [])[0]):
                for each in readable:
                    data = each.recv(65_536)
                    if data and not cut.is_set():
                        other[each].sendall(data)
                    elif not data:
                        return

    over, end = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as entry, over, end:
        thread = threading.Thread(target=forward)
        thread.start()
        try:
            yield entry.getsockname()[1]
        finally:
            end.send(b"x")
            thread.join()


@pytest.fixture(scope="module")
def chip(sketch_elf: Path) -> Iterator[Chip]:
    with Chip(sketch_elf) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(chip: Chip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("home"), "serve", "--port", chip.port) as made:
        with watching(made) as client:
            client.call("mode", channel="D9", mode="pwm")
        yield made


@pytest.fixture(scope="module")
def clients() -> Iterator[Drivers]:
    with drivers() as made:
        yield made


def test_a_client_that_falls_silent_without_closing_leaves_the_pin_safe(
    chip: Chip, gateway: RunningGateway, clients: Drivers
) -> None:
    cut = threading.Event()
    with proxy(int(urlsplit(gateway.url).port or 0), cut) as port:
        began = chip.cycles()
        pid = clients.start(gateway.url, gateway.token, port)
        wait_driven(chip, began)
        cut.set()
        took_ms, _ = wait_safe(chip, began)
        clients.kill(pid)
    assert took_ms <= HOLD_MS + LATE_MS


def test_a_client_that_is_killed_leaves_the_pin_safe(chip: Chip, gateway: RunningGateway, clients: Drivers) -> None:
    began = chip.cycles()
    pid = clients.start(gateway.url, gateway.token)
    wait_driven(chip, began)
    clients.kill(pid)
    took_ms, _ = wait_safe(chip, began)
    assert took_ms <= HOLD_MS + LATE_MS


def test_a_gateway_that_stands_still_leaves_the_pin_safe(chip: Chip, gateway: RunningGateway, clients: Drivers) -> None:
    began = chip.cycles()
    pid = clients.start(gateway.url, gateway.token)
    wait_driven(chip, began)
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        took_ms, _ = wait_safe(chip, began)
        clients.kill(pid)
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    assert took_ms <= HOLD_MS + LATE_MS


def test_no_process_has_the_token_on_its_command_line_or_in_its_environment(gateway: RunningGateway) -> None:
    process = Path(f"/proc/{gateway.process.pid}")
    for name in ("cmdline", "environ"):
        assert gateway.token.encode() not in (process / name).read_bytes(), name
