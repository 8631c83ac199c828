"""What sketches print is told in pieces, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from ardugate.runtime.printing import MAX_CHARS, Printing
from ardugate.session.shapes import Notification


class Told(list[Notification]):
    """What clients are told."""

    def __init__(self) -> None:
        self.news = asyncio.Event()

    def hear(self, what: Notification) -> None:
        self.append(what)
        self.news.set()

    def texts(self) -> list[Any]:
        return [cast("str", each.params["text"]) for each in self]


async def test_text_comes_at_once_and_what_follows_comes_together() -> None:
    told = Told()
    printing = Printing(lambda: 0, told.hear)
    printing.receive("a", "one\n", checked=True)
    assert told.texts() == ["one\n"]
    told.news.clear()
    for word in ("two\n", "three\n"):
        printing.receive("a", word, checked=True)
    assert told.texts() == ["one\n"]
    async with asyncio.timeout(10):
        await told.news.wait()
    assert told.texts() == ["one\n", "two\nthree\n"]
    printing.stop()


async def test_boards_and_what_was_checked_are_told_apart() -> None:
    told = Told()
    printing = Printing(lambda: 0, told.hear)
    for board, checked in (("a", True), ("a", False), ("b", True)):
        printing.receive(board, "x", checked=checked)
        printing.receive(board, "y", checked=checked)
    assert told.texts() == ["x", "x", "x"]
    printing.stop()
    assert told.texts() == ["x", "x", "x", "y", "y", "y"]
    assert [(each.params["board"], each.params["checked"]) for each in told[3:]] == [
        ("a", True),
        ("a", False),
        ("b", True),
    ]


async def test_much_is_told_before_its_time() -> None:
    told = Told()
    printing = Printing(lambda: 0, told.hear)
    for _ in range(5):
        printing.receive("a", "x" * MAX_CHARS, checked=False)
    assert [len(text) for text in told.texts()] == [MAX_CHARS] * 5
    printing.stop()
