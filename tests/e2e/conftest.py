"""The whole way, shared by a module's tests: the shipped sketch in a chip, a gateway, a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gateway import Watcher, watching
from tests.support.chip import Chip
from tests.support.running import RunningGateway, running_gateway


@pytest.fixture(scope="module")
def chip(sketch_elf: Path) -> Iterator[Chip]:
    with Chip(sketch_elf) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(chip: Chip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("home"), "serve", "--port", chip.port) as made:
        yield made


@pytest.fixture
def client(gateway: RunningGateway) -> Iterator[Watcher]:
    """A client of a live board, subscribed to everything."""
    with watching(gateway) as watcher:
        watcher.call("subscribe")
        yield watcher
