"""What a gateway writes to its log: sentences, and few of one kind."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from ardugate.cli import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("ardugate")
    handlers, level, our_level = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(our_level)


def test_of_a_flood_of_one_kind_a_gateway_says_twenty_lines_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(verbose=False)
    logs.tell_edges()
    for number in range(500):
        logging.getLogger("ardugate.x").warning("client %d left", number)
    assert len(capsys.readouterr().err.splitlines()) == 20


def test_what_a_loop_says_of_different_objects_is_of_one_kind(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(verbose=False)
    logs.tell_edges()
    for number in range(500):
        # As asyncio says it: the object's address is in the message, and in no argument.
        logging.getLogger("asyncio").error(f"Fatal error on transport\nprotocol: <Protocol at {number:#x}>")
    assert capsys.readouterr().err.count("Fatal error") == 20
