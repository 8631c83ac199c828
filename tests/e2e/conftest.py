"""The whole way, shared by a module's tests: the shipped sketch in a chip, a gateway, a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ardugate.client import connect
from tests.e2e.gateway import Gateway, Watcher
from tests.support.chip import Chip


@pytest.fixture(scope="module")
def chip(sketch_elf: Path) -> Iterator[Chip]:
    with Chip(sketch_elf) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(chip: Chip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(chip.port, tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Watcher]:
    """A client of a live board, subscribed to everything."""
    with connect(gateway.target) as connection:
        watcher = Watcher(connection)
        watcher.live()
        watcher.call("subscribe")
        yield watcher
